//! What can be wrong with a metric of the user's.

use electrician_types::{Error, ErrorKind};

/// Why there is no such metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeterError {
    /// The name is malformed.
    #[error(
        "{name:?} is no name of a metric: give at most 128 letters, digits and underscores of \
         ASCII, the first no digit"
    )]
    Name {
        /// The name, cut off where it is too long.
        name: String,
    },
    /// The name is kept for what exporters make of others.
    #[error(
        "{name:?} may be the name of another metric for an exporter: do not begin with \
         electrician_ or end in _total, _sum, _count, _bucket, _info or _created"
    )]
    Reserved {
        /// The name.
        name: String,
    },
    /// The name is taken.
    #[error("{name:?} is a {is} already: ask for that, or give another name")]
    OtherKind {
        /// The name.
        name: String,
        /// What has it.
        is: &'static str,
    },
    /// There are as many as there may be.
    #[error("{name:?} would be one metric more than {limit}: raise `with_max_custom`")]
    TooMany {
        /// The name.
        name: String,
        /// How many there may be.
        limit: usize,
    },
}

// === impl MeterError ===

impl From<MeterError> for Error {
    fn from(error: MeterError) -> Self {
        let kind = match error {
            MeterError::TooMany { .. } => ErrorKind::TooLarge,
            _ => ErrorKind::Config,
        };
        Self::new(kind, "").with_source(error)
    }
}
