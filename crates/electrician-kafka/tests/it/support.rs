//! Brokers, topics and records for tests.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use electrician_kafka::Connection;
use electrician_kafka::rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use electrician_kafka::rdkafka::client::DefaultClientContext;
use electrician_kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use electrician_kafka::rdkafka::error::KafkaError;
use electrician_kafka::rdkafka::message::{Header, OwnedHeaders, OwnedMessage};
use electrician_kafka::rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use electrician_kafka::rdkafka::types::RDKafkaErrorCode;
use electrician_kafka::rdkafka::{Offset, TopicPartitionList};

/// How long anything may take that works.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// For how many times of [`LONG`] nothing may come of a topic that is read to its end.
const SILENCES: u32 = 4;

/// A cluster to test against.
#[derive(Clone, Debug)]
pub(crate) struct Kafka {
    pub(crate) bootstrap: String,
    replicas: i32,
}

/// A record to produce.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<String>,
    pub(crate) payload: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timestamp: Option<i64>,
}

/// The value of a variable that says where a service is. `None`, and a line that says so, where it
/// is not set; on the machine that decides that is a failure.
pub(crate) fn variable(name: &str, service: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let how = format!("{name} is not set: cargo xtask services up {service}");
    assert!(value.is_some() || !is_ci, "{how}");
    if value.is_none() {
        eprintln!("skipped: {how}");
    }
    value
}

/// A name that no other test and no other run uses.
pub(crate) fn unique(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    format!("{name}-{micros:x}-{:x}-{count}", std::process::id())
}

// === impl Kafka ===

impl Kafka {
    /// The single broker, if there is one.
    pub(crate) fn one() -> Option<Self> {
        Some(Self { bootstrap: variable("KAFKA_BOOTSTRAP", "kafka")?, replicas: 1 })
    }

    /// Brokers of the test's own.
    pub(crate) fn at(bootstrap: impl Into<String>) -> Self {
        Self { bootstrap: bootstrap.into(), replicas: 1 }
    }

    /// The three brokers, if there are any.
    pub(crate) fn cluster() -> Option<Self> {
        let bootstrap = variable("KAFKA_CLUSTER_BOOTSTRAP", "kafka-cluster")?;
        Some(Self { bootstrap, replicas: 3 })
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::new(&self.bootstrap)
    }

    pub(crate) fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.connection().to_config().create().unwrap()
    }

    /// Creates a topic with a name of its own that begins with `name`.
    pub(crate) async fn topic(&self, name: &str, partitions: i32) -> String {
        self.topic_with(name, partitions, &[]).await
    }

    /// The same, with settings of the topic.
    pub(crate) async fn topic_with(
        &self,
        name: &str,
        partitions: i32,
        settings: &[(&str, &str)],
    ) -> String {
        let replication = TopicReplication::Fixed(self.replicas);
        self.make_topic(name, partitions, replication, settings).await
    }

    /// The same, with one partition on these nodes, of which the first leads.
    pub(crate) async fn topic_on(
        &self,
        name: &str,
        nodes: &[i32],
        settings: &[(&str, &str)],
    ) -> String {
        self.make_topic(name, 1, TopicReplication::Variable(&[nodes]), settings).await
    }

    async fn make_topic(
        &self,
        name: &str,
        num_partitions: i32,
        replication: TopicReplication<'_>,
        settings: &[(&str, &str)],
    ) -> String {
        let name = unique(name);
        let config = settings.to_vec();
        let topic = NewTopic { name: &name, num_partitions, replication, config };
        let options = AdminOptions::new().operation_timeout(Some(LONG));
        let created = self.admin().create_topics([&topic], &options).await.unwrap();
        for one in created {
            one.unwrap();
        }
        name
    }

    /// Produces `records`, in order, and waits until the broker has them all.
    pub(crate) fn produce(&self, topic: &str, records: impl IntoIterator<Item = Sent>) {
        let mut config = self.connection().with("enable.idempotence", "true").to_config();
        config.set("linger.ms", "5");
        let producer: BaseProducer = config.create().unwrap();
        for sent in records {
            let mut record = BaseRecord::<str, [u8]>::to(topic).payload(&sent.payload);
            if let Some(key) = &sent.key {
                record = record.key(key);
            }
            if let Some(partition) = sent.partition {
                record = record.partition(partition);
            }
            if let Some(timestamp) = sent.timestamp {
                record = record.timestamp(timestamp);
            }
            if !sent.headers.is_empty() {
                let add = |headers: OwnedHeaders, (key, value): &(String, String)| {
                    headers.insert(Header { key, value: Some(value) })
                };
                record = record.headers(sent.headers.iter().fold(OwnedHeaders::new(), add));
            }
            while let Err((error, refused)) = producer.send(record) {
                let is_full = error == KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
                assert!(is_full, "{error}");
                producer.poll(Duration::from_millis(20));
                record = refused;
            }
        }
        producer.flush(LONG).unwrap();
    }

    /// All records that `topic` holds now, as a reader of committed records sees them, in the order
    /// of their offsets within each partition.
    pub(crate) fn read(&self, topic: &str) -> Vec<OwnedMessage> {
        let config = self.connection().with("isolation.level", "read_committed");
        let mut config = config.with("group.id", unique("reader")).to_config();
        config.set("enable.auto.commit", "false").set("enable.partition.eof", "true");
        let consumer: BaseConsumer = config.create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), LONG).unwrap();
        let mut open = metadata.topics()[0].partitions().len();
        let mut list = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            list.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
        }
        consumer.assign(&list).unwrap();
        let mut records = Vec::new();
        let mut silences = 0;
        while open > 0 {
            match consumer.poll(LONG) {
                Some(Ok(record)) => records.push(record.detach()),
                Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
                // The driver connects again; who was just killed may come back late.
                Some(Err(error)) if is_passing(&error) => {}
                Some(Err(error)) => panic!("{topic}: {error}"),
                // A transaction of who was killed ends with its timeout.
                None if silences < SILENCES => silences += 1,
                None => panic!("{topic}: nothing came for {SILENCES} times {LONG:?}"),
            }
        }
        records
    }

    /// What `group` has committed of `topic`, by partition; partitions without are left out.
    pub(crate) fn committed(&self, group: &str, topic: &str) -> BTreeMap<i32, i64> {
        let config = self.connection().with("group.id", group).to_config();
        let consumer: BaseConsumer = config.create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), LONG).unwrap();
        let mut list = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            list.add_partition(topic, partition.id());
        }
        let list = consumer.committed_offsets(list, LONG).unwrap();
        let elements = list.elements();
        let offset = |offset| if let Offset::Offset(offset) = offset { Some(offset) } else { None };
        let pairs = elements.iter().map(|one| (one.partition(), offset(one.offset())));
        pairs.filter_map(|(partition, offset)| Some((partition, offset?))).collect()
    }
}

// === impl Sent ===

impl Sent {
    /// A record with this value.
    pub(crate) fn new(payload: impl Into<Vec<u8>>) -> Self {
        Self { payload: payload.into(), ..Self::default() }
    }

    pub(crate) fn to(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    pub(crate) fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(crate) fn with_header(mut self, key: &str, value: &str) -> Self {
        self.headers.push((key.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn at(mut self, millis: i64) -> Self {
        self.timestamp = Some(millis);
        self
    }
}

/// Whether the driver tries again by itself.
fn is_passing(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    code.is_some_and(|code| {
        use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, OperationTimedOut};
        matches!(code, AllBrokersDown | BrokerTransportFailure | OperationTimedOut)
    })
}
