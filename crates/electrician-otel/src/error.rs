//! Why there is no export.

use std::io;

use electrician_types::{BoxError, ConfigError, Error, ErrorKind};

/// Why an export could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtelError {
    /// Settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The exporter's thread did not start.
    #[error("the thread of the exporter did not start")]
    Thread(#[from] io::Error),
    /// OpenTelemetry's exporter of spans did not take what the environment says.
    #[error("the environment's settings for OTLP were not taken")]
    Environment(#[source] BoxError),
}

// === impl OtelError ===

impl From<OtelError> for Error {
    fn from(error: OtelError) -> Self {
        let kind = match error {
            OtelError::Thread(_) => ErrorKind::Io,
            _ => ErrorKind::Config,
        };
        Self::new(kind, "").with_source(error)
    }
}
