//! Why nothing was admitted.

use electrician_types::{Error, ErrorKind, Refusal};

/// Why an admission was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SurgeProtectorError {
    /// It was tripped and not reset yet.
    #[error("the surge protector is tripped: reset it to go on")]
    Tripped,
    /// There is a blackout.
    #[error("there is a blackout: wait until it is over")]
    BlackedOut,
    /// More were asked for at once than there can ever be at once.
    #[error("{asked} at once, but the burst is {burst}: ask for fewer, or raise the burst")]
    OverBurst {
        /// How many were asked for.
        asked: u32,
        /// How many there can be.
        burst: u32,
    },
}

// === impl SurgeProtectorError ===

impl SurgeProtectorError {
    /// Whether this will pass: a trip or a blackout.
    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Tripped | Self::BlackedOut)
    }
}

impl From<SurgeProtectorError> for Error {
    fn from(error: SurgeProtectorError) -> Self {
        let (kind, passes) = match error {
            SurgeProtectorError::OverBurst { .. } => (ErrorKind::TooLarge, false),
            _ => (ErrorKind::Closed, true),
        };
        Self::new(kind, "").with_retryable(passes).with_source(error)
    }
}

impl From<SurgeProtectorError> for Refusal {
    fn from(error: SurgeProtectorError) -> Self {
        Self::Denied(error.into())
    }
}
