//! What the sink writes, as a reader of the topic sees it.

use electrician_codec::{Bytes, FramedEncoder, Json, JsonArray, Lines, Whole};
use electrician_kafka::rdkafka::message::{Headers, OwnedMessage};
use electrician_kafka::rdkafka::{Message, Timestamp};
use electrician_kafka::{Compression, KafkaSink, KafkaSinkBuilder};
use electrician_testkit::{Verdicts, contract};
use electrician_types::{Batch, Sink, Verdict};
use serde::Serialize;

use crate::support::Kafka;

#[derive(Clone, Serialize)]
struct Strike {
    id: u64,
    bird: &'static str,
    height: Option<u32>,
}

fn strike(id: u64) -> Strike {
    Strike { id, bird: if id.is_multiple_of(2) { "gull" } else { "kestrel" }, height: None }
}

fn strikes(kafka: &Kafka, topic: &str) -> KafkaSinkBuilder<Strike> {
    KafkaSink::builder(kafka.connection())
        .with_topic(topic)
        .with_encoder(FramedEncoder::new(Json, Whole::default()))
}

/// A run of the sink in which all of `items` are delivered.
async fn run<T: Send + 'static>(builder: KafkaSinkBuilder<T>, items: Vec<T>) {
    let mut sink = builder.build().unwrap();
    let verdicts = Verdicts::counting();
    let count = items.len() as u64;
    let mut batch: Batch<T> =
        (0..).zip(items).map(|(token, item)| verdicts.item(token, item)).collect();
    sink.open().await.unwrap();
    sink.write(&mut batch).await.unwrap();
    assert!(batch.is_empty());
    sink.flush().await.unwrap();
    assert!((0..count).all(|token| verdicts.verdict(token) == Some(Verdict::Ack)));
    assert_eq!(sink.stats().delivered(), count);
    sink.close().await.unwrap();
}

fn header<'a>(record: &'a OwnedMessage, name: &str) -> Option<&'a str> {
    let headers = record.headers()?.iter().find(|header| header.key == name)?;
    std::str::from_utf8(headers.value?).ok()
}

#[tokio::test]
async fn a_record_has_what_functions_say() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("sink-functions", 3).await;
    let builder = strikes(&kafka, &topic)
        .with_key(|strike, key| key.extend_from_slice(&strike.id.to_be_bytes()))
        .with_header("bird", |strike, value| value.extend_from_slice(strike.bird.as_bytes()))
        .with_header("empty", |_, _| {})
        .with_partition(|strike| (strike.id == 1).then_some(2))
        .with_timestamp(|strike| 1_700_000_000_000 + i64::try_from(strike.id).unwrap())
        .with_tombstones(|strike| strike.id == 3);
    run(builder, (0..4).map(strike).collect()).await;
    let mut records = kafka.read(&topic);
    records.sort_by_key(|record| record.key().map(<[u8]>::to_vec));
    assert_eq!(records.len(), 4);
    for (id, record) in (0..).zip(&records) {
        assert_eq!(record.key(), Some(u64::to_be_bytes(id).as_slice()));
        assert_eq!(header(record, "bird"), Some(strike(id).bird));
        assert_eq!(header(record, "empty"), Some(""));
        let millis = 1_700_000_000_000 + i64::try_from(id).unwrap();
        assert_eq!(record.timestamp(), Timestamp::CreateTime(millis));
        let value = serde_json::to_vec(&strike(id)).unwrap();
        assert_eq!(record.payload(), (id != 3).then_some(value.as_slice()));
    }
    assert_eq!(records[1].partition(), 2);
}

#[tokio::test]
async fn a_record_has_what_templates_say() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("sink-templates", 1).await;
    let builder = strikes(&kafka, &topic)
        .with_key_template("{id}")
        .with_header_template("bird", " {bird} ")
        .with_header_template("source", "faa")
        .with_header_template("none", "{none}");
    run(builder, vec![strike(u64::MAX)]).await;
    let record = &kafka.read(&topic)[0];
    assert_eq!(record.key(), Some(b"18446744073709551615".as_slice()));
    assert_eq!(header(record, "bird"), Some("kestrel"));
    assert_eq!(header(record, "source"), Some("faa"));
    assert_eq!(header(record, "none"), Some("{none}"));
    // What is `null` is no key.
    run(strikes(&kafka, &topic).with_key_template("{height}"), vec![strike(1)]).await;
    assert_eq!(kafka.read(&topic)[1].key(), None);
}

