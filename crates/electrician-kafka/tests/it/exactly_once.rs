//! What a reader of committed records sees, whatever goes wrong.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use electrician_conduit::{Conduit, Ended, SinkStage};
use electrician_generator::Generator;
use electrician_kafka::rdkafka::Message;
use electrician_kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use electrician_kafka::{
    ExactlyOnce, KafkaSink, KafkaSinkBuilder, KafkaSourceHandle, KafkaTopics, KafkaTopicsBuilder,
    Record,
};
use electrician_types::{Batch, BoxError, ErrorKind, Sink};
use electrician_wire::{Running, Wire};

use crate::nodes::Nodes;
use crate::support::{Kafka, LONG, Sent, unique};

/// Topics with numbers, and a group that copies them.
#[derive(Clone)]
struct Copies {
    kafka: Kafka,
    input: String,
    output: String,
    dead: String,
    group: String,
}

/// How often each number is there.
type Counts = BTreeMap<u64, u32>;

impl Copies {
    async fn new(kafka: &Kafka, numbers: u64) -> Self {
        let copies = Self {
            kafka: kafka.clone(),
            input: kafka.topic("once-in", 4).await,
            output: kafka.topic("once-out", 3).await,
            dead: kafka.topic("once-dead", 1).await,
            group: unique("once"),
        };
        copies.produce(0..numbers);
        copies
    }

    fn produce(&self, numbers: std::ops::Range<u64>) {
        let sent = |n: u64| Sent::new(n.to_be_bytes()).to(i32::try_from(n % 4).unwrap());
        self.kafka.produce(&self.input, numbers.map(sent));
    }

    fn source(&self) -> KafkaTopicsBuilder<u64> {
        let decode = |record: &Record<'_>| {
            let bytes = record.payload().unwrap_or_default().try_into();
            bytes.map(u64::from_be_bytes)
        };
        let connection = self.kafka.connection().with("session.timeout.ms", "6000");
        KafkaTopics::builder(connection, decode)
            .with_group(&self.group)
            .with_topics([&self.input])
            .with_backoff(Duration::from_millis(10), Duration::from_millis(100))
    }

    fn sink(&self) -> KafkaSinkBuilder<u64> {
        KafkaSink::<u64>::builder(self.kafka.connection())
            .with_topic(&self.output)
            .with_key(|n, key| key.extend_from_slice(&n.to_be_bytes()))
            .with_value(|n, into| into.extend_from_slice(&n.to_be_bytes()))
    }

    /// A pipeline under the transactional id `id`, whose stage does `work`.
    fn start(
        &self,
        id: &str,
        source: KafkaTopicsBuilder<u64>,
        work: impl Fn(u64) -> Result<u64, BoxError> + Send + Sync + Clone + 'static,
    ) -> (Copying, KafkaSourceHandle) {
        let pair = ExactlyOnce::new(format!("{}-{id}", self.group))
            .with_timeout(Duration::from_secs(10))
            .pair(source, self.sink());
        let (source, sink) = pair.unwrap();
        let handle = source.handle();
        let conduit = Conduit::from(Wire::new("copy", work).with_workers(2))
            .sink_stage(SinkStage::new("output", sink))
            .with_source(Generator::new("input", source))
            .build()
            .unwrap();
        (conduit.start().unwrap(), handle)
    }

    /// Waits until each of the first `numbers` is there, for a reader of committed records.
    async fn until(&self, numbers: u64) {
        let copies = self.clone();
        let wait = move || {
            let config = copies.kafka.connection().with("group.id", unique("until"));
            let config = config.with("isolation.level", "read_committed");
            let mut config = config.to_config();
            config.set("auto.offset.reset", "earliest");
            let consumer: BaseConsumer = config.create().unwrap();
            consumer.subscribe(&[&copies.output]).unwrap();
            let mut seen = std::collections::BTreeSet::new();
            let mut patience = 1000;
            while (seen.len() as u64) < numbers {
                match consumer.poll(Duration::from_millis(100)) {
                    Some(Ok(record)) => drop(seen.insert(number(record.payload()))),
                    Some(Err(error)) => println!("{error}"),
                    None => patience -= 1,
                }
                assert!(patience > 0, "{} of {numbers} after a long time", seen.len());
            }
        };
        tokio::task::spawn_blocking(wait).await.unwrap();
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for record in self.kafka.read(&self.output) {
            *counts.entry(number(record.payload())).or_default() += 1;
        }
        counts
    }

    /// Each of the first `numbers` is there once, but for those that are `left_out`.
    fn check(&self, what: &str, numbers: u64, left_out: impl Fn(u64) -> bool) {
        let counts = self.counts();
        let wanted = (0..numbers).filter(|n| !left_out(*n));
        let lost = wanted.filter(|n| !counts.contains_key(n)).count();
        let twice = counts.values().filter(|count| **count > 1).count();
        let others = counts.keys().filter(|n| **n >= numbers || left_out(**n)).count();
        println!("{what}: {numbers} read, {lost} lost, {twice} repeated, {others} too many");
        assert_eq!((lost, twice, others), (0, 0, 0), "{what}");
        let committed: i64 = self.kafka.committed(&self.group, &self.input).into_values().sum();
        assert!(committed > 0);
    }
}

type Copying = Running<Conduit<u64, Ended>>;

fn number(payload: Option<&[u8]>) -> u64 {
    u64::from_be_bytes(payload.unwrap().try_into().unwrap())
}

/// Fails for every 97th number the first time.
fn picky() -> impl Fn(u64) -> Result<u64, BoxError> + Send + Sync + Clone + 'static {
    let failed: &'static Mutex<HashMap<u64, u32>> = Box::leak(Box::default());
    move |n| {
        let is_first = n.is_multiple_of(97) && failed.lock().unwrap().insert(n, 1).is_none();
        if is_first { Err("not the first time".into()) } else { Ok(n) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stages_that_fail_repeat_nothing() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 5000).await;
    let (running, handle) = copies.start("a", copies.source(), picky());
    copies.until(5000).await;
    let stopped = running.stop(LONG).await;
    assert_eq!(stopped.source_errors.len() + stopped.sink_errors.len(), 0);
    let stats = handle.stats();
    println!("{} commits, {} aborts", stats.commits, stats.aborts);
    assert!(stats.aborts > 0);
    copies.check("failing stages", 5000, |_| false);
    let committed = kafka.committed(&copies.group, &copies.input);
    // With the marks of transactions there would be more, and there are none in the input.
    assert_eq!(committed.into_values().sum::<i64>(), 5000);
}
