//! Input from strangers: an error, never a panic, and no memory for what is only claimed.

use electrician_codec::gob::{Gob, GobDecoder, Value, from_slice};
use electrician_codec::{CodecError, CodecErrorKind, Limits};
use proptest::prelude::*;

use super::types::{Drawing, Feedback, List, Maps, Nested, Scalars, Slices, Times, Tree};
use super::{manifest, vector};

fn error_of(bytes: &[u8]) -> CodecError {
    from_slice::<Value>(bytes).unwrap_err()
}

#[track_caller]
fn refuses(bytes: &[u8], kind: CodecErrorKind, what: &str) {
    let error = error_of(bytes);
    assert!(error.kind() == kind && error.to_string().contains(what), "{error}");
}

/// A message with its length.
fn message(parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    assert!(body.len() < 128);
    let mut message = vec![u8::try_from(body.len()).unwrap()];
    message.extend(body);
    message
}

/// The begin of a definition of type 65.
const DEFINE_65: &[u8] = &[0xff, 0x81];
/// Type 65 as a signed integer.
const VALUE_65: &[u8] = &[0xff, 0x82];

#[test]
fn what_is_cut_anywhere_is_truncated() {
    for (name, values) in manifest() {
        let bytes = vector(&name);
        if values.len() != 1 {
            continue;
        }
        for end in 0..bytes.len() {
            let error = error_of(&bytes[..end]);
            assert_eq!(error.kind(), CodecErrorKind::Truncated, "{name} until {end}: {error}");
        }
    }
}

#[test]
fn what_follows_is_refused() {
    let mut bytes = vector("top_int");
    bytes.push(0);
    refuses(&bytes, CodecErrorKind::Malformed, "1 bytes after the value");
    refuses(&message(&[&[4, 0, 2, 9]]), CodecErrorKind::Malformed, "more bytes in a message");
}

#[test]
fn types_must_be_defined() {
    refuses(&message(&[VALUE_65, &[0, 1]]), CodecErrorKind::Malformed, "type 65 is not defined");
    // `[]T`, where T is type 66.
    let slice = message(&[DEFINE_65, &[2, 1, 2, 0xff, 0x82, 0, 1, 0xff, 0x84, 0, 0]]);
    let bytes = [slice.clone(), message(&[VALUE_65, &[0, 1, 0]])].concat();
    refuses(&bytes, CodecErrorKind::Malformed, "type 66 is not defined");
    refuses(&[slice.clone(), slice].concat(), CodecErrorKind::Malformed, "second definition");
    let builtin = message(&[&[0x03], &[2, 1, 2, 4, 0, 1, 4, 0, 0]]);
    refuses(&builtin, CodecErrorKind::Malformed, "defined types begin at 64");
    refuses(&message(&[DEFINE_65, &[0]]), CodecErrorKind::Malformed, "empty");
    refuses(&message(&[DEFINE_65, &[9]]), CodecErrorKind::Malformed, "field 8");
}

#[test]
fn a_type_of_itself_ends_at_the_depth() {
    // `type T []T`.
    let define = message(&[DEFINE_65, &[2, 1, 2, 0xff, 0x82, 0, 1, 0xff, 0x82, 0, 0]]);
    let deep = [define.clone(), message(&[VALUE_65, &[0], &[1; 100], &[0]])].concat();
    assert!(from_slice::<Value>(&deep).is_ok());
    let deep = [define, vec![0xfe, 0x01, 0x90], [VALUE_65, &[0], &[1; 397]].concat()].concat();
    refuses(&deep, CodecErrorKind::TooLarge, "128 levels");

    // `type T [2]T`, left out: nothing is sent, and there would be no end of zeros.
    let array = message(&[DEFINE_65, &[1, 1, 2, 0xff, 0x82, 0, 1, 0xff, 0x82, 1, 4, 0, 0]]);
    let holder = message(&[
        &[0xff, 0x83, 3, 1, 2, 0xff, 0x84, 0, 1, 1, 1, 1],
        b"A",
        &[1, 0xff, 0x82, 0, 0, 0],
    ]);
    let bytes = [array, holder, message(&[&[0xff, 0x84, 0]])].concat();
    refuses(&bytes, CodecErrorKind::TooLarge, "");
}

