//! Tokens to show to others.

use std::env;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::time::SystemTime;

use electrician_types::ConfigError;
use http::HeaderValue;

use crate::client_credentials::bearer;
use crate::error::AuthError;
use crate::problem::refuse;
use crate::secret::Secret;

/// A token to show to others. `Debug` hides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    secret: Secret,
    expires_at: Option<SystemTime>,
}

/// What a token would travel by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Channel {
    /// TLS, or what does not leave the process.
    Encrypted,
    /// What others can read.
    Plaintext,
    /// What others can read, on this machine, in a test. Nothing is refused then.
    DangerousPlaintext,
}

/// A token to come.
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AccessToken, AuthError>> + Send + 'a>>;

/// Where tokens come from that are shown to others.
///
/// # Laws
///
/// `token` gives one that is valid now, as far as the source knows, and waits no longer than it must
/// to have one. It is cancel-safe. No error holds a token or a secret.
pub trait TokenSource: Send + Sync + fmt::Debug {
    /// A token that is valid now.
    fn token(&self) -> TokenFuture<'_>;

    /// The other side has refused this token: it is not to be given out again, if the source has a
    /// choice.
    fn refuse(&self, token: &AccessToken) {
        let _ = token;
    }
}

/// Always the same token.
#[derive(Clone, Debug)]
pub struct StaticToken(AccessToken);

/// The token in an environment variable, read each time.
#[derive(Clone, Debug)]
pub struct EnvToken(String);

// === impl AccessToken ===

impl AccessToken {
    /// A token, and when it ends, if that is known.
    pub const fn new(secret: Secret, expires_at: Option<SystemTime>) -> Self {
        Self { secret, expires_at }
    }

    /// The token itself. Take care where it goes: [`authorization`](Self::authorization) does.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// When it ends; `None` if that is not known.
    pub const fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// `Bearer …` for an `authorization` header, marked as sensitive, for `channel`: a token is not
    /// sent where others can read it.
    pub fn authorization(&self, channel: Channel) -> Result<HeaderValue, AuthError> {
        if channel == Channel::Plaintext {
            return Err(AuthError::Plaintext);
        }
        bearer(&self.secret).map_err(|_| AuthError::Unsendable)
    }
}

// === impl StaticToken ===

impl StaticToken {
    /// This token, which no header may refuse to carry.
    pub fn new(token: impl Into<Secret>) -> Result<Self, ConfigError> {
        let secret = token.into();
        bearer(&secret)?;
        Ok(Self(AccessToken::new(secret, None)))
    }
}

impl TokenSource for StaticToken {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(ready(Ok(self.0.clone())))
    }
}

// === impl EnvToken ===

impl EnvToken {
    /// The token in this variable, whenever one is needed.
    pub fn new(variable: impl Into<String>) -> Result<Self, ConfigError> {
        let variable = variable.into();
        // The standard library panics on such names.
        if variable.is_empty() || variable.contains(['=', '\0']) {
            return Err(refuse(format!("{variable:?} names no environment variable")));
        }
        Ok(Self(variable))
    }
}

impl TokenSource for EnvToken {
    fn token(&self) -> TokenFuture<'_> {
        let found = env::var(&self.0).ok().filter(|text| !text.is_empty());
        let token = found.map(|text| AccessToken::new(Secret::new(text), None));
        Box::pin(ready(token.ok_or_else(|| AuthError::NoVariable(self.0.clone()))))
    }
}
