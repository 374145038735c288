//! Bytes within bytes: compression, encryption.

use crate::{CodecError, Decode, Encode, Limits};

/// Turns bytes into others and back, a record at a time: a compression, an encryption.
///
/// # Laws
///
/// - `wrap` and `unwrap` append to `into` and leave what was there. On error they may leave partial
///   bytes; the caller cuts them off.
/// - `unwrap` of what `wrap` made gives the same bytes.
/// - `unwrap` appends at most [`Limits::decoded_bytes`], and stops before it allocates for more.
pub trait Layer {
    /// Appends the outer form of `plain`.
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Appends what `wrapped` holds.
    fn unwrap(
        &mut self,
        wrapped: &[u8],
        limits: &Limits,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError>;
}

/// A payload within a [`Layer`]. Layers nest: `Layered::new(Layered::new(Json, compression), seal)`
/// compresses, then encrypts.
#[derive(Clone, Debug, Default)]
pub struct Layered<P, L> {
    payload: P,
    layer: L,
    plain: Vec<u8>,
}

// === impl Layered ===

impl<P, L> Layered<P, L> {
    /// What `payload` writes, wrapped by `layer`.
    pub const fn new(payload: P, layer: L) -> Self {
        Self { payload, layer, plain: Vec::new() }
    }
}

impl<T: ?Sized, P: Encode<T>, L: Layer> Encode<T> for Layered<P, L> {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.plain.clear();
        self.payload.encode(record, &mut self.plain)?;
        self.layer.wrap(&self.plain, into)
    }
}

impl<T, P: Decode<T>, L: Layer> Decode<T> for Layered<P, L> {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<T, CodecError> {
        self.plain.clear();
        self.layer.unwrap(bytes, limits, &mut self.plain)?;
        self.payload.decode(&self.plain, limits)
    }
}
