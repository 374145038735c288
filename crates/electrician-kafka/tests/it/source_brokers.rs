//! Brokers that die while a source reads.

use std::collections::BTreeMap;
use std::thread;

use electrician_types::{Item, NackReason};

use crate::nodes::Nodes;
use crate::reader::{Reader, rows, rows_with};
use crate::support::{Kafka, Sent, unique};

const PARTITIONS: usize = 3;

fn numbered(numbers: std::ops::Range<usize>) -> impl Iterator<Item = Sent> {
    numbers.map(|at| Sent::new(at.to_string()).to(i32::try_from(at % PARTITIONS).unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_killed_and_comes_back_loses_and_repeats_nothing() {
    let Some(kafka) = Kafka::cluster() else { return };
    let Some(nodes) = Nodes::of_cluster().await else { return };
    let (topic, group) = (kafka.topic("leader", 3).await, unique("leader"));
    kafka.produce(&topic, numbered(0..3000));
    let leader = nodes.leader(&kafka, &topic, 0);
    let mut reader = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    let mut all = reader.accept(1000).await;
    nodes.kill(leader);
    let writing = {
        let (kafka, topic) = (kafka.clone(), topic.clone());
        thread::spawn(move || kafka.produce(&topic, numbered(3000..6000)))
    };
    all.extend(reader.accept(5000).await);
    writing.join().unwrap();
    nodes.start(leader);
    // The old leader leads again, or follows: nothing is repeated in either case.
    kafka.produce(&topic, numbered(6000..9000));
    all.extend(reader.accept(3000).await);
    let stats = reader.handle.stats();
    let events = reader.close().await;
    let mut counts = BTreeMap::<usize, usize>::new();
    for row in all {
        *counts.entry(row.text.parse().unwrap()).or_default() += 1;
    }
    assert_eq!((counts.len(), stats.lost), (9000, 0), "{stats:?} {:?}", events.all());
    assert_eq!(events.count("kafka.truncated"), 0, "{:?}", events.all());
    assert_eq!(kafka.committed(&group, &topic).into_values().collect::<Vec<_>>(), [3000; 3]);
}

/// The driver gives partitions up when it has not heard from the group for a session, 20 seconds
/// here: that the event has come says how long the brokers are gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_that_are_gone_for_long_are_waited_for() {
    let Some(kafka) = Kafka::cluster() else { return };
    let Some(nodes) = Nodes::of_cluster().await else { return };
    let (topic, group) = (kafka.topic("gone", 3).await, unique("gone"));
    kafka.produce(&topic, numbered(0..3000));
    for node in 1..=3 {
        // All of them know the topic.
        nodes.leader(&kafka, &topic, node - 1);
    }
    let session = [("session.timeout.ms", "20000"), ("heartbeat.interval.ms", "1000")];
    let builder = rows_with(&kafka, &session).with_group(&group).with_topics([&topic]);
    let mut reader = Reader::open(builder);
    let held = reader.take(1500).await;
    (1..=3).for_each(|node| nodes.kill(node));
    // Verdicts come while nobody hears of them.
    for item in held {
        let (row, receipt) = item.into_parts();
        if row.offset % 100 == 7 { receipt.nack(NackReason::Failed) } else { receipt.ack() }
    }
    reader.events.until("kafka.lost partitions=3", 1).await;
    nodes.start_all([1, 2, 3]);
    reader.events.until("kafka.assigned partitions=3", 2).await;
    let mut seen = BTreeMap::<i32, Vec<i64>>::new();
    while seen.values().flatten().filter(|offset| **offset == 999).count() < PARTITIONS {
        for row in reader.take(1).await.into_iter().map(Item::accept) {
            seen.entry(row.partition).or_default().push(row.offset);
        }
    }
    for (partition, offsets) in &seen {
        assert!(offsets.is_sorted(), "{partition}: {offsets:?}");
        // Each begins at what was committed, at the latest at the first that had failed.
        assert!(offsets[0] <= 1000 && offsets.len() == usize::try_from(1000 - offsets[0]).unwrap());
    }
    assert!(seen.values().flatten().any(|offset| offset % 100 == 7));
    let events = reader.close().await;
    assert_eq!(events.count("kafka.vanished"), 0, "{:?}", events.all());
    assert_eq!(kafka.committed(&group, &topic).into_values().collect::<Vec<_>>(), [1000; 3]);
}