fn sink<T: Send + 'static>(kafka: &Kafka, topic: &str) -> KafkaSinkBuilder<T> {
    KafkaSink::builder(kafka.connection()).with_topic(topic)
}

#[tokio::test]
async fn a_value_is_what_the_encoder_writes_for_one_item() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("sink-values", 1).await;
    let bytes = vec![b"raw \x00\xff".to_vec(), Vec::new()];
    let raw = FramedEncoder::new(Bytes, Whole::default());
    run(sink(&kafka, &topic).with_encoder(raw), bytes).await;
    let ndjson = FramedEncoder::new(Json, Lines::default());
    run(sink(&kafka, &topic).with_encoder(ndjson), vec![1]).await;
    let by = |text: &&str, into: &mut Vec<u8>| into.extend_from_slice(text.as_bytes());
    run(sink(&kafka, &topic).with_value(by), vec!["by"]).await;
    let array = FramedEncoder::new(Json, JsonArray::default());
    run(sink(&kafka, &topic).with_encoder(array), vec![1, 2]).await;
    let records = kafka.read(&topic);
    let values: Vec<_> = records.iter().map(Message::payload).collect();
    assert_eq!(values, [&b"raw \x00\xff"[..], b"", b"1\n", b"by", b"[1]", b"[2]"].map(Some));
}

#[tokio::test]
async fn each_item_goes_to_its_topic() {
    let Some(kafka) = Kafka::one() else { return };
    let topics = [kafka.topic("sink-gull", 1).await, kafka.topic("sink-kestrel", 1).await];
    let [gull, kestrel] = topics.clone();
    let names: &'static [String] = Vec::leak(vec![gull, kestrel]);
    let builder = KafkaSink::builder(kafka.connection())
        .with_topic_by(move |strike: &Strike| match strike.bird {
            "gull" => &names[0],
            _ => &names[1],
        })
        .with_encoder(FramedEncoder::new(Json, Whole::default()));
    run(builder, (0..7).map(strike).collect()).await;
    assert_eq!(kafka.read(&topics[0]).len(), 4);
    assert_eq!(kafka.read(&topics[1]).len(), 3);
}

#[tokio::test]
async fn every_compression_is_read_back() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("sink-compression", 1).await;
    let all = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];
    for compression in all {
        run(strikes(&kafka, &topic).with_compression(compression), (0..100).map(strike).collect())
            .await;
    }
    let records = kafka.read(&topic);
    assert_eq!(records.len(), 500);
    for (id, record) in (0..100).cycle().zip(&records) {
        assert_eq!(record.payload(), Some(&*serde_json::to_vec(&strike(id)).unwrap()));
    }
}

#[tokio::test]
async fn it_keeps_the_laws() {
    let Some(kafka) = Kafka::one() else { return };
    // Suites make a sink for each check; each has a topic to itself.
    let mut topics = Vec::new();
    for _ in 0..10 {
        topics.push(kafka.topic("sink-laws", 1).await);
    }
    let topics = std::sync::Mutex::new(topics);
    let make = || {
        let topic = topics.lock().unwrap().pop().expect("enough topics");
        let sink = KafkaSink::builder(kafka.connection())
            .with_topic(&topic)
            .with_value(|n: &u64, into| into.extend_from_slice(&n.to_be_bytes()))
            // Bounds so narrow that a write has to wait.
            .with_capacity(5)
            .build()
            .unwrap();
        let kafka = kafka.clone();
        let number = |record: &OwnedMessage| {
            u64::from_be_bytes(record.payload().unwrap().try_into().unwrap())
        };
        (sink, move || Some(kafka.read(&topic).iter().map(number).collect()))
    };
    contract::sink(make, |n| n).await.unwrap();
}
