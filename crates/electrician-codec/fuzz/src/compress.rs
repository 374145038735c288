//! Compressions.

use electrician_codec::compress::{
    BrotliQuality, Compression, Compressor, Decompressor, GzipLevel, Progress, ZstdLevel,
};
use electrician_codec::{CodecError, Limits};

use crate::{LIMITS, memory, streams};

pub fn gzip(bytes: &[u8]) {
    expand(Compression::Gzip(GzipLevel::DEFAULT), bytes, 2 << 20);
}

pub fn snappy(bytes: &[u8]) {
    expand(Compression::Snappy, bytes, 2 << 20);
}

pub fn zstd(bytes: &[u8]) {
    expand(Compression::Zstd(ZstdLevel::DEFAULT), bytes, 2 << 20);
}

/// A window may have 16 MiB.
pub fn brotli(bytes: &[u8]) {
    expand(Compression::Brotli(BrotliQuality::DEFAULT), bytes, 20 << 20);
}

/// A block may have 4 MiB, and refers to one before it.
pub fn lz4(bytes: &[u8]) {
    expand(Compression::Lz4, bytes, 10 << 20);
}

/// Decompresses `bytes` at once and in pieces: the same must come out.
fn expand(compression: Compression, bytes: &[u8], most: usize) {
    memory::within(most, || {
        let mut decompressor = Decompressor::new(compression);
        let mut plain = vec![1, 2];
        let done = decompressor.decompress(bytes, &LIMITS, &mut plain);
        assert!(plain.len() <= LIMITS.decoded_bytes + 2);
        assert_eq!(plain[..2], [1, 2]);
        if done.is_err() {
            assert_eq!(plain.len(), 2, "an error leaves all as it was");
        }

        // The ratio counts at each moment, which depends on the pieces.
        let limits = LIMITS.with_ratio(u32::MAX);
        let mut plain = Vec::new();
        let whole = decompressor.decompress(bytes, &limits, &mut plain);
        let whole = whole.map(|()| plain).map_err(|error| error.kind());
        let mut decompressor = decompressor.with_limits(limits);
        let cuts = streams::cuts(bytes);
        for cuts in [&[][..], &cuts] {
            let pushed = push(&mut decompressor, bytes, cuts, &limits);
            let pushed = pushed.map_err(|error| error.kind());
            assert_eq!(pushed, whole, "cut at {cuts:?}");
        }
    });
}

fn push(
    decompressor: &mut Decompressor,
    bytes: &[u8],
    cuts: &[usize],
    limits: &Limits,
) -> Result<Vec<u8>, CodecError> {
    decompressor.restart();
    let mut plain = Vec::new();
    for mut piece in streams::pieces(bytes, cuts) {
        while decompressor.push(&mut piece, &mut plain)? == Progress::More {}
        assert!(piece.is_empty(), "a chunk is done with");
        assert!(plain.len() <= limits.decoded_bytes);
    }
    decompressor.finish()?;
    Ok(plain)
}

/// What is compressed at once or in pieces comes out as it was. The first byte chooses how.
pub fn compressed(bytes: &[u8]) {
    let Some((choice, plain)) = bytes.split_first() else { return };
    let compression = match choice % 8 {
        0 => Compression::Gzip(GzipLevel::new(choice >> 3 & 7).unwrap()),
        1 => Compression::Gzip(GzipLevel::BEST),
        2 => Compression::Snappy,
        3 => Compression::Zstd(ZstdLevel::new((choice >> 3 & 7).cast_signed() - 4).unwrap()),
        4 => Compression::Zstd(ZstdLevel::new((choice >> 3 & 7).cast_signed() + 4).unwrap()),
        5 => Compression::Brotli(BrotliQuality::new(choice >> 3 & 7).unwrap()),
        6 => Compression::Brotli(BrotliQuality::new(8 + (choice >> 3 & 3)).unwrap()),
        _ => Compression::Lz4,
    };
    let limits = Limits::DEFAULT.with_ratio(u32::MAX);
    let mut compressor = Compressor::new(compression);
    let mut decompressor = Decompressor::new(compression).with_limits(limits);
    let mut small = Vec::new();
    compressor.compress(plain, &mut small).unwrap();
    let cuts = streams::cuts(bytes);
    let cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(plain.len())).collect();
    let mut pushed = Vec::new();
    for (number, piece) in streams::pieces(plain, &cuts).enumerate() {
        compressor.push(piece, &mut pushed).unwrap();
        if number % 3 == 1 {
            compressor.flush(&mut pushed).unwrap();
        }
    }
    compressor.finish(&mut pushed).unwrap();
    for small in [small, pushed] {
        let mut back = Vec::new();
        decompressor.decompress(&small, &limits, &mut back).unwrap();
        assert_eq!(back, plain);
        let cuts = streams::cuts(&small);
        assert_eq!(push(&mut decompressor, &small, &cuts, &limits).unwrap(), plain);
    }
}
