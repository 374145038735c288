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

#[test]
fn messages_nest_up_to_a_hundred() {
    let nested = |depth| {
        (0..depth).fold(TradeMessage::default(), |legs, _| TradeMessage {
            legs: vec![legs],
            ..TradeMessage::default()
        })
    };
    assert!(decode(&nested(99).encode_to_vec()).is_ok());
    assert_eq!(decode(&nested(101).encode_to_vec()), Err(CodecErrorKind::Malformed));
}
