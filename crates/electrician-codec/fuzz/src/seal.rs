//! Seals, and what is within.

use electrician_codec::compress::{Compressed, Compression, GzipLevel, ZstdLevel};
use electrician_codec::seal::{KeyRing, OVERHEAD, SealKey};
use electrician_codec::{Decode, Envelope, FramedDecoder, Json, Layered, LengthPrefix, Text};
use serde_json::Value;

use crate::{LIMITS, memory, streams};

/// Not a secret: it seals what the fuzzer made up.
const KEY: [u8; 16] = [7; 16];
const OTHER: [u8; 32] = [9; 32];

fn key() -> SealKey {
    SealKey::from_bytes(&KEY).expect("16 bytes are a key")
}

/// What nobody sealed is not opened, what was sealed is, whichever way.
pub fn seal(bytes: &[u8]) {
    memory::within(1 << 20, || {
        let ring = KeyRing::new(SealKey::from_bytes(&OTHER).unwrap()).with_older(key());
        let mut opened = vec![1, 2];
        ring.open(bytes, &mut opened).expect_err("it was never sealed");
        key().open(bytes, &mut opened).expect_err("it was never sealed");
        assert_eq!(opened, [1, 2], "an error leaves all as it was");
        key().open_in_place(&mut bytes.to_vec()).expect_err("it was never sealed");

        let mut sealed = Vec::new();
        key().seal(bytes, &mut sealed).unwrap();
        assert_eq!(sealed.len(), bytes.len() + OVERHEAD);
        ring.open(&sealed, &mut opened).unwrap();
        assert_eq!(&opened[2..], bytes);
        let mut message = bytes.to_vec();
        key().seal_in_place(&mut message).unwrap();
        key().open_in_place(&mut message).unwrap();
        assert_eq!(message, bytes);
        let place = bytes.first().map_or(0, |byte| usize::from(*byte) % sealed.len());
        sealed[place] ^= 1;
        key().open(&sealed, &mut opened).expect_err("it was changed");
    });
}

/// Keys as text.
pub fn keys(bytes: &[u8]) {
    memory::within(1 << 16, || {
        let _ = SealKey::from_bytes(bytes);
        let Ok(text) = str::from_utf8(bytes) else { return };
        for key in [SealKey::from_hex(text), SealKey::from_base64(text)] {
            let _ = key.map_err(|error| error.to_string());
        }
    });
}

/// Text, compressed, sealed; and records of a log: JSON, compressed, behind lengths.
pub fn envelope(bytes: &[u8]) {
    let gzip = Compression::Gzip(GzipLevel::DEFAULT);
    let zstd = Compression::Zstd(ZstdLevel::DEFAULT);
    memory::within(8 << 20, || {
        let mut sealed = Vec::new();
        key().seal(bytes, &mut sealed).unwrap();
        for compression in [gzip, zstd, Compression::Snappy] {
            let envelope = Envelope::new(Compressed::new(compression), key());
            let mut format = Layered::new(Text, envelope);
            let outside: Result<String, _> = format.decode(bytes, &LIMITS);
            outside.expect_err("it was never sealed");
            let within: Result<String, _> = format.decode(&sealed, &LIMITS);
            let bare: Result<String, _> =
                Layered::new(Text, Compressed::new(compression)).decode(bytes, &LIMITS);
            assert_eq!(format!("{within:?}"), format!("{bare:?}"), "the seal changes nothing");

            streams::any_cut::<Value, _>(bytes, || {
                let format = Layered::new(Json, Compressed::new(compression));
                FramedDecoder::with_limits(format, LengthPrefix::new(), LIMITS)
            });
        }
    });
}
