//! What the value of a payload is written in.

use std::fmt;

use crate::proto::PayloadEncoding;

/// What a value is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Go's `encoding/gob`, from a fresh encoder.
    Gob,
    /// JSON, told by the content type `application/json`.
    Json,
    /// A protobuf message.
    Proto,
    /// Bytes as they stand. On the wire they look like what says nothing.
    Bytes,
}

// === impl Encoding ===

impl Encoding {
    /// As errors say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gob => "gob",
            Self::Json => "json",
            Self::Proto => "protobuf",
            Self::Bytes => "bytes",
        }
    }

    /// The content type that senders say with it.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Gob | Self::Bytes => "application/octet-stream",
            Self::Json => "application/json",
            Self::Proto => "application/protobuf",
        }
    }

    /// The number of [`PayloadEncoding`] that senders say with it.
    pub const fn wire(self) -> PayloadEncoding {
        match self {
            Self::Gob => PayloadEncoding::Gob,
            Self::Json | Self::Bytes => PayloadEncoding::Unspecified,
            Self::Proto => PayloadEncoding::Proto,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
