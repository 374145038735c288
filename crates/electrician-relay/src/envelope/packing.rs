//! Compression and encryption, whatever of it this crate was built with.

#[cfg(feature = "aes-gcm")]
use std::sync::Arc;

#[cfg(any(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
))]
use electrician_codec::compress::{Compression, Compressor, Decompressor};
#[cfg(feature = "aes-gcm")]
use electrician_codec::seal::KeyRing;
use electrician_codec::{CodecError, CodecErrorKind, Limits};

use super::EnvelopeError;
use crate::proto::{CompressionAlgorithm, EncryptionSuite, PerformanceOptions, SecurityOptions};
use crate::shape::Shape;

/// Compresses, then encrypts.
#[derive(Debug, Default)]
pub(super) struct Packing {
    #[cfg(any(
        feature = "brotli",
        feature = "gzip",
        feature = "lz4",
        feature = "snappy",
        feature = "zstd"
    ))]
    compressor: Option<Compressor>,
    #[cfg(feature = "aes-gcm")]
    keys: Option<Arc<KeyRing>>,
    performance: Option<PerformanceOptions>,
    compressed: Vec<u8>,
    sealed: Vec<u8>,
}

/// Decrypts, then decompresses.
#[derive(Debug, Default)]
pub(super) struct Unpacking {
    /// By the number of the algorithm, less one; each is made when it is first needed.
    #[cfg(any(
        feature = "brotli",
        feature = "gzip",
        feature = "lz4",
        feature = "snappy",
        feature = "zstd"
    ))]
    decompressors: [Option<Decompressor>; 5],
    #[cfg(feature = "aes-gcm")]
    keys: Option<Arc<KeyRing>>,
    opened: Vec<u8>,
    plain: Vec<u8>,
}

// === impl Packing ===

impl Packing {
    #[cfg(any(
        feature = "brotli",
        feature = "gzip",
        feature = "lz4",
        feature = "snappy",
        feature = "zstd"
    ))]
    pub(super) fn compress(&mut self, compression: Compression) {
        let (algorithm, level) = algorithm(compression);
        self.performance = Some(PerformanceOptions {
            use_compression: true,
            compression_algorithm: algorithm.into(),
            compression_level: level,
        });
        self.compressor = Some(Compressor::new(compression));
    }

    #[cfg(feature = "aes-gcm")]
    pub(super) fn seal(&mut self, keys: Arc<KeyRing>) {
        self.keys = Some(keys);
    }

    pub(super) const fn performance(&self) -> Option<PerformanceOptions> {
        self.performance
    }

    pub(super) fn security(&self) -> Option<SecurityOptions> {
        #[cfg(feature = "aes-gcm")]
        if self.keys.is_some() {
            let suite = EncryptionSuite::EncryptionAesGcm.into();
            return Some(SecurityOptions { enabled: true, suite });
        }
        None
    }

    /// What stands on the wire for `plain`.
    pub(super) fn wrap<'a>(&'a mut self, plain: &'a [u8]) -> Result<&'a [u8], CodecError> {
        let mut bytes = plain;
        #[cfg(any(
            feature = "brotli",
            feature = "gzip",
            feature = "lz4",
            feature = "snappy",
            feature = "zstd"
        ))]
        if let Some(compressor) = &mut self.compressor {
            self.compressed.clear();
            compressor.compress(bytes, &mut self.compressed)?;
            bytes = &self.compressed;
        }
        #[cfg(feature = "aes-gcm")]
        if let Some(keys) = &self.keys {
            self.sealed.clear();
            keys.seal(bytes, &mut self.sealed)?;
            bytes = &self.sealed;
        }
        Ok(bytes)
    }
}

// === impl Unpacking ===

impl Unpacking {
    #[cfg(feature = "aes-gcm")]
    pub(super) fn open(&mut self, keys: Arc<KeyRing>) {
        self.keys = Some(keys);
    }

