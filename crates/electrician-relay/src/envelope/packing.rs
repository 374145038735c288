//! Compression and encryption, whatever of it this crate was built with.

#[cfg(any(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
))]
mod press;
#[cfg(not(any(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
)))]
#[path = "packing/no_press.rs"]
mod press;
#[cfg(feature = "aes-gcm")]
mod seal;
#[cfg(not(feature = "aes-gcm"))]
#[path = "packing/no_seal.rs"]
mod seal;

use electrician_codec::{CodecError, CodecErrorKind, Limits};

use super::EnvelopeError;
use crate::shape::Shape;
use press::{Expand, Press};
use seal::{Seal, Unseal};

/// Compresses, then encrypts.
#[derive(Debug, Default)]
pub(super) struct Packing {
    pub(super) press: Press,
    pub(super) seal: Seal,
}

/// Decrypts, then decompresses.
#[derive(Debug, Default)]
pub(super) struct Unpacking {
    pub(super) unseal: Unseal,
    expand: Expand,
}

// === impl Packing ===

impl Packing {
    /// What stands on the wire for `plain`.
    pub(super) fn wrap<'a>(&'a mut self, plain: &'a [u8]) -> Result<&'a [u8], CodecError> {
        let compressed = self.press.wrap(plain)?;
        self.seal.wrap(compressed)
    }
}

// === impl Unpacking ===

impl Unpacking {
    /// The plain bytes of what stands on the wire.
    pub(super) fn unwrap<'a>(
        &'a mut self,
        wrapped: &'a [u8],
        shape: Shape,
        limits: &Limits,
    ) -> Result<&'a [u8], EnvelopeError> {
        if shape.suite != Shape::NONE && !shape.is_sealed() {
            return Err(EnvelopeError::Suite(shape.suite));
        }
        match (shape.is_sealed(), self.unseal.has_keys()) {
            (false, true) => return Err(EnvelopeError::Unsealed),
            (true, false) => return Err(EnvelopeError::NoKey),
            _ => {}
        }
        check(wrapped.len(), limits.record_bytes)?;
        let mut bytes = self.unseal.unwrap(wrapped)?;
        if shape.is_compressed() {
            bytes = self.expand.unwrap(bytes, shape.compression, limits)?;
        }
        check(bytes.len(), limits.decoded_bytes)?;
        Ok(bytes)
    }
}

fn check(bytes: usize, limit: usize) -> Result<(), CodecError> {
    if bytes <= limit {
        return Ok(());
    }
    let message = format!("{bytes} bytes exceed the limit of {limit}");
    Err(CodecError::new(CodecErrorKind::TooLarge, "payload", message))
}
