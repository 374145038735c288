//! Building a source of keys.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_tls::ClientTls;
use electrician_types::ConfigError;

use super::state::{Settings, State};
use super::{Jwks, Shared};
use crate::http::HttpOptions;
use crate::problem::{Problems, conclude, note};
use crate::time::Time;

/// A source of keys in the making. [`Jwks::builder`] begins one.
#[must_use = "a builder does nothing until it is built"]
pub struct JwksBuilder {
    url: String,
    http: HttpOptions,
    ttl: Duration,
    min_refresh: Duration,
    stale_for: Duration,
}

// === impl JwksBuilder ===

impl JwksBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            http: HttpOptions::new(Duration::from_secs(8), 1 << 20),
            ttl: Duration::from_mins(5),
            min_refresh: Duration::from_secs(30),
            stale_for: Duration::from_hours(1),
        }
    }

    /// Connects by this configuration. Default: the system's roots, TLS 1.2 or 1.3.
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.http.tls = Some(tls);
        self
    }

    /// Keys are fresh for so long. Default: 300 s.
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// The shortest time between two fetches, also when tokens name keys that are not there.
    /// Default: 30 s. After a failure it is 1 s, then twice as long with each, up to this.
    pub const fn with_min_refresh_interval(mut self, interval: Duration) -> Self {
        self.min_refresh = interval;
        self
    }

    /// While they cannot be fetched, keys that are not fresh any more are used for so long. Default:
    /// 1 h. Zero: not at all.
    pub const fn with_stale_for(mut self, stale_for: Duration) -> Self {
        self.stale_for = stale_for;
        self
    }

    /// The longest that a fetch takes. Default: 8 s.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.http.timeout = timeout;
        self
    }

    /// The longest answer that is read, in bytes. Default: 1 MiB.
    pub const fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.http.max_bytes = bytes;
        self
    }

    /// **Dangerous**: accepts `http` for an address on this machine, as in tests. Any program there
    /// could give its own keys out. Default: `https` alone.
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
    pub fn build(self) -> Result<Jwks, ConfigError> {
        let mut problems = Problems::new();
        let http = note(self.http.connect(&self.url), &mut problems);
        if self.ttl.is_zero() {
            problems.push("keys that are fresh for 0 s are never: give more".to_owned());
        }
        if self.min_refresh < Duration::from_secs(1) {
            problems.push(format!(
                "a refresh interval of {:?} lets tokens drive the fetches: give 1 s at least",
                self.min_refresh
            ));
        }
        if self.min_refresh > self.ttl {
            problems.push(format!(
                "keys are fresh for {:?} but fetched only every {:?}: lower the interval",
                self.ttl, self.min_refresh
            ));
        }
        let named = problems.into_iter().map(|problem| format!("jwks: {problem}"));
        let http = conclude(http, named.collect())?;
        let settings = Settings {
            ttl: self.ttl,
            min_refresh: self.min_refresh,
            stale_for: self.stale_for,
            timeout: http.timeout(),
        };
        let state = Mutex::new(State::new(settings));
        Ok(Jwks { shared: Arc::new(Shared { http: Arc::new(http), state }) })
    }
}

impl fmt::Debug for JwksBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksBuilder")
            .field("http", &self.http)
            .field("ttl", &self.ttl)
            .field("min_refresh", &self.min_refresh)
            .field("stale_for", &self.stale_for)
            .finish_non_exhaustive()
    }
}
