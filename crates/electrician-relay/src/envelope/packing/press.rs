//! Compression.

#[cfg(feature = "brotli")]
use electrician_codec::compress::BrotliQuality;
#[cfg(feature = "gzip")]
use electrician_codec::compress::GzipLevel;
#[cfg(feature = "zstd")]
use electrician_codec::compress::ZstdLevel;
use electrician_codec::compress::{Compression, Compressor, Decompressor};
use electrician_codec::{CodecError, Limits};

use crate::envelope::EnvelopeError;
use crate::proto::{CompressionAlgorithm, PerformanceOptions};

/// Compresses, if it is told how.
#[derive(Debug, Default)]
pub(in crate::envelope) struct Press {
    compressor: Option<Compressor>,
    performance: Option<PerformanceOptions>,
    compressed: Vec<u8>,
}

/// Decompresses, whatever it is.
#[derive(Debug, Default)]
pub(super) struct Expand {
    /// By the number of the algorithm, less one; each is made when it is first needed.
    decompressors: [Option<Decompressor>; 5],
    plain: Vec<u8>,
}

// === impl Press ===

impl Press {
    pub(in crate::envelope) fn with(&mut self, compression: Compression) {
        let (algorithm, level) = algorithm(compression);
        self.performance = Some(PerformanceOptions {
            use_compression: true,
            compression_algorithm: algorithm.into(),
            compression_level: level,
        });
        self.compressor = Some(Compressor::new(compression));
    }

    pub(in crate::envelope) const fn performance(&self) -> Option<PerformanceOptions> {
        self.performance
    }

    pub(super) fn wrap<'a>(&'a mut self, plain: &'a [u8]) -> Result<&'a [u8], CodecError> {
        let Some(compressor) = &mut self.compressor else { return Ok(plain) };
        self.compressed.clear();
        compressor.compress(plain, &mut self.compressed)?;
        Ok(&self.compressed)
    }
}

// === impl Expand ===

impl Expand {
    pub(super) fn unwrap<'a>(
        &'a mut self,
        bytes: &'a [u8],
        algorithm: i32,
        limits: &Limits,
    ) -> Result<&'a [u8], EnvelopeError> {
        let unknown = || EnvelopeError::Compression(algorithm);
        let compression = compression(algorithm).ok_or_else(unknown)?;
        let place = usize::try_from(algorithm - 1).map_err(|_| unknown())?;
        let slot = self.decompressors.get_mut(place).ok_or_else(unknown)?;
        let decompressor = slot.get_or_insert_with(|| Decompressor::new(compression));
        self.plain.clear();
        decompressor.decompress(bytes, limits, &mut self.plain)?;
        Ok(&self.plain)
    }
}

/// What reads the algorithm of that number, at any level.
fn compression(number: i32) -> Option<Compression> {
    match CompressionAlgorithm::try_from(number).ok()? {
        #[cfg(feature = "gzip")]
        CompressionAlgorithm::CompressDeflate => Some(Compression::Gzip(GzipLevel::DEFAULT)),
        #[cfg(feature = "snappy")]
        CompressionAlgorithm::CompressSnappy => Some(Compression::Snappy),
        #[cfg(feature = "zstd")]
        CompressionAlgorithm::CompressZstd => Some(Compression::Zstd(ZstdLevel::DEFAULT)),
        #[cfg(feature = "brotli")]
        CompressionAlgorithm::CompressBrotli => Some(Compression::Brotli(BrotliQuality::DEFAULT)),
        #[cfg(feature = "lz4")]
        CompressionAlgorithm::CompressLz4 => Some(Compression::Lz4),
        _ => None,
    }
}

/// The algorithm of the contract, and the level.
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
        // A new one of the codec has no number in the contract yet.
        _ => (CompressionAlgorithm::CompressNone, 0),
    }
}
