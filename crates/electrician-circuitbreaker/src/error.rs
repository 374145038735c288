//! Refusals.

use std::time::Duration;

use electrician_types::{Error, ErrorKind};

/// The breaker did not admit the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Open {
    retry_after: Option<Duration>,
}

/// Why a guarded call has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitBreakerError<E> {
    /// The breaker did not admit it: nothing was called.
    #[error(transparent)]
    Open(#[from] Open),
    /// It was made, and failed.
    #[error("{0}")]
    Failed(#[source] E),
}

// === impl Open ===

impl Open {
    pub(crate) const fn new(retry_after: Option<Duration>) -> Self {
        Self { retry_after }
    }

    /// How long until the next probe is possible. `None` when no time can be named: every probe is
    /// out, or the breaker is held open until it is reset.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl std::fmt::Display for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the circuit is open: ")?;
        match self.retry_after {
            Some(wait) => write!(f, "try again in {wait:?}"),
            None => f.write_str("try again after a probe or a reset"),
        }
    }
}

impl std::error::Error for Open {}

impl From<Open> for Error {
    fn from(open: Open) -> Self {
        Self::new(ErrorKind::Closed, "").with_source(open).with_retryable(true)
    }
}

// === impl CircuitBreakerError ===

impl<E> CircuitBreakerError<E> {
    /// Whether the breaker refused, so that nothing was called.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

impl<E: Into<electrician_types::BoxError>> From<CircuitBreakerError<E>> for Error {
    fn from(error: CircuitBreakerError<E>) -> Self {
        match error {
            CircuitBreakerError::Open(open) => open.into(),
            CircuitBreakerError::Failed(error) => Self::failed(error),
        }
    }
}
