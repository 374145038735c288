//! Why somebody is not let in, or has no token.

use std::sync::Arc;
use std::time::Duration;

use electrician_types::{BoxError, Error, ErrorKind};

use crate::shown::shown;

/// Why somebody is not let in, or why there is no token to show to others.
///
/// No message holds a token, a secret or a value of a header. What a stranger sent, such as the
/// name of a key, is escaped and cut to 64 letters.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// There is no `authorization: Bearer …`.
    #[error("missing bearer token")]
    MissingToken,
    /// It is no token.
    #[error("malformed token: {0}")]
    Malformed(&'static str),
    /// The issuer says that it is not valid, or not any more.
    #[error("token inactive")]
    Inactive,
    /// Its time is over.
    #[error("token expired")]
    Expired,
    /// Its time has not come.
    #[error("token not yet valid")]
    NotYetValid,
    /// It lacks a claim that it must have.
    #[error("the token has no {0:?}")]
    MissingClaim(&'static str),
    /// Another has issued it.
    #[error("issuer mismatch")]
    IssuerMismatch,
    /// It is for another.
    #[error("audience mismatch")]
    AudienceMismatch,
    /// It does not allow what is needed; this scope is the first that is missing.
    #[error("insufficient scope: {0:?} is missing")]
    InsufficientScope(String),
    /// It is signed in a way that is not accepted.
    #[error("unsupported jwt alg {}", shown(.0))]
    UnsupportedAlgorithm(String),
    /// It is a JWT of another kind.
    #[error("unsupported jwt typ {}", shown(.0))]
    UnsupportedType(String),
    /// It demands extensions to be understood that are not.
    #[error("unsupported jwt extension: the header names some as critical")]
    CriticalExtension,
    /// Nobody publishes the key that it names.
    #[error("jwks key not found for kid {}", shown(.0))]
    UnknownKey(String),
    /// It names no key, and there is not exactly one that could be meant.
    #[error("jwks key not found: the token names none")]
    UnnamedKey,
    /// The key that it names is not for its algorithm.
    #[error("the key is not for jwt alg {}", shown(.0))]
    KeyMismatch(String),
    /// It was changed, or another key signed it.
    #[error("bad signature")]
    BadSignature,
    /// This header is not there, is there twice, or has another value than it must have.
    #[error("header {0}: it is missing or wrong")]
    HeaderMismatch(String),
    /// The peer showed no certificate.
    #[error("missing client certificate")]
    MissingCertificate,
    /// A validator of the user's refuses.
    #[error("refused: {0}")]
    Refused(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The authorization server has failed just now, and is not asked again so soon.
    #[error("auth server backoff in effect: try again in {0:?}")]
    Backoff(Duration),
    /// The authorization server gives no answer that can be used.
    #[error("{endpoint}: {reason}")]
    Unavailable {
        /// Its address, without the query.
        endpoint: Arc<str>,
        /// What went wrong.
        reason: String,
    },
    /// The authorization server does not give a token.
    #[error("{endpoint}: no token: {reason}")]
    NoToken {
        /// Its address, without the query.
        endpoint: Arc<str>,
        /// What it says, as far as it is known not to tell secrets.
        reason: String,
    },
    /// A token would be readable on its way.
    #[error("a token is not sent without TLS")]
    Plaintext,
    /// A token that no header can carry.
    #[error("the token has letters that no header can carry")]
    Unsendable,
    /// An environment variable has no token.
    #[error("the environment variable {0} has no token")]
    NoVariable(String),
}

/// What an error means for the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// It is not known who asks: 401, `UNAUTHENTICATED`.
    Unauthenticated,
    /// It is known, and not enough: 403, `PERMISSION_DENIED`.
    Forbidden,
    /// It cannot be found out now: 503, `UNAVAILABLE`.
    Unavailable,
    /// A token to show to others cannot be had, or not be sent.
    NoToken,
}

// === impl AuthError ===

impl AuthError {
    /// The error of a validator of one's own.
    pub fn refused(error: impl Into<BoxError>) -> Self {
        Self::Refused(Arc::from(error.into()))
    }

    /// What it means for the one who asked.
    pub const fn kind(&self) -> AuthErrorKind {
        match self {
            Self::InsufficientScope(_) => AuthErrorKind::Forbidden,
            Self::Backoff(_) | Self::Unavailable { .. } => AuthErrorKind::Unavailable,
            Self::NoToken { .. } | Self::Plaintext | Self::Unsendable | Self::NoVariable(_) => {
                AuthErrorKind::NoToken
            }
            _ => AuthErrorKind::Unauthenticated,
        }
    }

    /// Whether the same may go well later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Backoff(_) | Self::Unavailable { .. } | Self::NotYetValid)
    }
}

impl From<AuthError> for Error {
    fn from(error: AuthError) -> Self {
        let kind = match error.kind() {
            AuthErrorKind::Unavailable => ErrorKind::Io,
            _ => ErrorKind::Denied,
        };
        let is_retryable = error.is_retryable();
        Self::new(kind, "").with_source(error).with_retryable(is_retryable)
    }
}