#[test]
fn an_array_of_zeros_is_charged_for() {
    // `[1 << 40]int` in a struct, left out.
    let array =
        message(&[DEFINE_65, &[1, 1, 2, 0xff, 0x82, 0, 1, 4, 1, 0xfa, 2, 0, 0, 0, 0, 0, 0, 0]]);
    let holder = message(&[
        &[0xff, 0x83, 3, 1, 2, 0xff, 0x84, 0, 1, 1, 1, 1],
        b"A",
        &[1, 0xff, 0x82, 0, 0, 0],
    ]);
    let bytes = [array, holder, message(&[&[0xff, 0x84, 0]])].concat();
    refuses(&bytes, CodecErrorKind::TooLarge, "decoded");
}

#[test]
fn a_count_must_have_its_bytes() {
    let slice = message(&[DEFINE_65, &[2, 1, 2, 0xff, 0x82, 0, 1, 4, 0, 0]]);
    let bytes = [slice, message(&[VALUE_65, &[0, 0xfc, 0x7f, 0xff, 0xff, 0xff]])].concat();
    refuses(&bytes, CodecErrorKind::Malformed, "2147483647 elements");
    // A text of a terabyte.
    refuses(&message(&[&[12, 0, 0xfa, 1, 0, 0, 0, 0, 0]]), CodecErrorKind::TooLarge, "decoded");
    refuses(&message(&[&[12, 0, 5, 65]]), CodecErrorKind::Malformed, "5 bytes");
    refuses(&[0xf7, 0, 0], CodecErrorKind::Malformed, "integer of 9 bytes");
    refuses(&[0xf8, 0xff, 0, 0, 0, 0, 0, 0, 0, 0], CodecErrorKind::TooLarge, "message");
}

#[test]
fn a_type_is_defined_in_one_way() {
    // A slice of integers, and a map.
    let both = message(&[DEFINE_65, &[2, 1, 2, 0xff, 0x82, 0, 1, 4, 0, 2, 0, 0]]);
    let bytes = [both, message(&[VALUE_65, &[0, 0]])].concat();
    refuses(&bytes, CodecErrorKind::Malformed, "two definitions of type 65");
}

#[test]
fn an_array_has_its_length() {
    let array = message(&[DEFINE_65, &[1, 1, 2, 0xff, 0x82, 0, 1, 4, 1, 6, 0, 0]]);
    let value = |parts: &[u8]| [array.clone(), message(&[VALUE_65, &[0], parts])].concat();
    assert!(from_slice::<Value>(&value(&[3, 2, 2, 2])).is_ok());
    refuses(&value(&[2, 2, 2]), CodecErrorKind::Malformed, "2 elements of an array of 3");
}

/// A value in which each element defines a type of its own: with each message all is read again.
#[test]
fn rereading_is_bounded() {
    let signed = |id: i32| -> Vec<u8> {
        let bits = if id < 0 { !id << 1 | 1 } else { id << 1 };
        match bits.to_be_bytes() {
            [0, 0, 0, low @ 0..0x80] => vec![low],
            [0, 0, 0, low] => vec![0xff, low],
            [.., high, low] => vec![0xfe, high, low],
        }
    };
    // `n`, of a type that is defined right here, as a slice of integers.
    let opening = |id: i32| [&[1, b'n'][..], &signed(-id), &[2, 1, 0, 1, 4, 0, 0]].concat();
    let limits = Limits::DEFAULT.with_record_bytes(4096);
    let mut decoder = GobDecoder::with_limits(Gob::new(), limits);
    let slice = message(&[DEFINE_65, &[2, 1, 2, 0xff, 0x82, 0, 1, 16, 0, 0]]);
    let begin = message(&[VALUE_65, &[0, 0xfe, 1, 0], &opening(66)]);
    let more = (66..200).map(|id| message(&[&signed(id), &[2, 0, 0], &opening(id + 1)]));
    let mut said = [slice, begin]
        .into_iter()
        .chain(more)
        .map(|bytes| decoder.read::<Value>(&mut &bytes[..]).map(|value| assert_eq!(value, None)));
    let error = said.find_map(Result::err).expect("it does not go on for ever");
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
    assert!(error.to_string().contains("rereading it"), "{error}");
}

