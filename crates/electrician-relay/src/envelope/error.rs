//! What goes wrong between items and payloads.

use electrician_codec::{CodecError, CodecErrorKind};
use electrician_types::{Error, ErrorKind};

use crate::{Encoding, WireError};

/// An item that became no payload, or a payload that became no item.
///
/// No text of it shows a part of the value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It came in plain, where there is a key.
    #[error("encryption required: the payload is not encrypted, but there is a key for it")]
    Unsealed,
    /// It came encrypted, where there is no key.
    #[error("the payload is encrypted, but there is no key to open it with")]
    NoKey,
    /// It is encrypted in an unknown way.
    #[error("encryption suite {0} is unknown: 1 is AES-GCM")]
    Suite(i32),
    /// It is compressed in a way that is unknown, or that this program was built without.
    #[error("compression {0} is not taken: it is unknown, or its feature is off")]
    Compression(i32),
    /// It is encoded in a way that is not taken.
    #[error("a payload in {found} is not taken, only {taken}")]
    Encoding {
        /// What it is in.
        found: Encoding,
        /// What is taken.
        taken: String,
    },
    /// It is encoded in an unknown way.
    #[error("payload encoding {0} is unknown: 0 is unsaid, 1 is gob, 2 is protobuf")]
    UnknownEncoding(i32),
    /// It is of another type.
    #[error("a payload of type {found:?} came, {expected:?} is expected")]
    Type {
        /// What it says.
        found: String,
        /// What is expected.
        expected: String,
    },
    /// The payload would have more bytes than may be sent.
    #[error("the payload has {bytes} bytes, at most {limit} may be sent")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// Its metadata is no message.
    #[error("the metadata: {0}")]
    Metadata(#[from] WireError),
    /// Its bytes are not what they should be.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

// === impl EnvelopeError ===

impl EnvelopeError {
    /// The code for an acknowledgement: 413 if it is too large, 415 if it is in a form that is not
    /// taken, 400 otherwise. None of them goes away by trying again.
    pub fn code(&self) -> i32 {
        match self {
            Self::TooLarge { .. } => 413,
            Self::Codec(error) if error.kind() == CodecErrorKind::TooLarge => 413,
            Self::Suite(_)
            | Self::Compression(_)
            | Self::Encoding { .. }
            | Self::UnknownEncoding(_)
            | Self::Type { .. } => 415,
            _ => 400,
        }
    }
}

impl From<EnvelopeError> for Error {
    fn from(error: EnvelopeError) -> Self {
        let kind = match error.code() {
            413 => ErrorKind::TooLarge,
            _ => ErrorKind::Malformed,
        };
        Self::new(kind, "payload").with_source(error)
    }
}
