//! Items, payloads, and what is not taken.

use std::time::{Duration, SystemTime};

use electrician_codec::compress::{Compression, ZstdLevel};
use electrician_codec::seal::{KeyRing, SealKey};
use electrician_codec::{CodecErrorKind, Limits};
use electrician_relay::proto::{
    MessageMetadata, PayloadEncoding, PerformanceOptions, SecurityOptions, VersionInfo,
    WrappedPayload,
};
use electrician_relay::{
    About, Encoding, EnvelopeError, EnvelopeReader, EnvelopeWriter, RawPayload, StreamDefaults,
};
use electrician_types::TraceContext;

const ZSTD: Compression = Compression::Zstd(ZstdLevel::DEFAULT);

fn ring(byte: u8) -> KeyRing {
    SealKey::from_bytes(&[byte; 32]).unwrap().into()
}

fn payload(message: WrappedPayload) -> RawPayload {
    RawPayload::from_message(&message)
}

fn of(encoding: PayloadEncoding, bytes: &'static [u8]) -> RawPayload {
    let payload_encoding = encoding.into();
    payload(WrappedPayload { payload: bytes.into(), payload_encoding, ..WrappedPayload::default() })
}

fn content_type(content_type: &str) -> StreamDefaults {
    let content_type = content_type.to_owned();
    StreamDefaults::new(MessageMetadata { content_type, ..MessageMetadata::default() })
}

#[test]
fn all_that_is_said_of_a_payload_is_in_it() {
    let moment = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 5);
    let trace: TraceContext =
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
    let about = About {
        id: Some("order-7"),
        dedupe_key: "orders/0/7",
        ordering_key: "c-1",
        channel: "orders",
        timestamp: Some(moment),
        expires_at: Some(moment + Duration::from_secs(60)),
        trace: Some(trace),
    };
    let mut writer = EnvelopeWriter::<str>::json().with_payload_type("order");
    let raw = writer.write("seven", &about).unwrap();
    assert_eq!((raw.id(), raw.dedupe_key()), ("order-7", "orders/0/7"));
    assert_eq!((raw.ordering_key(), raw.channel()), ("c-1", "orders"));
    assert_eq!(raw.expires_at(), about.expires_at);

    let message = raw.decode().unwrap();
    assert_eq!(message.timestamp.unwrap().seconds, 1_700_000_000);
    assert_eq!(message.payload_type, "order");
    let metadata = message.metadata.unwrap();
    assert_eq!(metadata.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(metadata.headers["traceparent"], trace.to_string());
    assert_eq!(
        metadata.content_type, "application/json",
        "metadata replaces the stream's as a whole"
    );
}

