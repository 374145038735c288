//! Encryption.

use std::sync::Arc;

use electrician_codec::CodecError;
use electrician_codec::seal::KeyRing;

use crate::proto::{EncryptionSuite, SecurityOptions};

/// Encrypts, if there are keys.
#[derive(Debug, Default)]
pub(in crate::envelope) struct Seal {
    keys: Option<Arc<KeyRing>>,
    sealed: Vec<u8>,
}

/// Decrypts, if there are keys.
#[derive(Debug, Default)]
pub(in crate::envelope) struct Unseal {
    keys: Option<Arc<KeyRing>>,
    opened: Vec<u8>,
}

// === impl Seal ===

impl Seal {
    pub(in crate::envelope) fn with(&mut self, keys: Arc<KeyRing>) {
        self.keys = Some(keys);
    }

    pub(in crate::envelope) fn security(&self) -> Option<SecurityOptions> {
        let suite = EncryptionSuite::EncryptionAesGcm.into();
        self.keys.as_ref().map(|_| SecurityOptions { enabled: true, suite })
    }

    pub(super) fn wrap<'a>(&'a mut self, plain: &'a [u8]) -> Result<&'a [u8], CodecError> {
        let Some(keys) = &self.keys else { return Ok(plain) };
        self.sealed.clear();
        keys.seal(plain, &mut self.sealed)?;
        Ok(&self.sealed)
    }
}

// === impl Unseal ===

impl Unseal {
    pub(in crate::envelope) fn with(&mut self, keys: Arc<KeyRing>) {
        self.keys = Some(keys);
    }

    pub(super) const fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    pub(super) fn unwrap<'a>(&'a mut self, wrapped: &'a [u8]) -> Result<&'a [u8], CodecError> {
        let Some(keys) = &self.keys else { return Ok(wrapped) };
        self.opened.clear();
        keys.open(wrapped, &mut self.opened)?;
        Ok(&self.opened)
    }
}
