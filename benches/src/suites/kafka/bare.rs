//! The driver and nothing else, as one would use it for this one thing.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use electrician_kafka::rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use electrician_kafka::rdkafka::error::{KafkaError, RDKafkaErrorCode};
use electrician_kafka::rdkafka::message::{BorrowedMessage, Message};
use electrician_kafka::rdkafka::producer::{
    BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer,
};
use electrician_kafka::rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};

use super::cluster::{Cluster, LONG, Letter, PARTITIONS, unique};
use crate::clock::now;

/// How often offsets are committed.
const COMMIT: Duration = Duration::from_secs(1);

type Record<'a> = BaseRecord<'a, [u8], [u8], usize>;

/// What was delivered: how many, and up to which offset of each partition they came from.
#[derive(Default)]
struct Reports {
    count: AtomicU64,
    ends: [AtomicI64; PARTITIONS as usize],
}

struct Context(Arc<Reports>);

impl ClientContext for Context {}

impl ProducerContext for Context {
    /// An offset times eight, and its partition.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, origin: usize) {
        assert!(result.is_ok(), "a record was not delivered");
        let partitions = self.0.ends.len();
        let end = i64::try_from(origin / partitions).expect("an offset") + 1;
        // A partition goes to the same partition, so its reports come in order.
        self.0.ends[origin % partitions].store(end, Ordering::Relaxed);
        self.0.count.fetch_add(1, Ordering::Release);
    }
}

/// Writes records with a number each, in turn to all partitions.
pub(super) fn fill(cluster: &Cluster<'_>, topic: &str, records: u64) {
    let reports = Arc::default();
    let producer = producer(&producer_config(cluster), &reports);
    send_all(&producer, topic, records);
    settle(&producer, &reports, records);
}

/// The same, which become visible all at once by what is returned.
pub(super) fn fill_hidden(cluster: &Cluster<'_>, topic: &str, records: u64) -> impl FnOnce() {
    let mut config = producer_config(cluster);
    config.set("transactional.id", unique("fill")).set("transaction.timeout.ms", "120000");
    let reports = Arc::default();
    let producer = producer(&config, &reports);
    producer.init_transactions(LONG).expect("the broker answers");
    producer.begin_transaction().expect("a transaction begins");
    send_all(&producer, topic, records);
    settle(&producer, &reports, records);
    move || producer.commit_transaction(LONG).expect("a transaction is committed")
}

pub(super) fn produce(cluster: &Cluster<'_>, topic: &str, records: u64) -> Duration {
    let reports = Arc::default();
    let producer = producer(&producer_config(cluster), &reports);
    let one = |seq| {
        let letter = black_box(Letter::new(seq));
        send(&producer, Record::with_opaque_to(topic, 0).payload(&letter.value));
    };
    // The driver asks the broker about the topic.
    one(0);
    settle(&producer, &reports, 1);
    let start = now();
    for seq in 0..records {
        one(seq);
    }
    settle(&producer, &reports, records + 1);
    start.elapsed()
}

/// Reads `records`, as a member of a group that commits, or all partitions without a group.
pub(super) fn consume(
    cluster: &Cluster<'_>,
    topic: &str,
    is_member: bool,
    records: u64,
) -> Duration {
    let consumer = consumer(cluster, topic, is_member);
    let (mut start, mut last_commit) = (None, now());
    let mut ends = [0; PARTITIONS as usize];
    for seen in 0..records {
        let message = next(&consumer);
        start.get_or_insert_with(now);
        let letter = Letter::read(message.partition(), message.payload()).expect("a record");
        ends[usize::try_from(message.partition()).expect("a partition")] = message.offset() + 1;
        black_box(letter);
        if is_member && seen % 256 == 0 && last_commit.elapsed() >= COMMIT {
            last_commit = now();
            commit(&consumer, topic, ends);
        }
    }
    start.map_or(Duration::ZERO, |start| start.elapsed())
}