#[test]
fn each_payload_has_an_id_of_its_own() {
    let mut writer = EnvelopeWriter::<str>::json();
    let mut other = EnvelopeWriter::<str>::json();
    let ids = [&mut writer, &mut other].map(|writer| {
        [(), ()].map(|()| writer.write("", &About::default()).unwrap().id().to_owned())
    });
    let mut ids = ids.concat();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[test]
fn only_the_encodings_that_were_named_are_taken() {
    let none = StreamDefaults::default();
    let mut json = EnvelopeReader::<u8>::json();
    assert_eq!(json.read(&of(PayloadEncoding::Unspecified, b"7"), &none).unwrap(), 7);
    for (encoding, found) in
        [(PayloadEncoding::Gob, Encoding::Gob), (PayloadEncoding::Proto, Encoding::Proto)]
    {
        match json.read(&of(encoding, b"7"), &none) {
            Err(error @ EnvelopeError::Encoding { .. }) => {
                assert_eq!(error.code(), 415);
                let text = format!("a payload in {found} is not taken, only json");
                assert_eq!(error.to_string(), text);
            }
            other => panic!("{other:?}"),
        }
    }
    let mut gob = EnvelopeReader::<u8>::gob();
    let error = gob.read(&of(PayloadEncoding::Gob, b"7"), &content_type("application/json"));
    assert!(matches!(error, Err(EnvelopeError::Encoding { found: Encoding::Json, .. })));
    // JSON that says nothing is not tried where gob is expected.
    let error = gob.read(&of(PayloadEncoding::Unspecified, b"[7]"), &none);
    assert!(matches!(error, Err(EnvelopeError::Codec(_))), "{error:?}");
    let unknown = WrappedPayload { payload_encoding: 9, ..WrappedPayload::default() };
    let error = gob.read(&payload(unknown), &none);
    assert!(matches!(error, Err(EnvelopeError::UnknownEncoding(9))));
}

#[test]
fn what_says_nothing_is_what_is_expected() {
    let none = StreamDefaults::default();
    let bytes = b"\x08\x07";
    let unsaid = of(PayloadEncoding::Unspecified, bytes);
    let mut messages = EnvelopeReader::<VersionInfo>::protobuf();
    assert_eq!(messages.read(&unsaid, &none).unwrap().major, 7);
    // A reader of messages does not look at the content type.
    let json = content_type("application/json");
    assert_eq!(messages.read(&unsaid, &json).unwrap().major, 7);
    assert_eq!(EnvelopeReader::bytes().read(&unsaid, &none).unwrap(), bytes);
}

#[test]
fn a_payload_of_another_type_is_not_taken() {
    let none = StreamDefaults::default();
    let mut reader = EnvelopeReader::<VersionInfo>::protobuf().with_payload_type("a.V");
    let mut read = |name: &str| {
        let payload_type = name.to_owned();
        reader.read(&payload(WrappedPayload { payload_type, ..WrappedPayload::default() }), &none)
    };
    for name in ["", "a.V", "type.example/a.V", "x/y/a.V"] {
        read(name).unwrap();
    }
    let error = read("a.W").unwrap_err();
    assert_eq!(error.to_string(), r#"a payload of type "a.W" came, "a.V" is expected"#);
    let error = read(&"w".repeat(5000)).unwrap_err();
    assert!(error.to_string().len() < 300, "{error}");
}

#[test]
fn with_a_key_only_what_is_encrypted_is_taken() {
    let mut plain = EnvelopeWriter::<str>::json();
    let mut sealed = EnvelopeWriter::<str>::json().with_keys(ring(1));
    let defaults = StreamDefaults::new(sealed.metadata());
    let (plain, sealed) = (
        plain.write("a", &About::default()).unwrap(),
        sealed.write("a", &About::default()).unwrap(),
    );
    let mut reader = EnvelopeReader::<String>::json().with_keys(ring(1));
    assert_eq!(reader.read(&sealed, &defaults).unwrap(), "a");
    let error = reader.read(&plain, &StreamDefaults::default()).unwrap_err();
    assert!(matches!(error, EnvelopeError::Unsealed), "{error}");

    // It says that it is encrypted, and is not; or the other way round; or with another key.
    assert!(matches!(reader.read(&plain, &defaults), Err(EnvelopeError::Codec(_))));
    let mut other = EnvelopeReader::<String>::json().with_keys(ring(2));
    let error = other.read(&sealed, &defaults).unwrap_err();
    assert!(
        matches!(&error, EnvelopeError::Codec(error) if error.kind() == CodecErrorKind::Corrupt)
    );
    let mut keyless = EnvelopeReader::<String>::json();
    assert!(matches!(keyless.read(&sealed, &defaults), Err(EnvelopeError::NoKey)));

    // Metadata of its own that says nothing is not the stream's.
    let mut bare = sealed.decode().unwrap();
    bare.metadata = Some(MessageMetadata::default());
    assert!(matches!(reader.read(&payload(bare), &defaults), Err(EnvelopeError::Unsealed)));
}

#[test]
fn unknown_suites_and_compressions_are_refused() {
    let defaults = |suite, algorithm| {
        StreamDefaults::new(MessageMetadata {
            security: Some(SecurityOptions { enabled: true, suite }),
            performance: Some(PerformanceOptions {
                use_compression: true,
                compression_algorithm: algorithm,
                ..PerformanceOptions::default()
            }),
            ..MessageMetadata::default()
        })
    };
    let mut reader = EnvelopeReader::<u8>::json();
    let seven = of(PayloadEncoding::Unspecified, b"7");
    assert!(matches!(reader.read(&seven, &defaults(2, 0)), Err(EnvelopeError::Suite(2))));
    for unknown in [-1, 6, i32::MAX] {
        let error = reader.read(&seven, &defaults(0, unknown)).unwrap_err();
        assert!(matches!(error, EnvelopeError::Compression(number) if number == unknown));
    }
    // Switched on, and none of them: plain.
    assert_eq!(reader.read(&seven, &defaults(0, 0)).unwrap(), 7);
}

#[test]
fn bombs_are_refused_early() {
    let mut writer = EnvelopeWriter::<[u8]>::bytes().with_compression(ZSTD);
    let defaults = StreamDefaults::new(writer.metadata());
    let bomb = writer.write(&vec![0; 8 << 20], &About::default()).unwrap();
    let large = |mut reader: EnvelopeReader<Vec<u8>>| {
        let error = reader.read(&bomb, &defaults).unwrap_err();
        assert_eq!(error.code(), 413, "{error}");
    };
    large(EnvelopeReader::bytes());
    large(
        EnvelopeReader::bytes()
            .with_limits(Limits::DEFAULT.with_ratio(u32::MAX).with_decoded_bytes(1 << 20)),
    );
    large(EnvelopeReader::bytes().with_limits(Limits::DEFAULT.with_record_bytes(10)));
    let limits = Limits::DEFAULT.with_ratio(u32::MAX);
    let read = EnvelopeReader::bytes().with_limits(limits).read(&bomb, &defaults).unwrap();
    assert_eq!(read.len(), 8 << 20);
}

#[test]
fn a_payload_that_no_receiver_takes_is_not_written() {
    let mut writer = EnvelopeWriter::<[u8]>::bytes();
    let error = writer.write(&vec![0; 4 << 20], &About::default()).unwrap_err();
    assert!(matches!(error, EnvelopeError::TooLarge { .. }), "{error}");
    writer.write(&vec![0; (4 << 20) - 200], &About::default()).unwrap();
}

#[test]
fn errors_show_nothing_of_the_value() {
    let mut reader = EnvelopeReader::<u8>::json();
    let secret = of(PayloadEncoding::Unspecified, b"{\"password\":\"hunter2\"");
    let error = reader.read(&secret, &StreamDefaults::default()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    assert!(!format!("{secret:?}").contains("hunter2"));
}
