//! Every compression, under the same questions.

mod adapters;
mod damage;
mod formats;
mod golden;
mod levels;
mod limits;
mod streams;

use electrician_codec::compress::{
    BrotliQuality, Compression, Compressor, Decompressor, GzipLevel, ZstdLevel,
};
use electrician_codec::{CodecError, CodecErrorKind, Limits};

const GZIP: Compression = Compression::Gzip(GzipLevel::DEFAULT);
const SNAPPY: Compression = Compression::Snappy;
const ZSTD: Compression = Compression::Zstd(ZstdLevel::DEFAULT);
const BROTLI: Compression = Compression::Brotli(BrotliQuality::FAST);
const LZ4: Compression = Compression::Lz4;

const ALL: [Compression; 5] = [GZIP, SNAPPY, ZSTD, BROTLI, LZ4];

fn compressed(compression: Compression, plain: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Compressor::new(compression).compress(plain, &mut bytes).unwrap();
    bytes
}

fn decompressed(compression: Compression, bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
    within(compression, bytes, &Limits::DEFAULT)
}

fn within(compression: Compression, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, CodecError> {
    let mut plain = Vec::new();
    Decompressor::new(compression).decompress(bytes, limits, &mut plain)?;
    Ok(plain)
}

fn refusal(compression: Compression, bytes: &[u8], limits: &Limits) -> CodecError {
    within(compression, bytes, limits).expect_err("it is refused")
}

fn kind(compression: Compression, bytes: &[u8]) -> CodecErrorKind {
    refusal(compression, bytes, &Limits::DEFAULT).kind()
}

/// Half words, half noise: it compresses, but not well.
fn mixed(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let words = ["volt", "ampere", "ohm", "watt", "farad", "henry"];
    let mut bytes = Vec::with_capacity(length + 16);
    while bytes.len() < length {
        bytes.extend_from_slice(random.choice(words).unwrap().as_bytes());
        bytes.push(random.u8(..));
    }
    bytes.truncate(length);
    bytes
}

fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(9);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}
