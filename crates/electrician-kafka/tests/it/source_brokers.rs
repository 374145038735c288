//! Brokers that die while a source reads.

use std::collections::BTreeMap;
use std::thread;

use crate::nodes::Nodes;
use crate::reader::{Reader, rows};
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
    let leader = Nodes::leader(&kafka, &topic, 0);
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
    let repeated = counts.values().filter(|count| **count > 1).count();
    let outcome = (counts.len(), repeated, stats.lost);
    assert_eq!(outcome, (9000, 0, 0), "{stats:?} {:?}", events.all());
    assert_eq!(events.count("kafka.truncated"), 0, "{:?}", events.all());
    assert_eq!(kafka.committed(&group, &topic).into_values().collect::<Vec<_>>(), [3000; 3]);
}
