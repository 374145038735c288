//! What an acknowledgement of the sink is worth.

use std::collections::BTreeMap;
use std::time::Duration;

use electrician_kafka::rdkafka::Message;
use electrician_kafka::{KafkaSink, KafkaSinkBuilder};
use electrician_types::{Batch, Sink};

use crate::nodes::Nodes;
use crate::reader::{Reader, rows};
use crate::support::{Kafka, unique};

/// In which an acknowledgement would come, if it did not wait for the others.
const SOON: Duration = Duration::from_secs(3);

const TWO: &[(&str, &str)] = &[("min.insync.replicas", "2")];

fn sink(kafka: &Kafka, topic: &str) -> KafkaSinkBuilder<String> {
    KafkaSink::builder(kafka.connection())
        .with_topic(topic)
        .with_linger(Duration::ZERO)
        .with_value(|text: &String, into| into.extend_from_slice(text.as_bytes()))
}

fn batch(numbers: std::ops::Range<usize>, size: usize) -> Batch<String> {
    let mut batch = Batch::new();
    numbers.for_each(|n| batch.push(format!("{}{n:03}", "0".repeat(size))));
    batch
}

/// How many of the numbers below `count` are in `topic`, and how many are there twice.
fn there(kafka: &Kafka, topic: &str, count: usize) -> (usize, usize) {
    let mut counts = BTreeMap::<usize, usize>::new();
    for record in kafka.read(topic) {
        let text = std::str::from_utf8(record.payload().unwrap()).unwrap();
        *counts.entry(text.parse().unwrap()).or_default() += 1;
    }
    assert!(counts.keys().all(|n| *n < count));
    (counts.len(), counts.values().filter(|count| **count > 1).count())
}

/// The leader has them, nobody else, and it dies: whoever had them acknowledged would have lost them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_leader_has_is_not_acknowledged() {
    let Some(kafka) = Kafka::cluster() else { return };
    let Some(nodes) = Nodes::of_cluster().await else { return };
    let topic = kafka.topic_with("acks", 1, TWO).await;
    let leader = Nodes::leader(&kafka, &topic, 0);
    let mut sink = sink(&kafka, &topic).build().unwrap();
    sink.open().await.unwrap();
    sink.write(&mut batch(0..100, 1)).await.unwrap();
    sink.flush().await.unwrap();
    let followers = [1, 2, 3].into_iter().filter(|node| *node != leader);
    followers.clone().for_each(|node| nodes.pause(node));
    sink.write(&mut batch(100..200, 1)).await.unwrap();
    let flushed = tokio::time::timeout(SOON, sink.flush()).await;
    let early = (flushed.is_ok(), sink.stats().delivered());
    nodes.kill(leader);
    followers.for_each(|node| nodes.go_on(node));
    sink.flush().await.unwrap();
    sink.close().await.unwrap();
    nodes.start(leader);
    let (count, repeated) = there(&kafka, &topic, 200);
    println!("the leader alone had 100, and died: {count} of 200 there, {repeated} repeated");
    assert_eq!((early, count, repeated), ((false, 100), 200, 0));
}

/// It gives the lead away while records are written and read, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_moves_loses_and_repeats_nothing() {
    let Some(kafka) = Kafka::cluster() else { return };
    let Some(nodes) = Nodes::of_cluster().await else { return };
    let (topic, group) = (kafka.topic_with("moves", 1, TWO).await, unique("moves"));
    let mut reader = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    let mut sink = sink(&kafka, &topic).build().unwrap();
    sink.open().await.unwrap();
    let mut all = Vec::new();
    let mut so_far = 0;
    for _ in 0..2 {
        let leader = Nodes::leader(&kafka, &topic, 0);
        let begin = so_far;
        std::thread::scope(|scope| {
            let moving = scope.spawn(|| nodes.shut_down(leader));
            let runtime = tokio::runtime::Handle::current();
            tokio::task::block_in_place(|| {
                while !moving.is_finished() || so_far < begin + 1000 {
                    runtime.block_on(sink.write(&mut batch(so_far..so_far + 10, 1))).unwrap();
                    so_far += 10;
                    std::thread::park_timeout(Duration::from_millis(2));
                }
            });
        });
        sink.flush().await.unwrap();
        nodes.start(leader);
        // Not more than the source has under way at once.
        while all.len() < so_far {
            all.extend(reader.accept((so_far - all.len()).min(1000)).await);
        }
    }
    sink.close().await.unwrap();
    let mut counts = BTreeMap::<usize, usize>::new();
    for row in &all {
        *counts.entry(row.text.parse().unwrap()).or_default() += 1;
    }
    assert!(counts.into_iter().eq((0..so_far).map(|n| (n, 1))));
    let events = reader.close().await;
    println!("{so_far} records, the leader moved twice: {:?}", events.all());
    assert_eq!(there(&kafka, &topic, so_far), (so_far, 0));
    let committed: i64 = kafka.committed(&group, &topic).into_values().sum();
    assert_eq!(usize::try_from(committed).unwrap(), so_far);
}

/// A broker ends when it cannot write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_whose_disk_is_full_loses_and_repeats_nothing() {
    let Some(kafka) = Kafka::cluster() else { return };
    let Some(nodes) = Nodes::of_cluster().await else { return };
    let node = 1;
    Nodes::leader(&kafka, &kafka.topic("full-before", 1).await, 0);
    nodes.kill(node);
    // Its indexes take ten megabytes each.
    nodes.start_on_small_disk(node, 12 << 20);
    Nodes::leader(&kafka, &kafka.topic("full-after", 1).await, 0);
    let topic = kafka.topic_on("full", &[1, 2, 3], TWO).await;
    assert_eq!(Nodes::leader(&kafka, &topic, 0), node);
    let mut sink = sink(&kafka, &topic).build().unwrap();
    sink.open().await.unwrap();
    sink.write(&mut batch(0..200, 100_000)).await.unwrap();
    sink.flush().await.unwrap();
    sink.close().await.unwrap();
    nodes.await_end(node);
    nodes.start(node);
    let (count, repeated) = there(&kafka, &topic, 200);
    println!("the disk of the leader full: {count} of 200 there, {repeated} repeated");
    assert_eq!((count, repeated), (200, 0));
}
