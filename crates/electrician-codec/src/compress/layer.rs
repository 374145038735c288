//! Compression as a layer.

use super::{Compression, Compressor, Decompressor};
use crate::{CodecError, Layer, Limits};

/// Compression around a payload: `Layered::new(payload, Compressed::new(compression))`.
///
/// The contexts are made at their first use, so one that only reads has no writer's.
#[derive(Clone, Debug)]
pub struct Compressed {
    compression: Compression,
    compressor: Option<Compressor>,
    decompressor: Option<Decompressor>,
}

// === impl Compressed ===

impl Compressed {
    /// Around what is written with, and read by, `compression`.
    pub const fn new(compression: Compression) -> Self {
        Self { compression, compressor: None, decompressor: None }
    }

    /// Which format it is.
    pub const fn compression(&self) -> Compression {
        self.compression
    }
}

impl Layer for Compressed {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        let make = || Compressor::new(self.compression);
        self.compressor.get_or_insert_with(make).compress(plain, into)
    }

    fn unwrap(
        &mut self,
        wrapped: &[u8],
        limits: &Limits,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let make = || Decompressor::new(self.compression);
        self.decompressor.get_or_insert_with(make).decompress(wrapped, limits, into)
    }
}

impl From<Compression> for Compressed {
    fn from(compression: Compression) -> Self {
        Self::new(compression)
    }
}
