use super::{Content, Shape, StreamDefaults};
use crate::RawPayload;
use crate::proto::{
    CompressionAlgorithm, EncryptionSuite, MessageMetadata, PerformanceOptions, SecurityOptions,
    WrappedPayload,
};

fn metadata(is_on: bool) -> MessageMetadata {
    MessageMetadata {
        content_type: " Application/JSON ".to_owned(),
        performance: Some(PerformanceOptions {
            use_compression: is_on,
            compression_algorithm: CompressionAlgorithm::CompressZstd.into(),
            compression_level: 9,
        }),
        security: Some(SecurityOptions {
            enabled: is_on,
            suite: EncryptionSuite::EncryptionAesGcm.into(),
        }),
        ..MessageMetadata::default()
    }
}

#[test]
fn content_types_are_told_as_peers_do() {
    for json in ["application/json", "APPLICATION/JSON", " application/vnd.x+json\t", "+json"] {
        assert_eq!(Content::of(json.as_bytes()), Content::Json, "{json:?}");
    }
    for other in ["application/json; charset=utf-8", "text/json", "json", "application/protobuf"] {
        assert_eq!(Content::of(other.as_bytes()), Content::Other, "{other:?}");
    }
    for none in ["", "  "] {
        assert_eq!(Content::of(none.as_bytes()), Content::Unsaid, "{none:?}");
    }
}

#[test]
fn metadata_of_a_payload_is_read_without_decoding_as_the_decoded_one() {
    for is_on in [false, true] {
        let message = WrappedPayload { metadata: Some(metadata(is_on)), ..Default::default() };
        let payload = RawPayload::from_message(&message);
        let seen = Shape::effective(&payload, &StreamDefaults::default()).unwrap();
        assert_eq!(seen, Shape::of(&metadata(is_on)));
        assert_eq!(seen.is_sealed(), is_on);
        assert_eq!(seen.is_compressed(), is_on);
    }
}

#[test]
fn metadata_of_a_payload_replaces_the_defaults_as_a_whole() {
    let defaults = StreamDefaults::new(metadata(true));
    let bare = RawPayload::from_message(&WrappedPayload::default());
    assert!(Shape::effective(&bare, &defaults).unwrap().is_sealed());

    let own = MessageMetadata { trace_id: "7".to_owned(), ..Default::default() };
    let own = WrappedPayload { metadata: Some(own), ..Default::default() };
    let seen = Shape::effective(&RawPayload::from_message(&own), &defaults).unwrap();
    assert!(!seen.is_sealed() && !seen.is_compressed());
    assert_eq!(seen.content, Content::Unsaid);
}

#[test]
fn metadata_in_several_parts_is_one() {
    use prost::Message as _;

    let split = WrappedPayload { metadata: Some(metadata(true)), ..Default::default() };
    let more = MessageMetadata { trace_id: "7".to_owned(), ..Default::default() };
    let more = WrappedPayload { metadata: Some(more), ..Default::default() };
    let mut bytes = split.encode_to_vec();
    bytes.extend(more.encode_to_vec());
    let payload = RawPayload::parse(bytes.into()).unwrap();
    assert!(Shape::effective(&payload, &StreamDefaults::default()).unwrap().is_sealed());
    let merged = payload.metadata().unwrap().unwrap();
    assert_eq!((merged.trace_id.as_str(), merged.content_type.len()), ("7", 18));
}
