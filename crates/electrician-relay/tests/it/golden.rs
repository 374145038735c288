//! Bytes that Go wrote: `tests/vectors/main.go` says how.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::{env, fs};

use bytes::Bytes;
use electrician_codec::compress::{BrotliQuality, Compression, GzipLevel, ZstdLevel};
use electrician_codec::gob::Gob;
use electrician_codec::seal::{KeyRing, SealKey};
use electrician_relay::proto::{
    AckMode, MessageMetadata, RelayEnvelope, StreamAcknowledgment, VersionInfo, WrappedPayload,
};
use electrician_relay::{
    About, Ack, Encoding, EnvelopeReader, EnvelopeWriter, Frame, RawPayload, StreamDefaults,
};
use prost::Message;
use serde::{Deserialize, Serialize};

const KEY: &[u8] = b"0123456789abcdefghijklmnopqrstuv";

/// As JSON has the names. gob has others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    customer_id: String,
    content: String,
    score: f64,
    votes: i64,
    is_negative: bool,
    tags: Vec<String>,
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GobFeedback {
    #[serde(rename = "CustomerID")]
    customer_id: String,
    content: String,
    score: f64,
    votes: i64,
    is_negative: bool,
    tags: Vec<String>,
    labels: BTreeMap<String, String>,
}

// === impl Feedback ===

impl From<GobFeedback> for Feedback {
    fn from(from: GobFeedback) -> Self {
        let GobFeedback { customer_id, content, score, votes, is_negative, tags, labels } = from;
        Self { customer_id, content, score, votes, is_negative, tags, labels }
    }
}

impl From<Feedback> for GobFeedback {
    fn from(from: Feedback) -> Self {
        let Feedback { customer_id, content, score, votes, is_negative, tags, labels } = from;
        Self { customer_id, content, score, votes, is_negative, tags, labels }
    }
}

fn feedback() -> Feedback {
    Feedback {
        customer_id: "c-17".to_owned(),
        content: "the wire <hums> & glows; ".repeat(20),
        score: 0.75,
        votes: -42,
        is_negative: true,
        tags: vec!["copper".to_owned(), "tin".to_owned()],
        labels: BTreeMap::from([("line".to_owned(), "7".to_owned())]),
    }
}

fn ring() -> KeyRing {
    SealKey::from_bytes(KEY).unwrap().into()
}

fn golden() -> BTreeMap<&'static str, Bytes> {
    let digit = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
    let line = |line: &'static str| {
        let (name, digits) = line.split_once(' ').unwrap();
        (name, digits.as_bytes().chunks(2).map(digit).collect())
    };
    include_str!("../vectors/golden.txt").lines().map(line).collect()
}

#[test]
fn payloads_of_go_are_read_in_every_encoding_compression_and_seal() {
    let golden = golden();
    let defaults = StreamDefaults::default();
    let mut count = 0;
    for (name, bytes) in &golden {
        let payload = RawPayload::parse(bytes.clone());
        let (Some(rest), Ok(payload)) = (name.strip_prefix("payload-"), payload) else { continue };
        let is_sealed = rest.ends_with("true");
        let read = match &rest[..4] {
            "json" => {
                let reader = EnvelopeReader::<Feedback>::json_go().with_payload_type("feedback");
                let mut reader = if is_sealed { reader.with_keys(ring()) } else { reader };
                reader.read(&payload, &defaults)
            }
            "gob-" => {
                let reader = EnvelopeReader::<GobFeedback>::gob();
                let mut reader = if is_sealed { reader.with_keys(ring()) } else { reader };
                reader.read(&payload, &defaults).map(Feedback::from)
            }
            _ => continue,
        };
        assert_eq!(read.unwrap_or_else(|error| panic!("{name}: {error}")), feedback(), "{name}");
        assert_eq!(payload.seq(), 7);
        assert!(payload.has_metadata() && payload.id().ends_with('Z'), "{payload:?}");
        let metadata = payload.metadata().unwrap().unwrap();
        assert_eq!(metadata.headers["x-tenant"], "local");
        count += 1;
    }
    assert_eq!(count, 24, "two encodings, six compressions, plain and sealed");
}

#[test]
fn messages_and_bytes_of_go_are_read() {
    let golden = golden();
    let defaults = StreamDefaults::default();
    let message = RawPayload::parse(golden["payload-proto-0-false"].clone()).unwrap();
    let reader = EnvelopeReader::<VersionInfo>::protobuf();
    let read = reader.with_payload_type("electrician.VersionInfo").read(&message, &defaults);
    assert_eq!(read.unwrap(), VersionInfo { major: 7, minor: 9 });

    let bytes = RawPayload::parse(golden["payload-bytes-0-false"].clone()).unwrap();
    assert_eq!(EnvelopeReader::bytes().read(&bytes, &defaults).unwrap(), b"as they stand");
}

