//! Two layers in the order that makes sense: compress, then encrypt.

use crate::{CodecError, Layer, Limits};

/// An inner layer within an outer one: serialize → compress → encrypt is
/// `Layered::new(payload, Envelope::new(compression, seal))`.
///
/// Encrypted bytes do not compress, so compression is the inner one. Where a configuration decides,
/// each may be an `Option`, of which `None` changes nothing. The bytes between the two are kept in
/// one buffer, from record to record.
///
/// Who can choose a part of what is compressed and see how long it becomes can guess the rest of it:
/// do not put secrets and strangers' words into one record.
///
/// ```
/// # #[cfg(all(feature = "aes-gcm", feature = "zstd"))] {
/// use electrician_codec::compress::{Compressed, Compression, ZstdLevel};
/// use electrician_codec::seal::SealKey;
/// use electrician_codec::{Encode, Envelope, Layered, Text};
///
/// let zstd = Compressed::new(Compression::Zstd(ZstdLevel::DEFAULT));
/// let key = SealKey::from_bytes(&[7; 32]).unwrap();
/// let mut format = Layered::new(Text, Envelope::new(zstd, key));
/// let mut bytes = Vec::new();
/// format.encode("live wire", &mut bytes).unwrap();
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Envelope<I, O> {
    inner: I,
    outer: O,
    between: Vec<u8>,
}

// === impl Envelope ===

impl<I, O> Envelope<I, O> {
    /// What `inner` makes, such as a compression, within `outer`, such as a seal.
    pub const fn new(inner: I, outer: O) -> Self {
        Self { inner, outer, between: Vec::new() }
    }
}

impl<I: Layer, O: Layer> Layer for Envelope<I, O> {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.between.clear();
        self.inner.wrap(plain, &mut self.between)?;
        self.outer.wrap(&self.between, into)
    }

    fn unwrap(
        &mut self,
        wrapped: &[u8],
        limits: &Limits,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        self.between.clear();
        self.outer.unwrap(wrapped, limits, &mut self.between)?;
        self.inner.unwrap(&self.between, limits, into)
    }
}

/// `None` is a layer that changes nothing.
impl<L: Layer> Layer for Option<L> {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        if let Some(layer) = self {
            return layer.wrap(plain, into);
        }
        into.extend_from_slice(plain);
        Ok(())
    }

    fn unwrap(
        &mut self,
        wrapped: &[u8],
        limits: &Limits,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        if let Some(layer) = self {
            return layer.unwrap(wrapped, limits, into);
        }
        limits.check_decoded("bytes", wrapped.len())?;
        into.extend_from_slice(wrapped);
        Ok(())
    }
}
