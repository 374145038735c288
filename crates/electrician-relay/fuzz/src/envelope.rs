//! Frames, payloads and acknowledgements from anybody.
//!
//! What is read must be read by `prost` alike, must be written as it came, and its value must be
//! read or refused within the limits, whatever the metadata claims.

use std::collections::BTreeMap;

use bytes::Bytes;
use electrician_codec::Limits;
use electrician_relay::proto::{RelayEnvelope, StreamAcknowledgment, relay_envelope::Msg};
use electrician_relay::{Ack, Encoding, EnvelopeReader, Frame, RawPayload, StreamDefaults};
use prost::Message;
use serde::Deserialize;

/// All of it small, so that a claim is noticed.
const LIMITS: Limits = Limits::DEFAULT
    .with_record_bytes(64 << 10)
    .with_decoded_bytes(256 << 10)
    .with_ratio(64)
    .with_depth(32);

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is read, and not used")]
struct Value {
    name: Option<String>,
    #[serde(default)]
    numbers: Vec<i64>,
    #[serde(default)]
    more: BTreeMap<String, f64>,
}

/// A message with a text, a number and a part that is a message again.
#[derive(Clone, PartialEq, Message)]
struct Part {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int64, tag = "2")]
    number: i64,
    #[prost(message, repeated, tag = "3")]
    parts: Vec<Part>,
}

/// A frame, its payload, and its value in every encoding; and an acknowledgement.
pub fn relay_envelope(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(frame) = Frame::parse(bytes.clone(), LIMITS.record_bytes) {
        let message = RelayEnvelope::decode(bytes.clone());
        match (&frame, message.ok().and_then(|message| message.msg)) {
            (Frame::Payload(raw), Some(Msg::Payload(message))) => {
                assert_eq!(raw.decode().expect("prost has read it"), message);
                alike(raw, &message);
            }
            (Frame::Open(open), Some(Msg::Open(message))) => assert_eq!(**open, message),
            (Frame::Close(close), Some(Msg::Close(message))) => assert_eq!(*close, message),
            // Prost reads more of a payload than a raw one looks at, and may refuse it.
            (Frame::Payload(_), None) | (Frame::Other, None) => {}
            (frame, message) => panic!("{frame:?} is {message:?} for prost"),
        }
        let again = Frame::parse(frame.to_bytes(), usize::MAX).expect("it was written here");
        assert_eq!(again.to_bytes(), frame.to_bytes());
        assert_eq!(frame.encoded_len(), frame.to_bytes().len());
        if let Frame::Payload(raw) = &frame {
            values(raw);
        }
    }
    if let Ok(raw) = RawPayload::parse(bytes.clone()) {
        assert_eq!(raw.to_bytes(), bytes, "nothing is lost on the way");
        hop(&raw);
        values(&raw);
    }
    if let Ok(ack) = Ack::parse(&bytes, LIMITS.record_bytes) {
        if let Ok(message) = StreamAcknowledgment::decode(bytes) {
            assert_eq!(ack, Ack::from(message));
        }
        assert_eq!(Ack::parse(&ack.to_bytes(), usize::MAX).expect("it was written here"), ack);
        assert_eq!(ack.encoded_len(), ack.to_bytes().len());
    }
}

fn alike(raw: &RawPayload, message: &electrician_relay::proto::WrappedPayload) {
    assert_eq!(raw.id(), message.id);
    assert_eq!(raw.payload(), message.payload);
    assert_eq!(raw.seq(), message.seq);
    assert_eq!(raw.encoding(), message.payload_encoding);
    assert_eq!(raw.payload_type(), message.payload_type);
    assert_eq!(raw.channel(), message.channel);
    assert_eq!(raw.ordering_key(), message.ordering_key);
    assert_eq!(raw.dedupe_key(), message.dedupe_key);
    assert_eq!(raw.has_metadata(), message.metadata.is_some());
    if let Some(metadata) = raw.metadata() {
        assert_eq!(metadata.ok(), message.metadata);
    }
    let _ = (raw.expires_at(), format!("{raw:?} {message:?}").len());
}

fn hop(raw: &RawPayload) {
    for seq in [0, 1, u64::MAX] {
        let next = RawPayload::parse(raw.clone().with_seq(seq).to_bytes());
        let next = next.expect("only a number was added");
        assert_eq!((next.seq(), next.id()), (seq, raw.id()));
        assert_eq!(next.payload(), raw.payload());
    }
}

fn values(raw: &RawPayload) {
    let defaults = StreamDefaults::default();
    let value = EnvelopeReader::<Value>::json_go();
    let value = value.with(Encoding::Gob, electrician_codec::gob::Gob::new());
    let _ = value.with_limits(LIMITS).read(raw, &defaults);
    let _ = EnvelopeReader::<Value>::json().with_limits(LIMITS).read(raw, &defaults);
    let _ = EnvelopeReader::<Part>::protobuf().with_limits(LIMITS).read(raw, &defaults);
    let bytes = EnvelopeReader::bytes().with_limits(LIMITS).read(raw, &defaults);
    if let Ok(bytes) = bytes {
        assert!(bytes.len() <= LIMITS.decoded_bytes, "{} bytes came out", bytes.len());
    }
    #[cfg(feature = "seal")]
    {
        use electrician_codec::seal::{KeyRing, SealKey};

        let key = SealKey::from_bytes(&[7; 16]).expect("16 bytes");
        let mut sealed = EnvelopeReader::bytes().with_keys(KeyRing::new(key));
        let _ = sealed.read(raw, &defaults);
    }
}