    const fn has_keys(&self) -> bool {
        #[cfg(feature = "aes-gcm")]
        return self.keys.is_some();
        #[cfg(not(feature = "aes-gcm"))]
        false
    }

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
        match (shape.is_sealed(), self.has_keys()) {
            (false, true) => return Err(EnvelopeError::Unsealed),
            (true, false) => return Err(EnvelopeError::NoKey),
            _ => {}
        }
        if wrapped.len() > limits.record_bytes {
            return Err(too_large(wrapped.len(), limits.record_bytes));
        }
        let mut bytes = wrapped;
        #[cfg(feature = "aes-gcm")]
        if let Some(keys) = &self.keys {
            self.opened.clear();
            keys.open(bytes, &mut self.opened)?;
            bytes = &self.opened;
        }
        if shape.is_compressed() {
            #[cfg(any(
                feature = "brotli",
                feature = "gzip",
                feature = "lz4",
                feature = "snappy",
                feature = "zstd"
            ))]
            {
                let unknown = || EnvelopeError::Compression(shape.compression);
                let compression = compression(shape.compression).ok_or_else(unknown)?;
                let place = usize::try_from(shape.compression - 1).map_err(|_| unknown())?;
                let slot = self.decompressors.get_mut(place).ok_or_else(unknown)?;
                let decompressor = slot.get_or_insert_with(|| Decompressor::new(compression));
                self.plain.clear();
                decompressor.decompress(bytes, limits, &mut self.plain)?;
                bytes = &self.plain;
            }
            #[cfg(not(any(
                feature = "brotli",
                feature = "gzip",
                feature = "lz4",
                feature = "snappy",
                feature = "zstd"
            )))]
            return Err(EnvelopeError::Compression(shape.compression));
        }
        if bytes.len() > limits.decoded_bytes {
            return Err(too_large(bytes.len(), limits.decoded_bytes));
        }
        Ok(bytes)
    }
}

fn too_large(bytes: usize, limit: usize) -> EnvelopeError {
    let message = format!("{bytes} bytes exceed the limit of {limit}");
    CodecError::new(CodecErrorKind::TooLarge, "payload", message).into()
}

/// What reads the algorithm of that number, at any level.
#[cfg(any(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
))]
fn compression(number: i32) -> Option<Compression> {
    match CompressionAlgorithm::try_from(number).ok()? {
        #[cfg(feature = "gzip")]
        CompressionAlgorithm::CompressDeflate => {
            Some(Compression::Gzip(electrician_codec::compress::GzipLevel::DEFAULT))
        }
        #[cfg(feature = "snappy")]
        CompressionAlgorithm::CompressSnappy => Some(Compression::Snappy),
        #[cfg(feature = "zstd")]
        CompressionAlgorithm::CompressZstd => {
            Some(Compression::Zstd(electrician_codec::compress::ZstdLevel::DEFAULT))
        }
        #[cfg(feature = "brotli")]
        CompressionAlgorithm::CompressBrotli => {
            Some(Compression::Brotli(electrician_codec::compress::BrotliQuality::DEFAULT))
        }
        #[cfg(feature = "lz4")]
        CompressionAlgorithm::CompressLz4 => Some(Compression::Lz4),
        _ => None,
    }
}

/// The algorithm of the contract, and the level.
#[cfg(any(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
))]
fn algorithm(compression: Compression) -> (CompressionAlgorithm, i32) {
    match compression {
        #[cfg(feature = "gzip")]
        Compression::Gzip(level) => (CompressionAlgorithm::CompressDeflate, level.level().into()),
        #[cfg(feature = "snappy")]
        Compression::Snappy => (CompressionAlgorithm::CompressSnappy, 0),
        #[cfg(feature = "zstd")]
        Compression::Zstd(level) => (CompressionAlgorithm::CompressZstd, level.level().into()),
        #[cfg(feature = "brotli")]
        Compression::Brotli(level) => (CompressionAlgorithm::CompressBrotli, level.level().into()),
        #[cfg(feature = "lz4")]
        Compression::Lz4 => (CompressionAlgorithm::CompressLz4, 0),
        _ => (CompressionAlgorithm::CompressNone, 0),
    }
}
