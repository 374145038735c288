//! What goes wrong between records, columns and files.

use std::fmt;

use arrow_schema::ArrowError;
use electrician_types::{BoxError, Error, ErrorKind};
use parquet::errors::ParquetError as Foreign;
use serde::{de, ser};

/// A record that has no place in its columns, or a file that is not what it should be.
pub struct ParquetError(Box<Inner>);

/// Behind a box, because every field of every record may return an error.
struct Inner {
    kind: ParquetErrorKind,
    message: String,
    source: Option<BoxError>,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParquetErrorKind {
    /// A setting that cannot work.
    Config,
    /// The type of the record has no columns, or other columns than the file.
    Schema,
    /// This record does not fit its columns, or this row its record.
    Record,
    /// The bytes are not of the format.
    Malformed,
    /// A limit is exceeded: see [`FileLimits`](crate::FileLimits).
    TooLarge,
    /// The format allows it, this crate does not know it.
    Unsupported,
    /// The file could not be read or written.
    Io,
}

// === impl ParquetError ===

impl ParquetError {
    pub(crate) fn new(kind: ParquetErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ParquetErrorKind::Config, message)
    }

    pub(crate) fn schema(message: impl Into<String>) -> Self {
        Self::new(ParquetErrorKind::Schema, message)
    }

    pub(crate) fn record(message: impl Into<String>) -> Self {
        Self::new(ParquetErrorKind::Record, message)
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(ParquetErrorKind::Malformed, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ParquetErrorKind::Unsupported, message)
    }

    /// `what` is, or claims to be, larger than `limit`.
    pub(crate) fn too_large(what: impl fmt::Display, limit: impl fmt::Display) -> Self {
        let message = format!("{what} exceeds the limit of {limit}");
        Self::new(ParquetErrorKind::TooLarge, message)
    }

    pub(crate) fn io(doing: &str, source: std::io::Error) -> Self {
        Self::new(ParquetErrorKind::Io, format!("{doing}: {source}")).with_source(source)
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error, with where it happened before what it says.
    pub(crate) fn within(mut self, place: impl fmt::Display) -> Self {
        self.0.message = format!("{place}: {}", self.0.message);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ParquetErrorKind {
        self.0.kind
    }
}

impl fmt::Debug for ParquetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, source } = &*self.0;
        let mut debug = f.debug_struct("ParquetError");
        debug.field("kind", kind).field("message", message).field("source", source).finish()
    }
}

impl fmt::Display for ParquetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for ParquetError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        let kind = match error.kind() {
            ParquetErrorKind::Config | ParquetErrorKind::Schema => ErrorKind::Config,
            ParquetErrorKind::Record => ErrorKind::Failed,
            ParquetErrorKind::Malformed | ParquetErrorKind::Unsupported => ErrorKind::Malformed,
            ParquetErrorKind::TooLarge => ErrorKind::TooLarge,
            ParquetErrorKind::Io => ErrorKind::Io,
        };
        // A record that does not fit will not fit the next time.
        Self::new(kind, "").with_retryable(kind == ErrorKind::Io).with_source(error)
    }
}

impl From<std::io::Error> for ParquetError {
    fn from(source: std::io::Error) -> Self {
        Self::new(ParquetErrorKind::Io, source.to_string()).with_source(source)
    }
}

impl From<Foreign> for ParquetError {
    fn from(source: Foreign) -> Self {
        let kind = match &source {
            Foreign::NYI(_) => ParquetErrorKind::Unsupported,
            Foreign::External(cause) if cause.is::<std::io::Error>() => ParquetErrorKind::Io,
            _ => ParquetErrorKind::Malformed,
        };
        Self::new(kind, source.to_string()).with_source(source)
    }
}

impl From<ArrowError> for ParquetError {
    fn from(source: ArrowError) -> Self {
        let kind = match &source {
            ArrowError::NotYetImplemented(_) => ParquetErrorKind::Unsupported,
            ArrowError::IoError(..) => ParquetErrorKind::Io,
            _ => ParquetErrorKind::Malformed,
        };
        Self::new(kind, source.to_string()).with_source(source)
    }
}

impl ser::Error for ParquetError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::record(message.to_string())
    }
}

impl de::Error for ParquetError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::record(message.to_string())
    }
}
