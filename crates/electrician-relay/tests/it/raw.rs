//! Payloads and frames as they are on the wire.

use bytes::Bytes;
use electrician_relay::proto::{
    ControlDirective, FlowControlState, MessageMetadata, OAuth2Options, RelayEnvelope,
    StreamAcknowledgment, StreamClose, StreamOpen, Throttle, WrappedPayload, control_directive,
    relay_envelope,
};
use electrician_relay::{Ack, Frame, FrameError, RawPayload};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use prost::Message;

/// A payload as a newer peer writes it: a number, a text and a group that nobody knows here.
fn unknown() -> Vec<u8> {
    let known = WrappedPayload {
        id: "a".to_owned(),
        payload: Bytes::from_static(b"value"),
        seq: 7,
        dedupe_key: "k".to_owned(),
        ..WrappedPayload::default()
    };
    let mut bytes = known.encode_to_vec();
    bytes.extend([0xa0, 0x1f, 5]); // 500, a number
    bytes.extend([0xaa, 0x1f, 2, b'h', b'i']); // 501, a text
    bytes.extend([0xb3, 0x1f, 0x08, 1, 0xb4, 0x1f]); // 502, a group with a field
    bytes
}

#[test]
fn passing_a_payload_on_keeps_what_is_not_known() {
    let bytes = Bytes::from(unknown());
    let raw = RawPayload::parse(bytes.clone()).unwrap();
    assert_eq!((raw.id(), raw.seq(), raw.dedupe_key()), ("a", 7, "k"));
    assert_eq!(raw.payload(), "value");
    assert_eq!(raw.to_bytes(), bytes);
    let frame = Frame::Payload(raw.clone()).to_bytes();
    let Frame::Payload(back) = Frame::parse(frame, 1000).unwrap() else { panic!("a payload") };
    assert_eq!(back.to_bytes(), bytes);
}

#[test]
fn a_hop_numbers_anew_and_keeps_the_rest() {
    let bytes = Bytes::from(unknown());
    let mut raw = RawPayload::parse(bytes.clone()).unwrap();
    for seq in [300, 1, 0, u64::MAX, 2] {
        raw = raw.with_seq(seq);
        let hop = raw.to_bytes();
        assert_eq!(hop.len(), raw.encoded_len());
        assert!(hop.starts_with(&bytes), "nothing is added but a number");
        assert_eq!(WrappedPayload::decode(hop.clone()).unwrap().seq, seq);
        raw = RawPayload::parse(hop).unwrap();
        assert_eq!(raw.seq(), seq);
    }
    assert_eq!(
        raw.to_bytes().len(),
        bytes.len() + 2,
        "the number of each hop takes the last one's place"
    );
}

#[test]
fn frames_are_limited_and_hold_one_message() {
    let payload = Frame::Payload(RawPayload::parse(unknown().into()).unwrap()).to_bytes();
    let length = payload.len();
    let error = Frame::parse(payload.clone(), length - 1).unwrap_err();
    assert!(matches!(error, FrameError::TooLarge { bytes, .. } if bytes == length));
    assert_eq!(error.code(), 413);
    let twice = [payload.clone(), payload].concat();
    assert!(matches!(Frame::parse(twice.into(), 1000), Err(FrameError::Several)));
    for nothing in [&b""[..], &[0xa0, 0x1f, 5]] {
        assert!(matches!(Frame::parse(Bytes::from_static(nothing), 10).unwrap(), Frame::Other));
    }
}

#[test]
fn malformed_frames_say_what_is_wrong() {
    let cases: [(&'static [u8], &str); 8] = [
        (&[0x12], "a number that is cut off"),
        (&[0x12, 5, 1], "a field longer than its message"),
        (&[0x10, 1], "a field of another type"),
        (&[0x00, 1], "a field number out of range"),
        (&[0x12, 3, 0x0a, 1, 0xff], "text that is not UTF-8"),
        (&[0x12, 2, 0x08, 1], "a field of another type"),
        (&[0x16], "an unknown wire type"),
        (&[0xb3, 0x1f, 0x08], "a group without its end"),
    ];
    for (bytes, said) in cases {
        let error = Frame::parse(Bytes::from_static(bytes), 100).unwrap_err();
        assert!(error.to_string().contains(said), "{bytes:x?}: {error}");
        assert_eq!(error.code(), 400);
    }
}

#[test]
fn nothing_secret_is_shown() {
    let secret = || "hunter2".to_owned();
    let options = OAuth2Options {
        introspection_client_secret: secret(),
        introspection_bearer_token: secret(),
        ..OAuth2Options::default()
    };
    let names = ["authorization", "Cookie", "x-api-key", "X-Auth-Token"];
    let headers = names.map(|name| (name.to_owned(), secret()));
    let mut metadata = MessageMetadata { headers: headers.into(), ..MessageMetadata::default() };
    metadata.headers.insert("x-tenant".to_owned(), "local".to_owned());
    let open = StreamOpen { defaults: Some(metadata), ..StreamOpen::default() };
    let shown = format!("{options:?} {open:#?} {:?}", Frame::Open(Box::new(open.clone())));
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("x-tenant") && shown.contains("local"), "{shown}");
}

