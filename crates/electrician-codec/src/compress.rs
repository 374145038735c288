//! Compression: one record at a time, or a stream of chunks.
//!
//! [`Compressor`] and [`Decompressor`] keep their contexts and buffers, so a record costs no new
//! one. [`Compressed`] makes a [`Layer`](crate::Layer) of both. [`CompressWriter`] and
//! [`DecompressReader`] stand between `std::io` writers and readers; async code uses
//! [`Compressor::push`] and [`Decompressor::push`] on the chunks that it has.

#[cfg(feature = "brotli")]
mod brotli;
mod compressor;
mod decompressor;
mod engine;
#[cfg(feature = "gzip")]
mod gzip;
mod layer;
mod level;
#[cfg(feature = "lz4")]
mod lz4;
#[cfg(any(feature = "lz4", feature = "snappy", feature = "gzip"))]
mod pending;
mod reader;
#[cfg(feature = "snappy")]
mod snappy;
mod writer;
#[cfg(feature = "zstd")]
mod zstd;

pub use compressor::Compressor;
pub use decompressor::{Decompressor, Progress};
pub use layer::Compressed;
#[cfg(feature = "brotli")]
pub use level::BrotliQuality;
#[cfg(feature = "gzip")]
pub use level::GzipLevel;
pub use level::LevelError;
#[cfg(feature = "zstd")]
pub use level::ZstdLevel;
pub use reader::DecompressReader;
pub use writer::CompressWriter;

use engine::{Expand, Squeeze};

/// A format of compressed bytes, with its level where it has one. Reading takes any level.
///
/// | format | on the wire | several in a row | no bytes at all | damage is found by |
/// |---|---|---|---|---|
/// | gzip | members of RFC 1952 | read as one | an error | CRC-32 and length |
/// | snappy | the framed stream, not a raw block | read as one | nothing | CRC-32C of each 64 KiB; not a cut between two chunks |
/// | zstd | frames of RFC 8878 with checksum | read as one, skippable frames are skipped | nothing | 32 bits of XXH64 |
/// | brotli | a bare stream of RFC 7932 | an error | an error | its structure alone |
/// | lz4 | frames: independent blocks of 4 MiB, content checksum | read as one, skippable frames are skipped | an error | XXH32 |
///
/// Where no bytes at all are nothing, common writers of the format write none for an empty payload.
/// Bytes after the end that begin no further member, stream or frame are an error in each format.
/// Dictionaries, and the frame that lz4 had before its current one, are not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Gzip: slow to write, read everywhere.
    #[cfg(feature = "gzip")]
    Gzip(GzipLevel),
    /// Snappy, framed: fast, and little smaller.
    #[cfg(feature = "snappy")]
    Snappy,
    /// Zstandard: the best of both for most data.
    #[cfg(feature = "zstd")]
    Zstd(ZstdLevel),
    /// Brotli: smallest for text that is written once and read often.
    #[cfg(feature = "brotli")]
    Brotli(BrotliQuality),
    /// LZ4 frames: the fastest to read.
    #[cfg(feature = "lz4")]
    Lz4,
}

// === impl Compression ===

impl Compression {
    /// Its name in lower case, as errors say it.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(_) => "gzip",
            #[cfg(feature = "snappy")]
            Self::Snappy => "snappy",
            #[cfg(feature = "zstd")]
            Self::Zstd(_) => "zstd",
            #[cfg(feature = "brotli")]
            Self::Brotli(_) => "brotli",
            #[cfg(feature = "lz4")]
            Self::Lz4 => "lz4",
        }
    }

    fn squeeze(self) -> Box<dyn Squeeze> {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(level) => Box::new(gzip::Writer::new(level)),
            #[cfg(feature = "snappy")]
            Self::Snappy => Box::new(snappy::Writer::new()),
            #[cfg(feature = "zstd")]
            Self::Zstd(level) => Box::new(zstd::Writer::new(level)),
            #[cfg(feature = "brotli")]
            Self::Brotli(quality) => Box::new(brotli::Writer::new(quality)),
            #[cfg(feature = "lz4")]
            Self::Lz4 => Box::new(lz4::Writer::new()),
        }
    }

    fn expand(self) -> Box<dyn Expand> {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(_) => Box::new(gzip::Reader::new()),
            #[cfg(feature = "snappy")]
            Self::Snappy => Box::new(snappy::Reader::default()),
            #[cfg(feature = "zstd")]
            Self::Zstd(_) => Box::new(zstd::Reader::new()),
            #[cfg(feature = "brotli")]
            Self::Brotli(_) => Box::new(brotli::Reader::new()),
            #[cfg(feature = "lz4")]
            Self::Lz4 => Box::new(lz4::Reader::default()),
        }
    }
}
