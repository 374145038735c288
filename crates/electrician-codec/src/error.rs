//! What goes wrong between records and bytes.

use std::fmt;

use electrician_types::{BoxError, Error, ErrorKind};

/// A record that could not be written, or bytes that are not one.
#[derive(Debug, thiserror::Error)]
#[error("{format}: {message}{}", At(*offset))]
pub struct CodecError {
    kind: CodecErrorKind,
    format: &'static str,
    message: String,
    offset: Option<u64>,
    source: Option<BoxError>,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodecErrorKind {
    /// The record cannot be expressed in the format.
    Unencodable,
    /// The bytes are not of the format, or not of the type.
    Malformed,
    /// The bytes end before the record does.
    Truncated,
    /// A limit is exceeded: see [`Limits`](crate::Limits).
    TooLarge,
    /// The format allows it, this crate does not know it.
    Unsupported,
    /// A checksum or an authentication tag does not match.
    Corrupt,
}

struct At(Option<u64>);

// === impl CodecError ===

impl CodecError {
    /// An error of `format`, which says in lower case what was wrong and what would be right.
    pub fn new(kind: CodecErrorKind, format: &'static str, message: impl Into<String>) -> Self {
        Self { kind, format, message: message.into(), offset: None, source: None }
    }

    /// The record has no form in the format.
    pub fn unencodable(format: &'static str, message: impl Into<String>) -> Self {
        Self::new(CodecErrorKind::Unencodable, format, message)
    }

    /// The bytes end too early: `message` says what is missing.
    pub fn truncated(format: &'static str, message: impl Into<String>) -> Self {
        Self::new(CodecErrorKind::Truncated, format, message)
    }

    /// The bytes are wrong.
    pub fn malformed(format: &'static str, message: impl Into<String>) -> Self {
        Self::new(CodecErrorKind::Malformed, format, message)
    }

    /// `what` is, or claims to be, larger than `limit`.
    pub fn too_large(
        format: &'static str,
        what: impl fmt::Display,
        limit: impl fmt::Display,
    ) -> Self {
        Self::new(CodecErrorKind::TooLarge, format, format!("{what} exceeds the limit of {limit}"))
    }

    /// With the place in the input, in bytes from its begin.
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// With its cause.
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure it is.
    pub const fn kind(&self) -> CodecErrorKind {
        self.kind
    }

    /// The format it is about, in lower case.
    pub const fn format(&self) -> &'static str {
        self.format
    }

    /// Where in the input, in bytes from its begin, when that is known.
    pub const fn offset(&self) -> Option<u64> {
        self.offset
    }
}

impl From<CodecError> for Error {
    fn from(error: CodecError) -> Self {
        Self::new(ErrorKind::Failed, "coding").with_source(error)
    }
}

// === impl At ===

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offset) => write!(f, " at byte {offset}"),
            None => Ok(()),
        }
    }
}
