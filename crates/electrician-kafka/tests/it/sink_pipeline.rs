//! The sink at the end of a pipeline.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use electrician_conduit::{Conduit, SinkStage};
use electrician_kafka::rdkafka::Message;
use electrician_kafka::{KafkaSink, KafkaSinkBuilder};
use electrician_types::{Batch, Sink};
use electrician_wire::Wire;

use crate::nodes::Nodes;
use crate::support::{Kafka, LONG};

fn sink(kafka: &Kafka, topic: &str) -> KafkaSinkBuilder<u64> {
    KafkaSink::builder(kafka.connection())
        .with_topic(topic)
        .with_key(|n: &u64, key| key.extend_from_slice(&(n % 10).to_be_bytes()))
        .with_value(|n, into| into.extend_from_slice(&n.to_be_bytes()))
}

/// The values of a topic, and how often each is there.
fn values(kafka: &Kafka, topic: &str) -> BTreeMap<u64, u32> {
    let mut values = BTreeMap::new();
    for record in kafka.read(topic) {
        let value = u64::from_be_bytes(record.payload().unwrap().try_into().unwrap());
        *values.entry(value).or_default() += 1;
    }
    values
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conduit_ends_in_a_topic_and_starts_again() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("sink-conduit", 3).await;
    let sink = sink(&kafka, &topic).build().unwrap();
    let stats = sink.stats();
    let double = Wire::new("double", |n: u64| Ok::<_, Infallible>(n * 2));
    let mut conduit =
        Conduit::from(double).sink_stage(SinkStage::new("topic", sink)).build().unwrap();
    for run in 1..=2 {
        let running = conduit.start().unwrap();
        for n in 0..5000 {
            running.submit(n).await.unwrap();
        }
        let stopped = running.stop(LONG).await;
        assert!(stopped.ledger.is_balanced());
        assert_eq!(stopped.ledger.delivered, 5000);
        assert_eq!((stats.delivered(), stats.in_flight()), (run * 5000, 0));
        conduit = stopped.component;
    }
    let values = values(&kafka, &topic);
    assert!(values.keys().copied().eq((0..5000).map(|n| n * 2)));
    assert!(values.values().all(|count| *count == 2));
}

/// The leader of the partition is killed while records are on their way to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_loses_and_repeats_nothing() {
    let Some(kafka) = Kafka::cluster() else { return };
    let Some(nodes) = Nodes::of_cluster().await else { return };
    let topic = kafka.topic("sink-kill", 1).await;
    let leader = Nodes::leader(&kafka, &topic, 0);
    let mut sink = sink(&kafka, &topic).with_linger(Duration::from_millis(1)).build().unwrap();
    sink.open().await.unwrap();
    for round in 0..200 {
        let mut batch: Batch<u64> = Batch::new();
        (0..100).for_each(|n| batch.push(round * 100 + n));
        sink.write(&mut batch).await.unwrap();
        if round == 100 {
            nodes.kill(leader);
        }
    }
    sink.flush().await.unwrap();
    sink.close().await.unwrap();
    nodes.start(leader);
    let values = values(&kafka, &topic);
    let (lost, repeated) =
        (20_000 - values.len(), values.values().filter(|count| **count > 1).count());
    println!("leader {leader} killed: {lost} of 20000 lost, {repeated} repeated");
    assert_eq!((lost, repeated), (0, 0));
}
