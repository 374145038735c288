//! Why there is no stream to a target.

use std::io;
use std::time::Duration;

use electrician_auth::AuthError;
use electrician_relay::Text;
use electrician_relay::session::Reconnect;
use electrician_types::{Error, ErrorKind};

/// Why a stream to a target was not begun, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// There was no connection.
    #[error("{target}: no connection: {source}")]
    Connect {
        /// The target.
        target: String,
        /// Why.
        source: io::Error,
    },
    /// A connection took too long.
    #[error("{target}: no connection after {after:?}")]
    Timeout {
        /// The target.
        target: String,
        /// How long was waited.
        after: Duration,
    },
    /// There was no HTTP/2 on the connection, or it broke.
    #[error("{target}: the connection broke: {source}")]
    Http {
        /// The target.
        target: String,
        /// Why.
        source: hyper::Error,
    },
    /// There was no token to show.
    #[error("no token: {0}")]
    Token(#[from] AuthError),
    /// The receiver ended the stream with an error.
    #[error("{target}: the stream ended: {code}: {message}")]
    Status {
        /// The target.
        target: String,
        /// The code of gRPC.
        code: tonic::Code,
        /// What the receiver said.
        message: String,
    },
    /// The receiver ended the stream.
    #[error("{target}: the stream ended")]
    Ended {
        /// The target.
        target: String,
    },
    /// The receiver refused the stream by an acknowledgement.
    #[error("{target}: the stream is refused: {code}: {message}")]
    Refused {
        /// The target.
        target: String,
        /// The code of the receiver.
        code: i32,
        /// What it said.
        message: Text,
    },
    /// The session wants another connection.
    #[error("{target}: the connection is given up: {why:?}")]
    GivenUp {
        /// The target.
        target: String,
        /// Why.
        why: Reconnect,
    },
}

// === impl LinkError ===

impl LinkError {
    /// Whether the receiver does not know who calls, or refuses them.
    pub const fn is_denied(&self) -> bool {
        match self {
            Self::Status { code, .. } => {
                matches!(code, tonic::Code::Unauthenticated | tonic::Code::PermissionDenied)
            }
            Self::Refused { code, .. } => matches!(code, 401 | 403),
            Self::Token(_) => true,
            _ => false,
        }
    }

    pub(crate) fn to_error(&self) -> Error {
        let kind = match self {
            Self::Timeout { .. } => ErrorKind::Timeout,
            error if error.is_denied() => ErrorKind::Denied,
            _ => ErrorKind::Io,
        };
        Error::new(kind, self.to_string())
    }
}
