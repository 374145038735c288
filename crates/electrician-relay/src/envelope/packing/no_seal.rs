//! No encryption: its feature is off.

use electrician_codec::CodecError;

use crate::proto::SecurityOptions;

#[derive(Debug, Default)]
pub(in crate::envelope) struct Seal;

#[derive(Debug, Default)]
pub(in crate::envelope) struct Unseal;

// === impl Seal ===

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as if there were encryption")]
impl Seal {
    pub(in crate::envelope) const fn security(&self) -> Option<SecurityOptions> {
        None
    }

    pub(super) const fn wrap<'a>(&'a mut self, plain: &'a [u8]) -> Result<&'a [u8], CodecError> {
        Ok(plain)
    }
}

// === impl Unseal ===

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as if there were encryption")]
impl Unseal {
    pub(super) const fn has_keys(&self) -> bool {
        false
    }

    pub(super) const fn unwrap<'a>(
        &'a mut self,
        wrapped: &'a [u8],
    ) -> Result<&'a [u8], CodecError> {
        Ok(wrapped)
    }
}
