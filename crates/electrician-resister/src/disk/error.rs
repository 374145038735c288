//! Why a queue on disk could not be opened.

use std::io;
use std::path::{Path, PathBuf};

use electrician_types::{ConfigError, Error, ErrorKind};

/// Why a directory could not be opened as a queue. No element was changed or deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another queue, of this process or another, has the directory open.
    #[error("{} is open in another queue; only one at a time may use it", .dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory cannot be written to.
    #[error("{} cannot be written to: {source}", .dir.display())]
    NotWritable {
        /// The directory.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A segment was written by a later version of this crate.
    #[error("{} has format {found}, this version reads up to {supported}", .file.display())]
    Version {
        /// The segment.
        file: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that is known here.
        supported: u32,
    },
    /// The system failed.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

// === impl OpenError ===

impl OpenError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        let kind = match &error {
            OpenError::Config(_) => ErrorKind::Config,
            OpenError::Version { .. } => ErrorKind::Malformed,
            _ => ErrorKind::Io,
        };
        Self::new(kind, "opening a queue").with_source(error)
    }
}
