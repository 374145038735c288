//! No compression: its features are off.

use electrician_codec::{CodecError, Limits};

use crate::envelope::EnvelopeError;
use crate::proto::PerformanceOptions;

#[derive(Debug, Default)]
pub(in crate::envelope) struct Press;

#[derive(Debug, Default)]
pub(super) struct Expand;

// === impl Press ===

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as if there were compression")]
impl Press {
    pub(in crate::envelope) const fn performance(&self) -> Option<PerformanceOptions> {
        None
    }

    pub(super) const fn wrap<'a>(&'a mut self, plain: &'a [u8]) -> Result<&'a [u8], CodecError> {
        Ok(plain)
    }
}

// === impl Expand ===

#[expect(clippy::unused_self, reason = "as if there were compression")]
impl Expand {
    pub(super) const fn unwrap<'a>(
        &'a mut self,
        _: &'a [u8],
        algorithm: i32,
        _: &Limits,
    ) -> Result<&'a [u8], EnvelopeError> {
        Err(EnvelopeError::Compression(algorithm))
    }
}
