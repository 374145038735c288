//! Several keys, for the time of a rotation.

use super::key::{SealKey, split, unopened};
use crate::{CodecError, Layer, Limits};

/// Seals with one key, and opens with that and older ones.
///
/// To rotate, give every reader a ring that opens with the new key too, then let the writers seal
/// with it, then drop the old one when the last message sealed with it is read. A message does not
/// say its key, so the keys are tried in turn: a handful is fine.
#[derive(Debug)]
pub struct KeyRing {
    current: SealKey,
    older: Vec<SealKey>,
}

// === impl KeyRing ===

impl KeyRing {
    /// Seals and opens with `current`.
    pub const fn new(current: SealKey) -> Self {
        Self { current, older: Vec::new() }
    }

    /// Opens with `key` as well, after those before it have failed.
    #[must_use]
    pub fn with_older(mut self, key: SealKey) -> Self {
        self.older.push(key);
        self
    }

    /// Seals with `key` from now on, and opens with all that it had.
    #[must_use]
    pub fn rotated_to(mut self, key: SealKey) -> Self {
        self.older.insert(0, std::mem::replace(&mut self.current, key));
        self
    }

    /// Appends `nonce ‖ ciphertext ‖ tag` of `plain` to `into`.
    pub fn seal(&self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.current.seal(plain, into)
    }

    /// Appends the plain bytes of `sealed` to `into`. On error `into` is as it was.
    pub fn open(&self, sealed: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        let (nonce, rest) = split(sealed)?;
        let mut keys = std::iter::once(&self.current).chain(&self.older);
        let is_open = keys.any(|key| key.is_opened(nonce, rest, &[], into));
        if is_open { Ok(()) } else { Err(unopened()) }
    }
}

impl From<SealKey> for KeyRing {
    fn from(key: SealKey) -> Self {
        Self::new(key)
    }
}

impl Layer for KeyRing {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.seal(plain, into)
    }

    fn unwrap(
        &mut self,
        wrapped: &[u8],
        limits: &Limits,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        limits.check_decoded("aes-gcm", wrapped.len().saturating_sub(super::OVERHEAD))?;
        self.open(wrapped, into)
    }
}