/// Reads, copies and writes `records`, and commits what is delivered.
pub(super) fn copy(cluster: &Cluster<'_>, input: &str, output: &str, records: u64) -> Duration {
    let reports = Arc::default();
    let producer = producer(&producer_config(cluster), &reports);
    let metadata = producer.client().fetch_metadata(Some(output), LONG);
    metadata.expect("the broker answers");
    let consumer = consumer(cluster, input, true);
    let (mut start, mut last_commit) = (None, now());
    for seen in 0..records {
        let message = next(&consumer);
        start.get_or_insert_with(now);
        let letter = Letter::read(message.partition(), message.payload()).expect("a record");
        let letter = black_box(letter);
        let offset = usize::try_from(message.offset()).expect("an offset");
        let partition = usize::try_from(message.partition()).expect("a partition");
        let origin = offset * reports.ends.len() + partition;
        let record = Record::with_opaque_to(output, origin).payload(&letter.value);
        send(&producer, record.partition(letter.partition));
        if seen % 256 == 0 && last_commit.elapsed() >= COMMIT {
            last_commit = now();
            commit(&consumer, input, reports.ends());
        }
    }
    settle(&producer, &reports, records);
    start.map_or(Duration::ZERO, |start| start.elapsed())
}

/// What the sink asks for, too.
fn producer_config(cluster: &Cluster<'_>) -> ClientConfig {
    let mut config = cluster.connection().to_config();
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("compression.type", "none")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "5")
        .set("message.timeout.ms", "120000")
        .set("queue.buffering.max.messages", "100000")
        .set("queue.buffering.max.kbytes", "131072");
    config
}

fn producer(config: &ClientConfig, reports: &Arc<Reports>) -> ThreadedProducer<Context> {
    config.create_with_context(Context(Arc::clone(reports))).expect("valid settings")
}

fn send(producer: &ThreadedProducer<Context>, mut record: Record<'_>) {
    while let Err((error, refused)) = producer.send(record) {
        let is_full = error == KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
        assert!(is_full, "{error}");
        producer.poll(Duration::from_millis(1));
        record = refused;
    }
}

fn send_all(producer: &ThreadedProducer<Context>, topic: &str, records: u64) {
    for (seq, partition) in (0..records).zip((0..PARTITIONS).cycle()) {
        let letter = Letter::new(seq);
        let record = Record::with_opaque_to(topic, 0).payload(&letter.value);
        send(producer, record.partition(partition));
    }
}

/// Waits for the reports of so many records in all.
fn settle(producer: &ThreadedProducer<Context>, reports: &Reports, records: u64) {
    producer.flush(LONG).expect("the broker takes them");
    while reports.count.load(Ordering::Acquire) < records {
        producer.poll(Duration::from_millis(1));
    }
}

/// What the source asks for, too.
fn consumer(cluster: &Cluster<'_>, topic: &str, is_member: bool) -> BaseConsumer {
    let mut config = cluster.connection().to_config();
    config
        .set("group.id", unique("bare"))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("statistics.interval.ms", "5000")
        .set("fetch.queue.backoff.ms", "10");
    let consumer: BaseConsumer = config.create().expect("valid settings");
    if is_member {
        consumer.subscribe(&[topic]).expect("a topic");
    } else {
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            list.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
        }
        consumer.assign(&list).expect("partitions");
    }
    consumer
}

fn next(consumer: &BaseConsumer) -> BorrowedMessage<'_> {
    loop {
        if let Some(message) = consumer.poll(LONG) {
            return message.expect("the broker answers");
        }
    }
}

fn commit(consumer: &BaseConsumer, topic: &str, ends: [i64; PARTITIONS as usize]) {
    let mut list = TopicPartitionList::new();
    for (partition, end) in (0..PARTITIONS).zip(ends) {
        list.add_partition_offset(topic, partition, Offset::Offset(end)).expect("an offset");
    }
    consumer.commit(&list, CommitMode::Async).expect("the group is there");
}

// === impl Reports ===

impl Reports {
    fn ends(&self) -> [i64; PARTITIONS as usize] {
        self.ends.each_ref().map(|end| end.load(Ordering::Relaxed))
    }
}