#[test]
fn frames_of_go_are_read() {
    let golden = golden();
    let frame = |name| Frame::parse(golden[name].clone(), Frame::MAX_BYTES).unwrap();
    let Frame::Open(open) = frame("frame-open") else { panic!("an opening") };
    assert_eq!((open.stream_id.as_str(), open.ack_mode()), ("stream-1", AckMode::AckBatch));
    assert_eq!((open.ack_every_n, open.max_in_flight), (1024, 8192));
    let defaults = StreamDefaults::of(&open);
    assert_eq!(defaults.metadata().trace_id, "trace-1");

    // As the gRPC sender writes it: gob, and nothing says so.
    let Frame::Payload(payload) = frame("frame-payload") else { panic!("a payload") };
    assert_eq!((payload.seq(), payload.encoding(), payload.has_metadata()), (300, 0, false));
    let read = EnvelopeReader::<GobFeedback>::gob().read(&payload, &defaults).unwrap();
    assert_eq!(Feedback::from(read), feedback());

    let Frame::Close(close) = frame("frame-close") else { panic!("a close") };
    assert_eq!(close.reason, "relay stop");
}

#[test]
fn what_is_read_of_go_is_written_as_go_wrote_it() {
    for (name, bytes) in golden() {
        if name.starts_with("frame-") {
            let frame = Frame::parse(bytes.clone(), Frame::MAX_BYTES).unwrap();
            assert_eq!(frame.to_bytes(), bytes, "{name}");
            assert_eq!(RelayEnvelope::decode(bytes.clone()).unwrap().encode_to_vec(), bytes);
        } else if name.starts_with("ack-") {
            let ack = Ack::parse(&bytes, 1000).unwrap();
            assert_eq!(ack.to_bytes(), bytes, "{name}");
            assert_eq!(ack.encoded_len(), bytes.len());
            let message = StreamAcknowledgment::decode(bytes).unwrap();
            assert_eq!(Ack::from(message), ack, "{name}");
        } else {
            assert_eq!(WrappedPayload::decode(bytes.clone()).unwrap().encode_to_vec(), bytes);
            assert_eq!(RawPayload::parse(bytes.clone()).unwrap().to_bytes(), bytes, "{name}");
        }
    }
}

/// What Go can be asked to read: with `ELECTRICIAN_PAYLOADS` set, it is written to that file.
#[test]
fn payloads_for_go_are_written_in_every_encoding_compression_and_seal() {
    let compressions = [
        None,
        Some(Compression::Gzip(GzipLevel::DEFAULT)),
        Some(Compression::Snappy),
        Some(Compression::Zstd(ZstdLevel::DEFAULT)),
        Some(Compression::Brotli(BrotliQuality::FAST)),
        Some(Compression::Lz4),
    ];
    let mut lines = String::new();
    for (number, compression) in compressions.into_iter().enumerate() {
        for is_sealed in [false, true] {
            let mut json = EnvelopeWriter::<Feedback>::json_go().with_payload_type("feedback");
            let gob = Gob::new();
            let mut gob = EnvelopeWriter::<GobFeedback>::new(Encoding::Gob, gob);
            if let Some(compression) = compression {
                (json, gob) =
                    (json.with_compression(compression), gob.with_compression(compression));
            }
            if is_sealed {
                (json, gob) = (json.with_keys(ring()), gob.with_keys(ring()));
            }
            let (mut json, mut gob) = (json.with_metadata_in_each(), gob.with_metadata_in_each());
            let json = json.write(&feedback(), &About::default()).unwrap().with_seq(9);
            let gob = gob.write(&feedback().into(), &About::default()).unwrap().with_seq(9);
            for (format, payload) in [("json", json), ("gob", gob)] {
                let mut digits = String::new();
                payload.to_bytes().iter().for_each(|byte| write!(digits, "{byte:02x}").unwrap());
                lines += &format!("payload-{format}-{number}-{is_sealed} {digits}\n");
            }
        }
    }
    assert_eq!(lines.lines().count(), 24);
    if let Some(path) = env::var_os("ELECTRICIAN_PAYLOADS") {
        fs::write(path, lines).expect("the file can be written");
    }
}

#[test]
fn defaults_of_a_writer_are_what_its_payloads_need() {
    let zstd = Compression::Zstd(ZstdLevel::DEFAULT);
    let writer = EnvelopeWriter::<Feedback>::json().with_compression(zstd).with_keys(ring());
    let mut writer = writer.with_header("X-Tenant", "local");
    let metadata: MessageMetadata = writer.metadata();
    assert_eq!(metadata.headers["x-tenant"], "local");
    assert_eq!(metadata.content_type, "application/json");
    let payload = writer.write(&feedback(), &About::default()).unwrap();
    assert!(!payload.has_metadata());
    let mut reader = EnvelopeReader::<Feedback>::json().with_keys(ring());
    let read = reader.read(&payload, &StreamDefaults::new(metadata)).unwrap();
    assert_eq!(read, feedback());
}
