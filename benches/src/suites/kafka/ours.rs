//! The source and the sink, by hand and in a conduit.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use electrician_conduit::{Conduit, Ended, SinkStage};
use electrician_generator::Generator;
use electrician_kafka::{
    Connection, ExactlyOnce, KafkaSink, KafkaSinkBuilder, KafkaSinkStats, KafkaSourceHandle,
    KafkaTopics, KafkaTopicsBuilder, Record,
};
use electrician_types::{Acknowledge, Batch, OpenSource, Receipt, Sink, Source, Verdict};
use electrician_wire::{Running, Wire};

use super::cluster::{Cluster, LONG, Letter, PARTITIONS, unique};
use crate::clock::now;
use crate::line::{BATCH, WORKERS};

/// Items that the sink is given at once.
const WRITTEN: u64 = 64;

/// How precisely the end of a copy is seen.
const GLANCE: Duration = Duration::from_millis(1);

/// What a pipeline promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    AtLeastOnce,
    ExactlyOnce,
}

/// A pipeline that copies a topic.
pub(super) struct Copying {
    running: Running<Conduit<Letter, Ended>>,
    pub(super) source: KafkaSourceHandle,
    pub(super) sink: KafkaSinkStats,
    /// When the first record came.
    start: Arc<OnceLock<Instant>>,
}

/// Counts what is acknowledged.
#[derive(Default)]
struct Counter(AtomicU64);

impl Acknowledge for Counter {
    fn settle(&self, _token: u64, verdict: Verdict) {
        assert_eq!(verdict, Verdict::Ack);
        self.0.fetch_add(1, Ordering::Release);
    }
}

pub(super) async fn produce(cluster: &Cluster<'_>, topic: &str, records: u64) -> Duration {
    let mut sink = sink(cluster.connection(), topic).build().expect("valid");
    sink.open().await.expect("the broker answers");
    let counter = Arc::new(Counter::default());
    let receipts: Arc<dyn Acknowledge> = Arc::clone(&counter) as _;
    let mut batch = Batch::new();
    // As by hand.
    batch.push_tracked(Letter::new(0), Receipt::new(Arc::clone(&receipts), 0));
    sink.write(&mut batch).await.expect("it is taken");
    sink.flush().await.expect("it is delivered");
    let start = now();
    let mut seq = 0;
    while seq < records {
        let end = records.min(seq + WRITTEN);
        for seq in seq..end {
            let letter = black_box(Letter::new(seq));
            batch.push_tracked(letter, Receipt::new(Arc::clone(&receipts), seq));
        }
        seq = end;
        sink.write(&mut batch).await.expect("they are taken");
    }
    sink.flush().await.expect("they are delivered");
    let elapsed = start.elapsed();
    assert_eq!(counter.0.load(Ordering::Acquire), records + 1);
    sink.close().await.expect("nothing is left");
    elapsed
}

/// Reads `records` and acknowledges each.
pub(super) async fn consume(source: KafkaTopicsBuilder<Letter>, records: u64) -> Duration {
    let topics = source.build().expect("valid");
    let mut source = topics.open().expect("it opens");
    let mut batch = Batch::with_capacity(BATCH);
    let (mut start, mut seen) = (None, 0);
    while seen < records {
        source.read(&mut batch, BATCH).await.expect("the broker answers");
        start.get_or_insert_with(now);
        while let Some(letter) = batch.accept() {
            black_box(letter);
            seen += 1;
        }
    }
    let elapsed = start.map_or(Duration::ZERO, |start| start.elapsed());
    source.close().await.expect("the last commit");
    elapsed
}

/// Copies `records` through a conduit.
pub(super) async fn copy(
    cluster: &Cluster<'_>,
    input: &str,
    output: &str,
    delivery: Delivery,
    records: u64,
) -> Duration {
    let source = member(cluster.connection(), input);
    let copying = start(source, sink(cluster.connection(), output), delivery);
    while copying.sink.delivered() < records {
        tokio::time::sleep(GLANCE).await;
    }
    let elapsed = copying.start.get().map_or(Duration::ZERO, Instant::elapsed);
    assert!(copying.running.stop(LONG).await.ledger.is_balanced());
    elapsed
}

pub(super) fn start(
    source: KafkaTopicsBuilder<Letter>,
    sink: KafkaSinkBuilder<Letter>,
    delivery: Delivery,
) -> Copying {
    // As by hand, a partition goes to the same partition.
    let sink = sink.with_partition(|letter| Some(letter.partition));
    let (source, sink) = match delivery {
        Delivery::AtLeastOnce => (source.build().expect("valid"), sink.build().expect("valid")),
        Delivery::ExactlyOnce => {
            ExactlyOnce::new(unique("once")).pair(source, sink).expect("valid")
        }
    };
    let (handle, stats) = (source.handle(), sink.stats());
    let start = Arc::new(OnceLock::new());
    let first = Arc::clone(&start);
    let copy = move |letter: Letter| {
        first.get_or_init(now);
        black_box(letter)
    };
    let conduit = Conduit::from(Wire::map("copy", copy).with_workers(WORKERS))
        .sink_stage(SinkStage::new("output", sink))
        .with_source(Generator::new("input", source))
        .build()
        .expect("valid");
    let running = conduit.start().expect("it starts");
    Copying { running, source: handle, sink: stats, start }
}

/// The topic, shared with the others of a group, which commits every second.
pub(super) fn member(connection: Connection, topic: &str) -> KafkaTopicsBuilder<Letter> {
    source(connection).with_group(unique("ours")).with_topics([topic])
}

/// All partitions of the topic, without a group and without commits.
pub(super) fn alone(connection: Connection, topic: &str) -> KafkaTopicsBuilder<Letter> {
    source(connection).with_partitions(topic, 0..PARTITIONS)
}

pub(super) fn source(connection: Connection) -> KafkaTopicsBuilder<Letter> {
    KafkaTopics::builder(connection, |record: &Record<'_>| {
        Letter::read(record.partition(), record.payload())
    })
}

pub(super) fn sink(connection: Connection, topic: &str) -> KafkaSinkBuilder<Letter> {
    KafkaSink::builder(connection)
        .with_topic(topic)
        .with_value(|letter: &Letter, into| into.extend_from_slice(&letter.value))
}
