//! The partitions that peers choose.
//!
//! The vectors come from the peers themselves: `vectors/Murmur2.java` and `vectors/go`.

use std::collections::BTreeMap;

use electrician_kafka::rdkafka::Message;
use electrician_kafka::{KafkaSink, Partitioner};
use electrician_types::{Batch, ErrorKind, Sink};

use crate::support::Kafka;

/// The partition of each key in a topic of so many partitions, as the sink chooses.
async fn chosen(
    kafka: &Kafka,
    partitioner: Partitioner,
    partitions: i32,
    keys: impl Iterator<Item = &'static str>,
) -> BTreeMap<String, i32> {
    let topic = kafka.topic("sink-partitions", partitions).await;
    let mut sink = KafkaSink::builder(kafka.connection())
        .with_topic(&topic)
        .with_key(|key: &&str, into| into.extend_from_slice(key.as_bytes()))
        .with_value(|_, _| {})
        .with_partitioner(partitioner)
        .build()
        .unwrap();
    sink.open().await.unwrap();
    let mut batch = Batch::new();
    keys.for_each(|key| batch.push(key));
    sink.write(&mut batch).await.unwrap();
    sink.close().await.unwrap();
    let records = kafka.read(&topic);
    let key = |key: &[u8]| String::from_utf8(key.to_vec()).unwrap();
    records.iter().map(|record| (key(record.key().unwrap()), record.partition())).collect()
}

async fn agrees(partitioner: Partitioner, vectors: &'static str) {
    let Some(kafka) = Kafka::one() else { return };
    let fields = |line: &'static str| {
        let fields: Vec<&str> = line.split(' ').collect();
        (fields[0], [fields[1].parse::<i32>().unwrap(), fields[2].parse().unwrap()])
    };
    let vectors: Vec<_> = vectors.lines().map(fields).collect();
    for (column, partitions) in [7, 12].into_iter().enumerate() {
        let keys = vectors.iter().map(|(key, _)| *key);
        let chosen = chosen(&kafka, partitioner.clone(), partitions, keys).await;
        assert_eq!(chosen.len(), 60);
        for (key, wanted) in &vectors {
            assert_eq!(chosen[*key], wanted[column], "{key:?} of {partitions}");
        }
    }
}

#[tokio::test]
async fn murmur2_agrees_with_java() {
    agrees(Partitioner::Murmur2, include_str!("../vectors/murmur2.txt")).await;
}

#[tokio::test]
async fn fnv1a_agrees_with_kafka_go() {
    agrees(Partitioner::Fnv1a, include_str!("../vectors/fnv1a.txt")).await;
}

#[tokio::test]
async fn an_own_partitioner_has_its_way() {
    let Some(kafka) = Kafka::one() else { return };
    let by_length = Partitioner::own(|choice| {
        assert!(choice.topic.starts_with("sink-partitions"));
        i32::try_from(choice.key.unwrap().len()).unwrap() % choice.partitions
    });
    let chosen = chosen(&kafka, by_length, 3, ["a", "bb", "ccc", "dddd"].into_iter()).await;
    assert_eq!(chosen.into_values().collect::<Vec<_>>(), [1, 2, 0, 1]);
}

#[tokio::test]
async fn an_own_partitioner_that_fails_fails_the_record() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("sink-partitions", 2).await;
    for wrong in [Partitioner::own(|_| panic!("no idea")), Partitioner::own(|_| 2)] {
        let mut sink = KafkaSink::builder(kafka.connection())
            .with_topic(&topic)
            .with_value(|(): &(), _| {})
            .with_partitioner(wrong)
            .build()
            .unwrap();
        sink.open().await.unwrap();
        let mut batch = Batch::new();
        batch.push(());
        let error = sink.write(&mut batch).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(batch.len(), 1);
    }
}