fn message() -> impl Strategy<Value = WrappedPayload> {
    (".{0,8}", vec(any::<u8>(), 0..20), any::<u64>(), 0..4_i32, ".{0,8}", any::<bool>()).prop_map(
        |(id, payload, seq, payload_encoding, dedupe_key, has_metadata)| WrappedPayload {
            id: id.clone(),
            payload: payload.into(),
            seq,
            payload_encoding,
            dedupe_key,
            payload_type: id,
            metadata: has_metadata.then(MessageMetadata::default),
            ..WrappedPayload::default()
        },
    )
}

proptest! {
    /// What is seen without decoding is what decoding gives.
    #[test]
    fn a_raw_payload_sees_what_prost_sees(message in message(), seq in any::<u64>()) {
        let raw = RawPayload::from_message(&message);
        prop_assert_eq!(raw.id(), &message.id);
        prop_assert_eq!(raw.payload(), &message.payload);
        prop_assert_eq!(raw.seq(), message.seq);
        prop_assert_eq!(raw.encoding(), message.payload_encoding);
        prop_assert_eq!(raw.payload_type(), &message.payload_type);
        prop_assert_eq!(raw.dedupe_key(), &message.dedupe_key);
        prop_assert_eq!(raw.has_metadata(), message.metadata.is_some());
        let envelope = RelayEnvelope { msg: Some(relay_envelope::Msg::Payload(message.clone())) };
        prop_assert_eq!(Frame::Payload(raw.clone()).to_bytes(), envelope.encode_to_vec());
        let renumbered = WrappedPayload { seq, ..message };
        prop_assert_eq!(raw.clone().with_seq(seq).decode().unwrap(), renumbered.clone());
        let bytes = raw.with_seq(seq).to_bytes();
        prop_assert_eq!(WrappedPayload::decode(bytes).unwrap(), renumbered);
    }

    /// Any bytes give a frame or an error, and a frame is what prost takes for one.
    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in vec(any::<u8>(), 0..60)) {
        let bytes = Bytes::from(bytes);
        if let Ok(Frame::Payload(raw)) = Frame::parse(bytes.clone(), 60)
            && let Ok(message) = raw.decode()
        {
            prop_assert_eq!(raw.id(), &message.id);
            prop_assert_eq!(raw.payload(), &message.payload);
        }
        if let Ok(ack) = Ack::parse(&bytes, 60)
            && let Ok(message) = StreamAcknowledgment::decode(bytes)
        {
            prop_assert_eq!(ack, Ack::from(message));
        }
    }

    #[test]
    fn acknowledgements_are_written_as_prost_writes_them(
        (success, retryable, code) in any::<(bool, bool, i32)>(),
        (seq, last_seq, ok_count, err_count) in any::<(u64, u64, u32, u32)>(),
        (message, stream_id, id) in (".{0,8}", ".{0,8}", ".{0,8}"),
        metadata in btree_map(".{0,4}", ".{0,4}", 0..3),
        is_rich in any::<bool>(),
    ) {
        let throttle = control_directive::Directive::Throttle(Throttle::default());
        let message = StreamAcknowledgment {
            success, message, metadata, stream_id, id, seq, code, retryable, last_seq,
            ok_count, err_count,
            directive: is_rich.then(|| ControlDirective { directive: Some(throttle) }),
            flow_state: is_rich.then(FlowControlState::default),
        };
        let ack = Ack::from(message.clone());
        let bytes = Bytes::from(message.encode_to_vec());
        prop_assert_eq!(ack.to_bytes(), bytes.clone());
        prop_assert_eq!(ack.encoded_len(), bytes.len());
        prop_assert_eq!(Ack::parse(&bytes, usize::MAX).unwrap(), ack.clone());
        prop_assert_eq!(StreamAcknowledgment::from(ack), message);
    }
}

#[test]
fn openings_and_closes_come_back() {
    let open = StreamOpen { stream_id: "s".to_owned(), ..StreamOpen::default() };
    let bytes = Frame::Open(Box::new(open.clone())).to_bytes();
    assert!(matches!(Frame::parse(bytes, 100).unwrap(), Frame::Open(back) if *back == open));
    let close = StreamClose { reason: "end".to_owned() };
    let bytes = Frame::Close(close.clone()).to_bytes();
    assert!(matches!(Frame::parse(bytes, 100).unwrap(), Frame::Close(back) if back == close));
}
