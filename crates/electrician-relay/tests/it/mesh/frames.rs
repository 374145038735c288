//! What is on the wire.

use bytes::Bytes;
use electrician_relay::mesh::MeshFrame;
use electrician_relay::proto::mesh_frame::Msg;
use electrician_relay::proto::{self, StreamOpen, SubscribeRequest, SubscriptionSpec};
use electrician_relay::{Frame, FrameError, RawPayload};
use proptest::prelude::*;
use prost::Message;

fn parse(bytes: &[u8]) -> Result<MeshFrame, FrameError> {
    MeshFrame::parse(&Bytes::copy_from_slice(bytes), 1 << 20)
}

/// One of each.
fn all() -> Vec<Msg> {
    let text = String::from;
    vec![
        Msg::Open(Box::new(StreamOpen { stream_id: text("s"), ..StreamOpen::default() })),
        Msg::Payload(proto::WrappedPayload {
            id: text("p"),
            channel: text("c"),
            payload: Bytes::from_static(b"value"),
            seq: 7,
            ..Default::default()
        }),
        Msg::Ack(proto::StreamAcknowledgment { success: true, seq: 7, ..Default::default() }),
        Msg::Close(proto::StreamClose { reason: text("r") }),
        Msg::Subscribe(SubscribeRequest {
            subscriptions: vec![SubscriptionSpec { channel: text("c"), ..Default::default() }],
        }),
        Msg::SubscribeOk(proto::SubscribeResponse {
            results: vec![proto::SubscriptionResult { success: true, ..Default::default() }],
        }),
        Msg::Unsubscribe(proto::UnsubscribeRequest { subscription_ids: vec![text("s")] }),
        Msg::UnsubscribeOk(proto::UnsubscribeResponse { results: Vec::new() }),
        Msg::ClockSync(proto::ClockSyncRequest { nonce: 1, t1_unix_ns: 2 }),
        Msg::ClockSyncOk(proto::ClockSyncResponse {
            nonce: 1,
            t1_unix_ns: 2,
            ..Default::default()
        }),
    ]
}

#[test]
fn each_frame_is_that_of_the_contract() {
    for msg in all() {
        let message = proto::MeshFrame { msg: Some(msg) };
        let bytes = message.encode_to_vec();
        let frame = parse(&bytes).unwrap();
        assert!(!matches!(frame, MeshFrame::Other), "{message:?}");
        assert_eq!(frame.encoded_len(), bytes.len());
        let back = proto::MeshFrame::decode(frame.to_bytes()).unwrap();
        assert_eq!(back, message);
    }
    assert!(matches!(parse(b"").unwrap(), MeshFrame::Other));
    // Field 99: something of a newer peer.
    assert!(matches!(parse(&[0x9a, 0x06, 0x00]).unwrap(), MeshFrame::Other));
}

#[test]
fn fields_of_a_payload_that_are_not_known_are_kept() {
    let bytes = [&b"\x12\x09\x0a\x01p"[..], b"\xca\x3e\x03new"].concat();
    let MeshFrame::Payload(payload) = parse(&bytes).unwrap() else { panic!("a payload") };
    assert_eq!(MeshFrame::Payload(payload).to_bytes(), bytes);
}

#[test]
fn what_is_none_is_refused() {
    assert!(matches!(parse(b"\x12\x00\x22\x00"), Err(FrameError::Several)));
    assert!(matches!(parse(b"\x10\x01"), Err(FrameError::Wire(_))));
    assert!(matches!(parse(b"\x2a\x02\x0a\x05"), Err(FrameError::Decode(_))));
    let large = Bytes::from(vec![0; 100]);
    assert!(matches!(
        MeshFrame::parse(&large, 99),
        Err(FrameError::TooLarge { bytes: 100, limit: 99 })
    ));
}

/// Two bytes of an empty wish become hundreds in memory, so only so many are decoded.
#[test]
fn a_frame_of_many_empty_wishes_is_refused_before_it_is_decoded() {
    let wishes = |count: usize| {
        let mut frame = Vec::new();
        prost::encoding::encode_varint(5 << 3 | 2, &mut frame);
        prost::encoding::encode_varint(2 * count as u64, &mut frame);
        frame.extend(b"\x0a\x00".repeat(count));
        frame
    };
    let most = MeshFrame::MAX_CONTROL_BYTES;
    let MeshFrame::Subscribe(request) = parse(&wishes(most / 2)).unwrap() else { panic!("wishes") };
    assert_eq!(request.subscriptions.len(), most / 2);
    let error = parse(&wishes(most / 2 + 1)).unwrap_err();
    assert!(matches!(error, FrameError::TooLarge { limit, .. } if limit == most), "{error}");
    // A payload may be larger.
    let payload = proto::WrappedPayload { payload: vec![0; 2 * most].into(), ..Default::default() };
    let frame = MeshFrame::Payload(RawPayload::from_message(&payload));
    assert!(parse(&frame.to_bytes()).is_ok());
}

/// They come with the opening of any stream, also where nobody can subscribe.
#[test]
fn an_opening_of_many_empty_wishes_is_refused_before_it_is_decoded() {
    let wishes = |count: usize| {
        let initial_subscriptions = vec![SubscriptionSpec::default(); count];
        let open = StreamOpen { initial_subscriptions, ..StreamOpen::default() };
        Frame::Open(Box::new(open)).to_bytes()
    };
    let most = Frame::MAX_OPEN_BYTES;
    assert!(matches!(Frame::parse(&wishes(most / 3), 1 << 20), Ok(Frame::Open(_))));
    let error = Frame::parse(&wishes(most / 3 + 1), 1 << 20).unwrap_err();
    assert!(matches!(error, FrameError::TooLarge { limit, .. } if limit == most), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(frame) = parse(&bytes) {
            let again = parse(&frame.to_bytes()).unwrap();
            prop_assert_eq!(again.to_bytes(), frame.to_bytes());
        }
    }
}
