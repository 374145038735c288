//! AES-GCM and its keys.

use std::collections::BTreeSet;

use electrician_codec::seal::{KeyRing, OVERHEAD, SealKey, SealKeyError};
use electrician_codec::{CodecErrorKind, Layer, Limits};
use proptest::prelude::*;

fn key() -> SealKey {
    SealKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|index| u8::try_from(index).unwrap()))
        .unwrap()
}

fn sealed(key: &SealKey, plain: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::new();
    key.seal(plain, &mut sealed).unwrap();
    sealed
}

fn opened(key: &SealKey, sealed: &[u8]) -> Result<Vec<u8>, CodecErrorKind> {
    let mut plain = b"kept".to_vec();
    let done = key.open(sealed, &mut plain);
    assert_eq!(plain[..4], *b"kept");
    match done {
        Ok(()) => Ok(plain.split_off(4)),
        Err(error) => {
            assert_eq!(plain.len(), 4, "an error leaves it as it was");
            Err(error.kind())
        }
    }
}

#[test]
fn golden_vectors_are_opened() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/compress/golden");
    for name in ["empty", "one", "text", "noise"] {
        let read = |ending| std::fs::read(format!("{folder}/{name}.{ending}")).unwrap();
        assert_eq!(opened(&key(), &read("aes-gcm")).unwrap(), read("plain"), "{name}");
    }
}

/// Test cases 3 and 4 of the original submission of GCM to NIST, without their associated data:
/// case 3 has none, for keys of 128 bits.
#[test]
fn a_published_vector_is_opened() {
    let key = SealKey::from_hex("feffe9928665731c6d6a8f9467308308").unwrap();
    let hex = |text: &str| -> Vec<u8> {
        let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digits).collect()
    };
    let sealed = hex(concat!(
        "cafebabefacedbaddecaf888",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e",
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
        "4d5c2af327cd64a62cf35abd2ba6fab4",
    ));
    let plain = hex(concat!(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
    ));
    assert_eq!(opened(&key, &sealed).unwrap(), plain);
}

#[test]
fn every_length_of_key() {
    for (length, bits) in [(16, 128), (24, 192), (32, 256)] {
        let key = SealKey::from_bytes(&vec![5; length]).unwrap();
        assert_eq!(key.bits(), bits);
        assert_eq!(opened(&key, &sealed(&key, b"volt")).unwrap(), b"volt");
        assert_eq!(format!("{key:?}"), format!("SealKey(AES-{bits}, ..)"));
    }
    for length in [0, 1, 15, 17, 31, 33, 64] {
        let error = SealKey::from_bytes(&vec![5; length]).unwrap_err();
        assert_eq!(error, SealKeyError::Length(length));
    }
}

/// A key of each notation that reads as another one: nothing is guessed.
#[test]
fn a_notation_is_what_it_is_called() {
    let digits = "000102030405060708090a0b0c0d0e0f";
    let (hex, raw) = (SealKey::from_hex(digits), SealKey::from_bytes(digits.as_bytes()));
    assert_eq!((hex.unwrap().bits(), raw.unwrap().bits()), (128, 256));
    assert_eq!(SealKey::from_base64(digits).unwrap().bits(), 192, "also base64 of 24 bytes");
    let text = "AAECAwQFBgcICQoLDA0ODw==";
    let (decoded, raw) = (SealKey::from_base64(text), SealKey::from_bytes(text.as_bytes()));
    let (decoded, raw) = (decoded.unwrap(), raw.unwrap());
    assert_eq!((decoded.bits(), raw.bits()), (128, 192));
    let slashes = SealKey::from_base64("+/+/+/+/+/+/+/+/+/+/+w==").unwrap();
    let bytes = [0xfb, 0xff, 0xbf].repeat(6);
    let same = SealKey::from_bytes(&bytes[..16]).unwrap();
    assert_eq!(opened(&slashes, &sealed(&same, b"slash")).unwrap(), b"slash");
    let same = SealKey::from_hex(&digits.to_uppercase()).unwrap();
    assert_eq!(opened(&decoded, &sealed(&same, b"the same")).unwrap(), b"the same");
}

#[test]
fn what_is_wrong_with_a_key_is_said_without_it() {
    let cases = [
        (SealKey::from_bytes(b"secret"), "the key has 6 bytes, it needs 16, 24 or 32"),
        (
            SealKey::from_hex("0001"),
            "4 characters are no hexadecimal key: it has 32, 48 or 64 digits",
        ),
        (
            SealKey::from_hex("000102030405060708090a0b0c0d0e0f0"),
            "33 characters are no hexadecimal key: it has 32, 48 or 64 digits",
        ),
        (
            SealKey::from_hex("0001020304050607zz090a0b0c0d0e0f"),
            "character 16 of the key (from 0) is no hexadecimal digit",
        ),
        (
            SealKey::from_hex("000102030405060708090a0b0c0d0e0f\n"),
            "33 characters are no hexadecimal key: it has 32, 48 or 64 digits",
        ),
        (
            SealKey::from_hex("0ü"),
            "2 characters are no hexadecimal key: it has 32, 48 or 64 digits",
        ),
        (
            SealKey::from_base64("-_-_-_-_-_-_-_-_-_-_-w=="),
            "character 0 of the key (from 0) is not of standard base64",
        ),
        (
            SealKey::from_base64("AAECAwQFBgcICQoLDA0ODw"),
            "22 characters are no base64 key: it has 24, 32 or 44 with its padding",
        ),
        (
            SealKey::from_base64("AAECAwQFBgcICQoLDA0OD-=="),
            "character 21 of the key (from 0) is not of standard base64",
        ),
    ];
    for (key, message) in cases {
        assert_eq!(key.unwrap_err().to_string(), message);
    }
}

