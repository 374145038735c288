//! Topics with numbers, and pipelines that copy them.

use std::collections::BTreeMap;
use std::time::Duration;

use electrician_conduit::{Conduit, Ended, SinkStage};
use electrician_generator::Generator;
use electrician_kafka::rdkafka::Message;
use electrician_kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use electrician_kafka::{
    Connection, ExactlyOnce, KafkaSink, KafkaSinkBuilder, KafkaSourceHandle, KafkaTopics,
    KafkaTopicsBuilder, Record,
};
use electrician_types::{BoxError, Event, Observer};
use electrician_wire::{Running, Wire};

use crate::support::{Kafka, Sent, unique};

/// Topics with numbers, and a group that copies them.
#[derive(Clone)]
pub(super) struct Copies {
    pub(super) kafka: Kafka,
    pub(super) input: String,
    pub(super) output: String,
    pub(super) dead: String,
    pub(super) group: String,
}

/// How often each number is there.
pub(super) type Counts = BTreeMap<u64, u32>;

impl Copies {
    pub(super) async fn new(kafka: &Kafka, numbers: u64) -> Self {
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

    pub(super) fn produce(&self, numbers: std::ops::Range<u64>) {
        let sent = |n: u64| Sent::new(n.to_be_bytes()).to(i32::try_from(n % 4).unwrap());
        self.kafka.produce(&self.input, numbers.map(sent));
    }

    pub(super) fn source(&self) -> KafkaTopicsBuilder<u64> {
        self.source_with(&[])
    }

    /// The same, with settings of the driver.
    pub(super) fn source_with(&self, settings: &[(&str, &str)]) -> KafkaTopicsBuilder<u64> {
        let decode = |record: &Record<'_>| {
            let bytes = record.payload().unwrap_or_default().try_into();
            bytes.map(u64::from_be_bytes)
        };
        let connection = self.kafka.connection().with("session.timeout.ms", "3000");
        let connection = connection.with("heartbeat.interval.ms", "500");
        let add = |connection: Connection, (property, value): &(&str, &str)| {
            connection.with(*property, *value)
        };
        let connection = settings.iter().fold(connection, add);
        KafkaTopics::builder(connection, decode)
            .with_group(&self.group)
            .with_topics([&self.input])
            .with_observer(Tell)
            .with_backoff(Duration::from_millis(10), Duration::from_millis(100))
    }

    pub(super) fn sink(&self) -> KafkaSinkBuilder<u64> {
        KafkaSink::<u64>::builder(self.kafka.connection())
            .with_topic(&self.output)
            .with_key(|n, key| key.extend_from_slice(&n.to_be_bytes()))
            .with_value(|n, into| into.extend_from_slice(&n.to_be_bytes()))
    }

    /// A pipeline under the transactional id `id`, whose stage does `work`.
    pub(super) fn start(
        &self,
        id: &str,
        source: KafkaTopicsBuilder<u64>,
        work: impl Fn(u64) -> Result<u64, BoxError> + Send + Sync + Clone + 'static,
    ) -> (Copying, KafkaSourceHandle) {
        let pair = ExactlyOnce::new(format!("{}-{id}", self.group))
            // A cluster needs ten seconds to see that a broker is gone.
            .with_timeout(Duration::from_secs(45))
            .with_commit_records(500)
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
    pub(super) async fn until(&self, numbers: u64) {
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

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for record in self.kafka.read(&self.output) {
            *counts.entry(number(record.payload())).or_default() += 1;
        }
        counts
    }

    /// Each of the first `numbers` is there once, but for those that are `left_out`.
    pub(super) fn check(&self, what: &str, numbers: u64, left_out: impl Fn(u64) -> bool) {
        let counts = self.counts();
        let wanted = (0..numbers).filter(|n| !left_out(*n));
        let lost = wanted.filter(|n| !counts.contains_key(n)).count();
        let twice = counts.values().filter(|count| **count > 1).count();
        let others = counts.keys().filter(|n| **n >= numbers || left_out(**n)).count();
        println!("{what}: {numbers} to copy, {lost} lost, {twice} repeated, {others} too many");
        assert_eq!((lost, twice, others), (0, 0, 0), "{what}");
        let committed: i64 = self.kafka.committed(&self.group, &self.input).into_values().sum();
        assert!(committed > 0);
    }
}

/// Says what goes wrong; shown when a test fails.
struct Tell;

impl Observer for Tell {
    fn observe(&self, event: &Event<'_>) {
        if let Event::Edge { kind, error: Some(error), .. } = event {
            println!("{kind}: {error}");
        }
    }
}

pub(super) type Copying = Running<Conduit<u64, Ended>>;

pub(super) fn number(payload: Option<&[u8]>) -> u64 {
    u64::from_be_bytes(payload.unwrap().try_into().unwrap())
}
