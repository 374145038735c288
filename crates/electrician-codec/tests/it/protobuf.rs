//! Protobuf, against its specification.

use electrician_codec::prost::Message;
use electrician_codec::{CodecErrorKind, Decode, Encode, Limits, Protobuf};

use crate::samples::TradeMessage;

fn decode(bytes: &[u8]) -> Result<TradeMessage, CodecErrorKind> {
    Protobuf.decode(bytes, &Limits::DEFAULT).map_err(|error| error.kind())
}

#[test]
fn a_message_is_as_the_specification_has_it() {
    let message = TradeMessage { id: 150, venue: "testing".into(), ..TradeMessage::default() };
    let mut bytes = b"before".to_vec();
    Protobuf.encode(&message, &mut bytes).unwrap();
    assert_eq!(bytes, b"before\x08\x96\x01\x12\x07testing");
    assert_eq!(decode(&bytes[6..]), Ok(message));
    assert_eq!(decode(b""), Ok(TradeMessage::default()));
    assert_eq!(decode(b"\xf8\x01\x05"), Ok(TradeMessage::default()), "an unknown field");
}

#[test]
fn damaged_messages_are_errors() {
    for wrong in [
        &b"\x08"[..],
        b"\x12\x07test",
        b"\x22\xff\xff\xff\xff\x0fx",
        b"\x12\x01\xff",
        b"\x0f",
        b"\0\0",
    ] {
        assert_eq!(decode(wrong), Err(CodecErrorKind::Malformed), "{wrong:x?}");
    }
}

/// A message with `depth` around it.
fn nested(depth: usize) -> TradeMessage {
    (0..depth).fold(TradeMessage::default(), |legs, _| TradeMessage {
        legs: vec![legs],
        ..TradeMessage::default()
    })
}

/// What comes of `depth` messages within each other where `most` are allowed.
fn at_depth(depth: usize, most: usize) -> Result<(), CodecErrorKind> {
    let (message, limits) = (nested(depth - 1), Limits::DEFAULT.with_depth(most));
    let read: Result<TradeMessage, _> = Protobuf.decode(&message.encode_to_vec(), &limits);
    read.map(|read| assert_eq!(read, message)).map_err(|error| error.kind())
}

#[test]
fn messages_nest_up_to_the_depth() {
    for most in [1, 2, 3, 50, 99, 100, 101] {
        assert_eq!(at_depth(most, most), Ok(()), "{most}");
        assert_eq!(at_depth(most + 1, most), Err(CodecErrorKind::TooLarge), "{most}");
    }
    assert_eq!(at_depth(1, 0), Err(CodecErrorKind::TooLarge));
}

#[test]
fn messages_nest_up_to_a_hundred_and_one_whatever_the_depth() {
    for most in [102, 128, usize::MAX] {
        assert_eq!(at_depth(101, most), Ok(()), "{most}");
        assert_eq!(at_depth(102, most), Err(CodecErrorKind::TooLarge), "{most}");
    }
    let deep = nested(101).encode_to_vec();
    let error = Decode::<TradeMessage>::decode(&mut Protobuf, &deep, &Limits::DEFAULT);
    let expected = "protobuf: the nesting exceeds the limit of 101 levels";
    assert_eq!(error.unwrap_err().to_string(), expected);
}

/// Only what is a message counts: bytes that look like one are no level.
#[test]
fn bytes_are_not_messages() {
    let message = TradeMessage { raw: nested(50).encode_to_vec(), ..TradeMessage::default() };
    let limits = Limits::DEFAULT.with_depth(1);
    let read: TradeMessage = Protobuf.decode(&message.encode_to_vec(), &limits).unwrap();
    assert_eq!(read, message);
}

#[test]
fn damage_is_the_same_at_every_depth() {
    for depth in [1, 100, 128] {
        let limits = Limits::DEFAULT.with_depth(depth);
        for wrong in [&b"\x08"[..], b"\x12\x07test", b"\x0f"] {
            let read: Result<TradeMessage, _> = Protobuf.decode(wrong, &limits);
            assert_eq!(read.unwrap_err().kind(), CodecErrorKind::Malformed, "{wrong:x?}");
        }
    }
}

#[test]
fn a_record_is_not_larger_than_its_limit() {
    let bytes = TradeMessage { venue: "testing".into(), ..TradeMessage::default() }.encode_to_vec();
    let limits = Limits::DEFAULT.with_record_bytes(bytes.len());
    assert!(Decode::<TradeMessage>::decode(&mut Protobuf, &bytes, &limits).is_ok());
    let limits = Limits::DEFAULT.with_record_bytes(bytes.len() - 1);
    let error = Decode::<TradeMessage>::decode(&mut Protobuf, &bytes, &limits).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
    let expected = "protobuf: a record of 9 bytes exceeds the limit of 8 bytes";
    assert_eq!(error.to_string(), expected);
}
