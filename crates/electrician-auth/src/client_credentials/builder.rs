//! Building a source of tokens.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_tls::ClientTls;
use electrician_types::ConfigError;

use super::request::Asking;
use super::state::{Settings, State};
use super::{ClientAuth, ClientCredentials, Shared, basic};
use crate::endpoint::without_query;
use crate::http::HttpOptions;
use crate::problem::{Problems, conclude, note};
use crate::secret::Secret;
use crate::time::Time;

/// The most attempts of a fetch.
const MAX_ATTEMPTS: u32 = 10;

/// The longest wait between attempts, with room to spare.
const WAIT: Duration = Duration::from_secs(10);

/// A source of tokens in the making. [`ClientCredentials::builder`] begins one.
#[must_use = "a builder does nothing until it is built"]
pub struct ClientCredentialsBuilder {
    url: String,
    id: String,
    secret: Secret,
    by: ClientAuth,
    scopes: Vec<String>,
    audience: Option<String>,
    http: HttpOptions,
    skew: Duration,
    attempts: u32,
}

// === impl ClientCredentialsBuilder ===

impl ClientCredentialsBuilder {
    pub(super) fn new(url: String, id: String, secret: Secret) -> Self {
        Self {
            url,
            id,
            secret,
            by: ClientAuth::Basic,
            scopes: Vec::new(),
            audience: None,
            http: HttpOptions::new(Duration::from_secs(10), 64 << 10),
            skew: Duration::from_secs(20),
            attempts: 3,
        }
    }

    /// Asks for these scopes. Default: those that the server gives.
    pub fn with_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Asks for tokens for this audience (`audience`, which some servers want). Default: none named.
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Where the secret stands. Default: HTTP Basic.
    pub const fn with_client_auth(mut self, by: ClientAuth) -> Self {
        self.by = by;
        self
    }

    /// Fetches a new token so long before the end of the old one, but not before half of its life.
    /// Default: 20 s.
    pub const fn with_skew(mut self, skew: Duration) -> Self {
        self.skew = skew;
        self
    }

    /// Tries so many times, with jittered waits of 200 ms, 400 ms and so on, at most 5 s, when there
    /// is no token that is valid: 1 to 10. What the server refuses for good, such as a wrong secret,
    /// is not tried again. Default: 3.
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Connects by this configuration. Default: the system's roots, TLS 1.2 or 1.3.
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.http.tls = Some(tls);
        self
    }

    /// The longest that one attempt takes. Default: 10 s.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.http.timeout = timeout;
        self
    }

    /// **Dangerous**: accepts `http` for an address on this machine, as in tests. The secret and the
    /// tokens are then readable there. Default: `https` alone.
    pub const fn dangerously_allow_plaintext_on_loopback(mut self) -> Self {
        self.http.allows_plaintext = true;
        self
    }

    /// Takes the time from `time`. Default: the system's.
    pub fn with_time(mut self, time: Time) -> Self {
        self.http.time = time;
        self
    }

    /// Validates the configuration, reporting every problem at once. Nothing is fetched yet.
    pub fn build(self) -> Result<ClientCredentials, ConfigError> {
        let mut problems = Problems::new();
        let http = note(self.http.connect(&self.url), &mut problems);
        let header = note(basic(&self.id, &self.secret), &mut problems);
        if !(1..=MAX_ATTEMPTS).contains(&self.attempts) {
            problems.push(format!("{} attempts: give 1 to {MAX_ATTEMPTS}", self.attempts));
        }
        for scope in &self.scopes {
            if scope.is_empty() || scope.contains(char::is_whitespace) {
                problems.push(format!("the scope {scope:?} is no single word: give each its own"));
            }
        }
        let named = problems.into_iter().map(|problem| format!("client credentials: {problem}"));
        let http = conclude(http, named.collect())?;
        let mut form: Vec<(&'static str, Secret)> = Vec::new();
        if !self.scopes.is_empty() {
            form.push(("scope", self.scopes.join(" ").into()));
        }
        if let Some(audience) = &self.audience {
            form.push(("audience", audience.as_str().into()));
        }
        let authorization = match self.by {
            ClientAuth::Basic => header,
            ClientAuth::Post => {
                form.push(("client_id", self.id.as_str().into()));
                form.push(("client_secret", self.secret.clone()));
                None
            }
        };
        let limit = http.timeout().saturating_add(WAIT).saturating_mul(self.attempts);
        let settings = Settings { skew: self.skew, attempts: self.attempts, limit };
        let state = Mutex::new(State::new(settings, http.time().clone()));
        let asking = Arc::new(Asking { http, authorization, form });
        Ok(ClientCredentials { shared: Arc::new(Shared { asking, state }) })
    }
}

impl fmt::Debug for ClientCredentialsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentialsBuilder")
            .field("url", &without_query(&self.url))
            .field("id", &self.id)
            .field("secret", &self.secret)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
