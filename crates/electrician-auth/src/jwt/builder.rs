//! Building a validator of JWTs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::ConfigError;

use super::{JwtKeys, JwtValidator, Shared};
use crate::algorithm::Algorithm;
use crate::claims::Demands;
use crate::time::Time;

/// A validator in the making. [`JwtValidator::builder`] begins one.
#[must_use = "a builder does nothing until it is built"]
pub struct JwtValidatorBuilder {
    keys: JwtKeys,
    algorithms: Vec<Algorithm>,
    types: Vec<String>,
    max_bytes: usize,
    demands: Demands,
    checks_issuer: bool,
    checks_audience: bool,
    time: Time,
}

// === impl JwtValidatorBuilder ===

impl JwtValidatorBuilder {
    pub(super) fn new(keys: JwtKeys) -> Self {
        let algorithms =
            if keys.is_secret() { vec![Algorithm::HS256] } else { Algorithm::asymmetric() };
        Self {
            keys,
            algorithms,
            types: vec!["JWT".to_owned(), "at+jwt".to_owned()],
            max_bytes: 16 << 10,
            demands: Demands {
                issuers: None,
                audiences: None,
                scopes: Vec::new(),
                leeway: Duration::from_secs(5),
                needs_expiry: true,
            },
            checks_issuer: true,
            checks_audience: true,
            time: Time::system(),
        }
    }

    /// Accepts tokens of this issuer: `iss`, to the letter. More calls add issuers.
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.demands.issuers.get_or_insert_default().push(issuer.into());
        self
    }

    /// Accepts tokens of any issuer that has one of the keys.
    pub const fn without_issuer_check(mut self) -> Self {
        self.checks_issuer = false;
        self
    }

    /// Accepts tokens for this audience: `aud` must name at least one of those given. More calls
    /// add audiences.
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.demands.audiences.get_or_insert_default().push(audience.into());
        self
    }

    /// Accepts tokens whomever they are for, also those that were meant for another service.
    pub const fn without_audience_check(mut self) -> Self {
        self.checks_audience = false;
        self
    }

    /// Demands all of these scopes, in the first of `scope`, `scp` and `scopes` that names any.
    /// Default: none.
    pub fn with_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.demands.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Accepts these algorithms alone. Default: all that have a public key; `HS256` for a shared
    /// secret.
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Accepts these types (`typ`, case ignored, without `application/`); a token without one is
    /// accepted always. Default: `JWT` and `at+jwt`.
    pub fn with_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.types = types.into_iter().map(Into::into).collect();
        self
    }

    /// How far the clocks of issuer and validator may be apart. Default: 5 s; at most 10 min.
    pub const fn with_leeway(mut self, leeway: Duration) -> Self {
        self.demands.leeway = leeway;
        self
    }

    /// Accepts tokens that do not say when they end: they are good for ever. Default: `exp` is
    /// demanded.
    pub const fn without_expiry(mut self) -> Self {
        self.demands.needs_expiry = false;
        self
    }

    /// The longest token that is looked at, in bytes. Default: 16 KiB.
    pub const fn with_max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Takes the time of day from `time`. Default: the system's.
    pub fn with_time(mut self, time: Time) -> Self {
        self.time = time;
        self
    }

    /// Validates the configuration, reporting every problem at once.
    pub fn build(self) -> Result<JwtValidator, ConfigError> {
        let mut problems = self.demands.problems();
        let named = [
            ("issuer", self.demands.issuers.is_some(), self.checks_issuer),
            ("audience", self.demands.audiences.is_some(), self.checks_audience),
        ];
        for (what, is_given, is_checked) in named {
            if !is_given && is_checked {
                problems.push(format!(
                    "no {what} is named: give it by `with_{what}`, or say `without_{what}_check`"
                ));
            }
            if is_given && !is_checked {
                problems.push(format!("an {what} is named but not checked: choose one"));
            }
        }
        if self.algorithms.is_empty() {
            problems.push("no algorithm is accepted: give at least one".to_owned());
        }
        for algorithm in &self.algorithms {
            let is_secret = *algorithm == Algorithm::HS256;
            if is_secret && !self.keys.is_secret() {
                problems.push(format!(
                    "{algorithm} with public keys lets everybody sign: take it out, or give a shared \
                     secret"
                ));
            }
            if !is_secret && self.keys.is_secret() {
                problems.push(format!("{algorithm} with a shared secret: only HS256 is for one"));
            }
        }
        if self.max_bytes == 0 {
            problems.push("0 bytes hold no token: give more".to_owned());
        }
        let named = problems.into_iter().map(|problem| format!("jwt: {problem}"));
        ConfigError::check(named.collect())?;
        let Self { keys, algorithms, types, max_bytes, demands, time, .. } = self;
        let shared = Shared { keys, algorithms, types, max_bytes, demands, time };
        Ok(JwtValidator { shared: Arc::new(shared) })
    }
}

impl fmt::Debug for JwtValidatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtValidatorBuilder")
            .field("keys", &self.keys)
            .field("algorithms", &self.algorithms)
            .field("demands", &self.demands)
            .finish_non_exhaustive()
    }
}
