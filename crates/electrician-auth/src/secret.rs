//! What must not be seen.

use std::env;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use electrician_types::ConfigError;
use zeroize::Zeroizing;

use crate::problem::refuse;

/// A secret: `Debug` hides it, comparing takes the same time wherever two differ, and it is wiped
/// from memory with its last clone.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

// === impl Secret ===

impl Secret {
    /// The secret with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The secret in an environment variable, which must not be empty.
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        match env::var(variable) {
            Ok(text) if !text.is_empty() => Ok(Self::new(text)),
            Ok(_) => Err(refuse(format!("the environment variable {variable} is empty"))),
            Err(env::VarError::NotPresent) => {
                Err(refuse(format!("the environment variable {variable} is not set")))
            }
            Err(env::VarError::NotUnicode(_)) => {
                Err(refuse(format!("the environment variable {variable} is no UTF-8 text")))
            }
        }
    }

    /// The text itself. Take care where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the bytes are those of the secret, in a time that does not tell how much of them is.
    pub fn is(&self, bytes: &[u8]) -> bool {
        // Hashes have one length: not even that of the secret is told.
        verify_slices_are_equal(&sha256(self.0.as_bytes()), &sha256(bytes)).is_ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.is(other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// The hash of the bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().expect("a SHA-256 hash has 32 bytes")
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
