//! What contexts that are used again allocate, and how much memory a bomb gets.

mod counter;

use electrician_codec::compress::{
    BrotliQuality, Compression, Compressor, Decompressor, GzipLevel, ZstdLevel,
};
use electrician_codec::seal::{KeyRing, SealKey};
use electrician_codec::{CodecErrorKind, Envelope, Layer, Limits};

use crate::counter::{allocations, peak};

const GZIP: Compression = Compression::Gzip(GzipLevel::DEFAULT);
const ZSTD: Compression = Compression::Zstd(ZstdLevel::DEFAULT);
const BROTLI: Compression = Compression::Brotli(BrotliQuality::FAST);

/// Words of a record, of which no two are alike.
fn record(number: u64) -> Vec<u8> {
    let words = (0..200).map(|word| format!("{} volt ", number * word));
    words.collect::<String>().into_bytes()
}

/// Allocations of a record, when ten were there before.
fn each(mut work: impl FnMut(&[u8])) -> u64 {
    let records: Vec<Vec<u8>> = (0..30).map(record).collect();
    // The longest first: buffers grow to it.
    records.iter().rev().take(10).for_each(|record| work(record));
    allocations(|| records.iter().for_each(|record| work(record))) / 30
}

fn roundtrip(compression: Compression) -> u64 {
    let mut compressor = Compressor::new(compression);
    let mut decompressor = Decompressor::new(compression);
    let (mut bytes, mut plain) = (Vec::with_capacity(10_000), Vec::with_capacity(10_000));
    each(|record| {
        bytes.clear();
        plain.clear();
        compressor.compress(record, &mut bytes).unwrap();
        decompressor.decompress(&bytes, &Limits::DEFAULT, &mut plain).unwrap();
        assert_eq!(plain, record);
    })
}

#[test]
fn a_record_costs_no_allocation() {
    for compression in [GZIP, Compression::Snappy, ZSTD, Compression::Lz4] {
        assert_eq!(roundtrip(compression), 0, "{compression:?}");
    }
}

/// The crate beneath makes its states anew; this is about as many as it takes.
#[test]
fn a_brotli_record_costs_what_the_crate_beneath_allocates() {
    let count = roundtrip(BROTLI);
    assert!((1..=60).contains(&count), "{count}");
}

#[test]
fn sealing_and_an_envelope_cost_no_allocation() {
    let key = || SealKey::from_bytes(&[7; 32]).unwrap();
    let ring = KeyRing::new(SealKey::from_bytes(&[8; 32]).unwrap()).with_older(key());
    let (mut bytes, mut plain) = (Vec::with_capacity(10_000), Vec::with_capacity(10_000));
    let sealing = key();
    let count = each(|record| {
        bytes.clear();
        plain.clear();
        sealing.seal(record, &mut bytes).unwrap();
        ring.open(&bytes, &mut plain).unwrap();
        assert_eq!(plain, record);
        sealing.seal_in_place(&mut plain).unwrap();
        sealing.open_in_place(&mut plain).unwrap();
    });
    assert_eq!(count, 0);
    let mut envelope = Envelope::new(electrician_codec::compress::Compressed::new(ZSTD), key());
    let count = each(|record| {
        bytes.clear();
        plain.clear();
        envelope.wrap(record, &mut bytes).unwrap();
        envelope.unwrap(&bytes, &Limits::DEFAULT, &mut plain).unwrap();
    });
    assert_eq!(count, 0);
}

/// The allocator of Rust does not see what zstd takes, which is its window at most.
#[test]
fn memory_follows_what_has_come_out_of_a_bomb() {
    for compression in [GZIP, Compression::Snappy, ZSTD, BROTLI, Compression::Lz4] {
        let mut bomb = Vec::new();
        Compressor::new(compression).compress(&vec![0; 16 << 20], &mut bomb).unwrap();
        for (limits, most) in [
            (Limits::DEFAULT.with_ratio(2), 17 << 20),
            (Limits::DEFAULT.with_decoded_bytes(100_000), 1 << 20),
        ] {
            let mut decompressor = Decompressor::new(compression);
            let used = peak(|| {
                let error = decompressor.decompress(&bomb, &limits, &mut Vec::new());
                assert_eq!(error.unwrap_err().kind(), CodecErrorKind::TooLarge);
            });
            // Brotli keeps its window, of 4 MiB here.
            let window = if compression == BROTLI { 5 << 20 } else { 0 };
            assert!(used < most + window, "{compression:?}: {used} bytes");
        }
    }
    let bomb = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/compress/golden/bomb.brotli");
    let bomb = std::fs::read(bomb).unwrap();
    let used = peak(|| {
        let mut decompressor = Decompressor::new(BROTLI);
        decompressor.decompress(&bomb, &Limits::DEFAULT, &mut Vec::new()).unwrap_err();
    });
    assert!(used < 64 << 20, "ten billion bytes: {used}");
}

/// Headers that promise the largest blocks there are, and then nothing.
#[test]
fn nothing_is_allocated_for_what_a_length_claims() {
    let lz4 = [0x04, 0x22, 0x4d, 0x18, 0x64, 0x70, 0xb9, 0, 0, 0x40, 0];
    let snappy = *b"\xff\x06\x00\x00sNaPpY\x00\xce\x2a\x01";
    for (compression, claim) in [(Compression::Lz4, &lz4[..]), (Compression::Snappy, &snappy)] {
        let mut decompressor = Decompressor::new(compression);
        let used = peak(|| {
            let error = decompressor.decompress(claim, &Limits::DEFAULT, &mut Vec::new());
            assert_eq!(error.unwrap_err().kind(), CodecErrorKind::Truncated);
        });
        assert!(used < 8 * 1024, "{compression:?}: {used} bytes");
    }
}

/// A hundred lists within each other, each of which claims all bytes that follow.
#[cfg(feature = "gob")]
#[test]
fn lists_within_lists_claim_no_more_than_the_limit() {
    use electrician_codec::gob::{Gob, Value};

    // `type T []T` is type 65.
    let mut bytes = vec![10, 0xff, 0x81, 2, 1, 2, 0xff, 0x82, 0, 1, 0xff];
    bytes.extend([0x82, 0, 0]);
    bytes[0] = u8::try_from(bytes.len() - 1).unwrap();
    let mut value = vec![0xff, 0x82, 0];
    (0..100).for_each(|_| value.extend([0xfe, 0x9c, 0x40]));
    value.resize(value.len() + 40_000, 0);
    bytes.push(0xfd);
    bytes.extend(&u32::try_from(value.len()).unwrap().to_be_bytes()[1..]);
    bytes.extend(value);
    let limits = Limits::DEFAULT.with_decoded_bytes(1 << 20);
    let used = peak(|| {
        let error = Gob::new().read::<Value>(&bytes, &limits).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::TooLarge, "{error}");
    });
    assert!(used < 4 << 20, "{used} bytes");
}
