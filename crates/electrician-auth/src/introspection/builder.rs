//! Building an introspector.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_tls::ClientTls;
use electrician_types::ConfigError;

use super::cache::{Cache, Settings};
use super::{Asking, IntrospectionAuth, Introspector, Shared};
use crate::claims::Demands;
use crate::client_credentials::{ClientAuth, basic, bearer};
use crate::endpoint::without_query;
use crate::http::HttpOptions;
use crate::problem::{Problems, conclude, note};
use crate::time::Time;

/// An introspector in the making. [`Introspector::builder`] begins one.
#[must_use = "a builder does nothing until it is built"]
pub struct IntrospectorBuilder {
    url: String,
    auth: IntrospectionAuth,
    http: HttpOptions,
    demands: Demands,
    ttl: Duration,
    refused_ttl: Duration,
    max_answers: usize,
    max_requests: usize,
    backoff: (Duration, Duration),
}

// === impl IntrospectorBuilder ===

impl IntrospectorBuilder {
    pub(super) fn new(url: String, auth: IntrospectionAuth) -> Self {
        Self {
            url,
            auth,
            http: HttpOptions::new(Duration::from_secs(8), 64 << 10),
            demands: Demands {
                issuers: None,
                audiences: None,
                scopes: Vec::new(),
                leeway: Duration::from_secs(5),
                needs_expiry: false,
            },
            ttl: Duration::from_secs(30),
            refused_ttl: Duration::from_secs(5),
            max_answers: 4096,
            max_requests: 256,
            backoff: (Duration::from_millis(500), Duration::from_secs(5)),
        }
    }

    /// Accepts tokens of this issuer: the answer must name it in `iss`. More calls add issuers.
    /// Default: whatever the server calls active.
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.demands.issuers.get_or_insert_default().push(issuer.into());
        self
    }

    /// Accepts tokens for this audience: the answer must name at least one of those given in `aud`.
    /// More calls add audiences. Default: whatever the server calls active.
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.demands.audiences.get_or_insert_default().push(audience.into());
        self
    }

    /// Demands all of these scopes. Default: none.
    pub fn with_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.demands.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// How far the clocks of the server and of this machine may be apart. Default: 5 s; at most
    /// 10 min.
    pub const fn with_leeway(mut self, leeway: Duration) -> Self {
        self.demands.leeway = leeway;
        self
    }

    /// A token that is good is not asked about again for so long, nor after its end. Default: 30 s.
    /// Zero asks each time.
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// A token that was refused is not asked about again for so long. Default: 5 s. Zero asks each
    /// time.
    pub const fn with_refused_ttl(mut self, ttl: Duration) -> Self {
        self.refused_ttl = ttl;
        self
    }

    /// The most answers that are remembered of tokens that are good, and as many of those that were
    /// refused; the one that was not used for longest makes room. Default: 4,096.
    pub const fn with_max_answers(mut self, answers: usize) -> Self {
        self.max_answers = answers;
        self
    }

    /// The most requests under way. Tokens beyond are refused with
    /// [`AuthError::Backoff`](crate::AuthError::Backoff). Default: 256.
    pub const fn with_max_requests(mut self, requests: usize) -> Self {
        self.max_requests = requests;
        self
    }

    /// Leaves a server that fails alone: `first`, then twice as long with each failure, at most
    /// `cap`; longer, up to 5 min, if it asks for that (`retry-after` in seconds). Default: 500 ms
    /// and 5 s.
    pub const fn with_backoff(mut self, first: Duration, cap: Duration) -> Self {
        self.backoff = (first, cap);
        self
    }

    /// Connects by this configuration. Default: the system's roots, TLS 1.2 or 1.3.
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.http.tls = Some(tls);
        self
    }

    /// The longest that a request takes. Default: 8 s.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.http.timeout = timeout;
        self
    }

    /// The longest answer that is read, in bytes. Default: 64 KiB.
    pub const fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.http.max_bytes = bytes;
        self
    }

    /// **Dangerous**: accepts `http` for an address on this machine, as in tests. Tokens and the
    /// secret are then readable there. Default: `https` alone.
    pub const fn dangerously_allow_plaintext_on_loopback(mut self) -> Self {
        self.http.allows_plaintext = true;
        self
    }

    /// Takes the time from `time`. Default: the system's.
    pub fn with_time(mut self, time: Time) -> Self {
        self.http.time = time;
        self
    }

    /// Validates the configuration, reporting every problem at once.
    pub fn build(self) -> Result<Introspector, ConfigError> {
        let mut problems: Problems = self.demands.problems();
        let http = note(self.http.connect(&self.url), &mut problems);
        let max_answers = NonZeroUsize::new(self.max_answers);
        if max_answers.is_none() || self.max_requests == 0 {
            problems.push("room for 0 answers or requests lets no token in: give more".to_owned());
        }
        let (first_backoff, max_backoff) = self.backoff;
        if first_backoff.is_zero() || max_backoff < first_backoff {
            problems.push(format!(
                "a backoff of {first_backoff:?} up to {max_backoff:?}: give more than 0 s, and a cap \
                 that is not below it"
            ));
        }
        let mut form = Vec::new();
        let authorization = match &self.auth {
            IntrospectionAuth::Nothing => Ok(None),
            IntrospectionAuth::Bearer(token) => bearer(token).map(Some),
            IntrospectionAuth::Client { id, secret, by: ClientAuth::Basic } => {
                basic(id, secret).map(Some)
            }
            IntrospectionAuth::Client { id, secret, by: ClientAuth::Post } => {
                form.push(("client_id", id.as_str().into()));
                form.push(("client_secret", secret.clone()));
                if id.is_empty() || secret.is_empty() {
                    problems.push("a client needs an id and a secret".to_owned());
                }
                Ok(None)
            }
        };
        let authorization = note(authorization, &mut problems);
        let named = problems.into_iter().map(|problem| format!("introspection: {problem}"));
        let (http, max_answers) = conclude(http.zip(max_answers), named.collect())?;
        let settings = Settings {
            ttl: self.ttl,
            refused_ttl: self.refused_ttl,
            max_answers,
            max_requests: self.max_requests,
            timeout: http.timeout(),
            first_backoff,
            max_backoff,
        };
        let authorization = authorization.flatten();
        let asking = Arc::new(Asking { http, authorization, form, demands: self.demands });
        let cache = Mutex::new(Cache::new(settings));
        Ok(Introspector { shared: Arc::new(Shared { asking, cache }) })
    }
}

impl fmt::Debug for IntrospectorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectorBuilder")
            .field("url", &without_query(&self.url))
            .field("auth", &self.auth)
            .field("http", &self.http)
            .field("demands", &self.demands)
            .finish_non_exhaustive()
    }
}
