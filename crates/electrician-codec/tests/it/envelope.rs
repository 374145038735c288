//! Serialize, compress, encrypt.

use electrician_codec::compress::{Compressed, Compression, Compressor, ZstdLevel};
use electrician_codec::seal::{KeyRing, SealKey};
use electrician_codec::{
    CodecErrorKind, Decode, Encode, Envelope, Json, Layer, Layered, Limits, Text,
};
use serde_json::Value;

const ZSTD: Compression = Compression::Zstd(ZstdLevel::DEFAULT);

fn key() -> SealKey {
    SealKey::from_bytes(&[7; 32]).unwrap()
}

#[test]
fn it_compresses_and_then_seals() {
    let mut format = Layered::new(Text, Envelope::new(Compressed::new(ZSTD), key()));
    let text = "live wire, ".repeat(1000);
    for _ in 0..2 {
        let mut bytes = Vec::new();
        format.encode(text.as_str(), &mut bytes).unwrap();
        assert!(bytes.len() < 200, "it was compressed first");
        let (mut small, mut expected) = (Vec::new(), Vec::new());
        key().open(&bytes, &mut small).unwrap();
        Compressor::new(ZSTD).compress(text.as_bytes(), &mut expected).unwrap();
        assert_eq!(small, expected);
        let back: String = format.decode(&bytes, &Limits::DEFAULT).unwrap();
        assert_eq!(back, text);
    }
}

#[test]
fn either_may_be_absent() {
    for compression in [None, Some(Compressed::new(ZSTD))] {
        for has_key in [false, true] {
            let ring = has_key.then(|| KeyRing::new(key()));
            let mut envelope = Envelope::new(compression.clone(), ring);
            let (mut bytes, mut plain) = (Vec::new(), Vec::new());
            envelope.wrap(b"ohm", &mut bytes).unwrap();
            assert_eq!(bytes == b"ohm", compression.is_none() && !has_key);
            envelope.unwrap(&bytes, &Limits::DEFAULT, &mut plain).unwrap();
            assert_eq!(plain, b"ohm");
            let none = Limits::DEFAULT.with_decoded_bytes(2);
            let error = envelope.unwrap(&bytes, &none, &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), CodecErrorKind::TooLarge);
        }
    }
}

#[test]
fn the_limits_hold_in_each_layer() {
    let mut envelope = Envelope::new(Compressed::new(ZSTD), KeyRing::new(key()));
    let (mut small, mut large) = (Vec::new(), Vec::new());
    envelope.wrap(&[7; 100], &mut small).unwrap();
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(100).collect();
    envelope.wrap(&noise, &mut large).unwrap();
    let mut kind = |bytes: &[u8], most| {
        let limits = Limits::DEFAULT.with_decoded_bytes(most);
        envelope.unwrap(bytes, &limits, &mut Vec::new()).map_err(|error| error.kind())
    };
    assert_eq!(kind(&small, 100), Ok(()));
    assert_eq!(kind(&small, 99), Err(CodecErrorKind::TooLarge), "what was compressed is larger");
    assert_eq!(kind(&large, 105), Err(CodecErrorKind::TooLarge), "what was sealed is larger");
    assert_eq!(kind(&large, 200), Ok(()));
}

#[test]
fn the_limits_hold_in_the_payload() {
    let mut format = Layered::new(Json, None::<SealKey>);
    let mut read = |depth| -> Result<Value, _> {
        format.decode(b"[[[]]]", &Limits::DEFAULT.with_depth(depth))
    };
    assert!(read(3).is_ok());
    assert_eq!(read(2).unwrap_err().kind(), CodecErrorKind::TooLarge);
}

#[test]
fn a_bomb_in_a_sealed_envelope_is_refused() {
    let mut envelope = Envelope::new(Compressed::new(ZSTD), key());
    let mut bytes = Vec::new();
    envelope.wrap(&vec![0; 10_000_000], &mut bytes).unwrap();
    let error = envelope.unwrap(&bytes, &Limits::DEFAULT, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
}
