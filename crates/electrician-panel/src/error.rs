//! Why a panel is not served.

use std::io;
use std::net::SocketAddr;

use electrician_types::{Error, ErrorKind};

/// Why a panel is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PanelError {
    /// Others than this machine could read it, and nothing asks who they are.
    #[error(
        "{address} can be reached from other machines: give the panel a token, or a loopback \
         address such as 127.0.0.1:0"
    )]
    Exposed {
        /// Where it was to be served.
        address: SocketAddr,
    },
    /// The token could be guessed.
    #[error("a token of {length} characters can be guessed: give at least 16, of visible ASCII")]
    WeakToken {
        /// How long it is.
        length: usize,
    },
    /// The address cannot be listened on.
    #[error("could not listen on {address}")]
    Bind {
        /// Where it was to be served.
        address: String,
        /// Why not.
        source: io::Error,
    },
}

impl From<PanelError> for Error {
    fn from(error: PanelError) -> Self {
        let kind = match error {
            PanelError::Bind { .. } => ErrorKind::Io,
            _ => ErrorKind::Config,
        };
        Self::new(kind, "serving the panel").with_source(error)
    }
}