#[test]
fn no_two_are_alike() {
    let key = key();
    let all: BTreeSet<Vec<u8>> = (0..1000).map(|_| sealed(&key, b"")[..12].to_vec()).collect();
    assert_eq!(all.len(), 1000);
}

#[test]
fn each_flipped_bit_and_each_cut_is_seen() {
    let key = key();
    let sealed = sealed(&key, b"thirteen amps");
    for bit in 0..sealed.len() * 8 {
        let mut sealed = sealed.clone();
        sealed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opened(&key, &sealed), Err(CodecErrorKind::Corrupt), "bit {bit}");
    }
    for length in 0..sealed.len() {
        let expected =
            if length < OVERHEAD { CodecErrorKind::Truncated } else { CodecErrorKind::Corrupt };
        assert_eq!(opened(&key, &sealed[..length]), Err(expected), "{length} bytes");
    }
}

#[test]
fn associated_data_is_bound() {
    let (key, mut sealed, mut plain) = (key(), Vec::new(), Vec::new());
    key.seal_with_aad(b"volt", b"meter 7", &mut sealed).unwrap();
    assert_eq!(opened(&key, &sealed), Err(CodecErrorKind::Corrupt));
    assert!(key.open_with_aad(&sealed, b"meter 8", &mut plain).is_err());
    key.open_with_aad(&sealed, b"meter 7", &mut plain).unwrap();
    assert_eq!(plain, b"volt");
}

#[test]
fn in_place() {
    let key = key();
    for length in [0, 1, 5000] {
        let plain = vec![9; length];
        let mut buffer = plain.clone();
        key.seal_in_place(&mut buffer).unwrap();
        assert_eq!(buffer.len(), length + OVERHEAD);
        assert_eq!(opened(&key, &buffer).unwrap(), plain);
        let mut damaged = buffer.clone();
        key.open_in_place(&mut buffer).unwrap();
        assert_eq!(buffer, plain);
        damaged[3] ^= 1;
        assert_eq!(key.open_in_place(&mut damaged).unwrap_err().kind(), CodecErrorKind::Corrupt);
        assert!(damaged.is_empty());
    }
    let kind = key.open_in_place(&mut vec![1; 27]).unwrap_err().kind();
    assert_eq!(kind, CodecErrorKind::Truncated);
}

#[test]
fn a_ring_opens_with_every_key_it_has() {
    let [first, second, third] =
        [1, 2, 3].map(|byte| move || SealKey::from_bytes(&[byte; 32]).unwrap());
    let ring = KeyRing::new(first()).rotated_to(second()).with_older(third());
    let mut mine = Vec::new();
    ring.seal(b"mine", &mut mine).unwrap();
    assert_eq!(opened(&second(), &mine).unwrap(), b"mine");
    for key in [first(), second(), third()] {
        let mut plain = Vec::new();
        ring.open(&sealed(&key, b"amp"), &mut plain).unwrap();
        assert_eq!(plain, b"amp");
    }
    let stranger = sealed(&SealKey::from_bytes(&[4; 32]).unwrap(), b"amp");
    assert_eq!(ring.open(&stranger, &mut Vec::new()).unwrap_err().kind(), CodecErrorKind::Corrupt);
    assert_eq!(ring.open(&[0; 20], &mut Vec::new()).unwrap_err().kind(), CodecErrorKind::Truncated);
    assert!(!format!("{ring:?}").contains('2') || format!("{ring:?}").contains("AES-256"));
}

#[test]
fn a_layer_keeps_to_the_decoded_bytes() {
    let mut key = key();
    let sealed = sealed(&key, &[0; 100]);
    let unwrap = |key: &mut SealKey, bytes| {
        key.unwrap(&sealed, &Limits::DEFAULT.with_decoded_bytes(bytes), &mut Vec::new())
    };
    unwrap(&mut key, 100).unwrap();
    assert_eq!(unwrap(&mut key, 99).unwrap_err().kind(), CodecErrorKind::TooLarge);
}

#[test]
fn keys_are_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<SealKey>();
    check::<KeyRing>();
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened(plain in prop::collection::vec(any::<u8>(), 0..3000)) {
        let key = key();
        let sealed = sealed(&key, &plain);
        prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD);
        prop_assert_eq!(opened(&key, &sealed).unwrap(), plain);
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(opened(&key(), &bytes).is_err());
    }
}
