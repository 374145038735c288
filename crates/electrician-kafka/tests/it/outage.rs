//! All brokers are gone for a while, and come back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_conduit::{Conduit, SinkStage};
use electrician_generator::Generator;
use electrician_kafka::KafkaSink;
use electrician_kafka::rdkafka::Message;
use electrician_wire::Wire;

use crate::events::Events;
use crate::nodes::Nodes;
use crate::reader::{Row, rows};
use crate::support::{Kafka, LONG, Sent, unique};

/// How long there is no broker at all, besides the time that they take to end and to start.
const OUTAGE: Duration = Duration::from_secs(20);

const BEFORE: u32 = 3000;
const ALL: u32 = 6000;

fn numbered(numbers: std::ops::Range<u32>) -> impl Iterator<Item = Sent> {
    numbers.map(|n| Sent::new(n.to_string()).to(i32::try_from(n % 3).unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_that_are_all_gone_for_a_while_lose_nothing() {
    let Some(kafka) = Kafka::cluster() else { return };
    let Some(nodes) = Nodes::of_cluster().await else { return };
    let [input, output] = [kafka.topic("outage-in", 3).await, kafka.topic("outage-out", 3).await];
    let group = unique("outage");
    kafka.produce(&input, numbered(0..BEFORE));
    Nodes::leader(&kafka, &output, 0);
    let events = Events::default();
    let topics = rows(&kafka)
        .with_group(&group)
        .with_topics([&input])
        .with_observer(events.clone())
        .build()
        .unwrap();
    let handle = topics.handle();
    let sink = KafkaSink::builder(kafka.connection())
        .with_topic(&output)
        .with_value(|row: &Row, into| into.extend_from_slice(row.text.as_bytes()))
        .build()
        .unwrap();
    let delivered = sink.stats();
    // In the middle of its work when they go.
    let (half, mut is_half) = tokio::sync::mpsc::channel(1);
    let (gone, is_gone) = tokio::sync::watch::channel(false);
    let (all, mut is_all) = tokio::sync::mpsc::channel(1);
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let wire = Wire::new_async("half", move |row: Row| {
        let (half, mut is_gone) = (half.clone(), is_gone.clone());
        let mut seen = seen.lock().unwrap();
        if seen.insert(row.text.clone()) && seen.len() == ALL as usize {
            let _ = all.try_send(());
        }
        async move {
            if row.offset == i64::from(BEFORE / 6) {
                let _ = half.try_send(());
                let _ = is_gone.wait_for(|is_gone| *is_gone).await;
            }
            Ok::<_, std::convert::Infallible>(row)
        }
    });
    let conduit = Conduit::from(wire.with_concurrency(4))
        .sink_stage(SinkStage::new("output", sink))
        .with_source(Generator::new("input", topics))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    is_half.recv().await.unwrap();
    for node in [1, 2, 3] {
        nodes.kill(node);
    }
    gone.send(true).unwrap();
    // It says so, and does not end.
    events.until("kafka.trouble", 1).await;
    let end = tokio::time::timeout(OUTAGE, events.until_at_last("kafka.closed")).await;
    assert!(end.is_err(), "{:?}", events.all());
    nodes.start_all([1, 2, 3]);
    Nodes::leader(&kafka, &input, 0);
    kafka.produce(&input, numbered(BEFORE..ALL));
    let done = tokio::time::timeout(LONG * 2, is_all.recv()).await;
    assert!(done.is_ok(), "{:?} {delivered:?} {:?}", handle.stats(), events.all());
    let stopped = running.stop(LONG).await;
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    let errors = (stopped.source_errors, stopped.sink_errors);
    assert!(errors.0.is_empty() && errors.1.is_empty(), "{errors:?}");
    let mut counts = BTreeMap::<u32, u32>::new();
    for record in kafka.read(&output) {
        let text = std::str::from_utf8(record.payload().unwrap()).unwrap();
        *counts.entry(text.parse().unwrap()).or_default() += 1;
    }
    let repeated = counts.values().filter(|count| **count > 1).count();
    println!("all brokers gone: {} of {ALL} there, {repeated} repeated", counts.len());
    assert!(counts.keys().copied().eq(0..ALL), "{} of {ALL}", counts.len());
    let committed: i64 = kafka.committed(&group, &input).into_values().sum();
    assert_eq!(committed, i64::from(ALL));
}