#[test]
fn names_of_types_are_short() {
    // A slice of interfaces.
    let slice = message(&[DEFINE_65, &[2, 1, 2, 0xff, 0x82, 0, 1, 16, 0, 0]]);
    for (length, kind, what) in [
        ([0xfe, 4, 0], CodecErrorKind::Malformed, "1024 bytes, the message has 1"),
        ([0xfe, 4, 1], CodecErrorKind::TooLarge, "a type name of 1025 bytes"),
    ] {
        let value = message(&[VALUE_65, &[0, 1], &length, b"n"]);
        refuses(&[slice.clone(), value].concat(), kind, what);
    }
}

#[test]
fn what_types_take_is_bounded_over_the_stream() {
    let mut decoder = GobDecoder::with_limits(Gob::new(), Limits::DEFAULT.with_decoded_bytes(640));
    let define = |id: u8| {
        let id = [0xff, 2 * id - 1];
        message(&[&id, &[2, 1, 0, 1, 4, 0, 0]])
    };
    for id in 65..75 {
        assert_eq!(decoder.read::<Value>(&mut &define(id)[..]).unwrap(), None);
    }
    let error = decoder.read::<Value>(&mut &define(75)[..]).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
    assert!(error.to_string().contains("what types take"), "{error}");
}

#[test]
fn limits_hold() {
    let mut gob = Gob::new().with_types(1);
    let error = gob.read::<Value>(&vector("nested"), &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);

    let bytes = vector("big");
    for limits in [
        Limits::DEFAULT.with_record_bytes(bytes.len() - 1000),
        Limits::DEFAULT.with_decoded_bytes(5000),
        Limits::DEFAULT.with_depth(1),
    ] {
        let error = Gob::new().read::<Value>(&bytes, &limits).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::TooLarge, "{error}");
    }
}

#[test]
fn an_interface_must_have_the_length_that_it_says() {
    let mut bytes = vector("top_anys");
    let at = bytes.windows(4).position(|part| part == b"int\x04").unwrap();
    // The length of the value after the name and the type.
    assert_eq!(bytes[at + 4], 2);
    bytes[at + 4] = 3;
    refuses(&bytes, CodecErrorKind::Malformed, "length of `int`");
}

#[test]
fn what_was_read_before_changes_nothing() {
    let names: Vec<String> = manifest().into_iter().map(|(name, _)| name).collect();
    let mut gob = Gob::new();
    let most = Limits::DEFAULT;
    for limits in [
        most,
        most.with_decoded_bytes(2000),
        most,
        most.with_decoded_bytes(150),
        most,
        most.with_record_bytes(40),
        most,
    ] {
        for name in names.iter().flat_map(|name| [name, name]) {
            let bytes = vector(name);
            let again = gob.read::<Value>(&bytes, &limits).map_err(|error| error.to_string());
            let alone =
                Gob::new().read::<Value>(&bytes, &limits).map_err(|error| error.to_string());
            // Not every float is equal to itself.
            assert_eq!(format!("{again:?}"), format!("{alone:?}"), "{name}");
        }
    }
}

fn read_all(bytes: &[u8]) {
    let _ = from_slice::<Value>(bytes);
    let _ = from_slice::<Scalars>(bytes);
    let _ = from_slice::<Nested>(bytes);
    let _ = from_slice::<Slices>(bytes);
    let _ = from_slice::<Maps>(bytes);
    let _ = from_slice::<Drawing>(bytes);
    let _ = from_slice::<Times>(bytes);
    let _ = from_slice::<List>(bytes);
    let _ = from_slice::<Tree>(bytes);
    let _ = from_slice::<Feedback<'_>>(bytes);
    let _ = from_slice::<serde_json::Value>(bytes);
    let mut decoder = GobDecoder::new(Gob::new());
    for mut chunk in bytes.chunks(17) {
        while !decoder.is_broken() && !matches!(decoder.read::<Value>(&mut chunk), Ok(None)) {}
    }
    let _ = decoder.finish();
}

fn vectors() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<Vec<u8>> = manifest().iter().map(|(name, _)| vector(name)).collect();
    prop::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn flipped_bits_do_not_panic(
        mut bytes in vectors(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 1..6),
    ) {
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        read_all(&bytes);
    }

    #[test]
    fn spliced_bytes_do_not_panic(
        one in vectors(),
        other in vectors(),
        cut in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
    ) {
        let mut bytes = one[..cut.index(one.len())].to_vec();
        bytes.extend_from_slice(&other[from.index(other.len())..]);
        read_all(&bytes);
    }

    #[test]
    fn noise_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }
}
