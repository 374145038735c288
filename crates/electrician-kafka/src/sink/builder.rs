//! Building a sink: settings, validated once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{BoxError, ConfigError, Encoder, Flushing};
use rdkafka::ClientConfig;

use crate::exactly_once::Link;
use crate::partitioner::Partitioner;
use crate::sink::check::check_name;
use crate::sink::context::{FailedRecord, OnFailure};
use crate::sink::draft::{
    AppendTo, Draft, Part, PartitionOf, Shape, TimestampOf, TombstoneOf, Topic,
};
use crate::sink::outbox::Plan;
use crate::sink::totals::Totals;
use crate::{Connection, KafkaSink, Template};

/// Properties that the sink sets by itself.
const MANAGED: [&str; 20] = [
    "acks",
    "allow.auto.create.topics",
    "compression.codec",
    "compression.type",
    "delivery.report.only.error",
    "delivery.timeout.ms",
    "enable.idempotence",
    "linger.ms",
    "message.timeout.ms",
    "partitioner",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "request.required.acks",
    "sticky.partitioning.linger.ms",
    "transactional.id",
    "transaction.timeout.ms",
    "group.id",
    "group.instance.id",
    "enable.auto.commit",
];

/// The most records under way: room for their receipts is allocated at once.
const MAX_CAPACITY: u32 = 1 << 24;

/// A record may be as large unless `message.max.bytes` says otherwise.
const DEFAULT_MESSAGE_BYTES: usize = 1_000_000;

/// How batches of records are compressed, each as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all. The default.
    #[default]
    None,
    /// Gzip.
    Gzip,
    /// Snappy.
    Snappy,
    /// LZ4.
    Lz4,
    /// Zstandard, which brokers know since 2.1.
    Zstd,
}

/// A sink in the making. [`KafkaSink::builder`] begins one, [`build`](Self::build) ends it.
///
/// It must be told a topic and how values are written; everything else has a default.
#[must_use = "a builder does nothing until it is built"]
pub struct KafkaSinkBuilder<T> {
    connection: Connection,
    topic: Option<Topic<T>>,
    encoder: Option<Box<dyn Encoder<T>>>,
    key: Option<Part<T>>,
    headers: Vec<(String, Part<T>)>,
    partition: Option<Box<PartitionOf<T>>>,
    timestamp: Option<Box<TimestampOf<T>>>,
    tombstone: Option<Box<TombstoneOf<T>>>,
    partitioner: Partitioner,
    compression: Compression,
    linger: Duration,
    delivery_timeout: Duration,
    open_timeout: Duration,
    capacity: u32,
    max_bytes: usize,
    flushing: Flushing,
    on_failure: Option<Arc<OnFailure>>,
}

/// An encoder by a function.
struct By<F>(F);

// === impl KafkaSinkBuilder ===

impl<T: Send + 'static> KafkaSinkBuilder<T> {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            topic: None,
            encoder: None,
            key: None,
            headers: Vec::new(),
            partition: None,
            timestamp: None,
            tombstone: None,
            partitioner: Partitioner::default(),
            compression: Compression::default(),
            linger: Duration::from_millis(5),
            delivery_timeout: Duration::from_mins(2),
            open_timeout: Duration::from_secs(30),
            capacity: 100_000,
            max_bytes: 128 << 20,
            flushing: Flushing::EAGER.with_items(100_000).with_when_idle(false),
            on_failure: None,
        }
    }

    /// All records go to `topic`, which must be there when the sink is opened.
    pub fn with_topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(Topic::Fixed(topic.into()));
        self
    }

    /// Each record goes to the topic that `topic` names. What is not there fails the record, at once
    /// or after half a minute.
    pub fn with_topic_by(
        mut self,
        topic: impl for<'a> Fn(&'a T) -> &'a str + Send + 'static,
    ) -> Self {
        self.topic = Some(Topic::By(Box::new(topic)));
        self
    }

    /// Values are what `encoder` writes for one item. Each is a stream of its own: what stands before
    /// the first record and after the last is around this one.
    pub fn with_encoder(mut self, encoder: impl Encoder<T>) -> Self {
        self.encoder = Some(Box::new(encoder));
        self
    }

    /// Values are what `append` appends.
    pub fn with_value(self, append: impl Fn(&T, &mut Vec<u8>) + Send + 'static) -> Self
    where
        T: 'static,
    {
        self.with_encoder(By(append))
    }

    /// Keys are what `append` appends; a record for which it appends nothing has no key.
    pub fn with_key(mut self, append: impl Fn(&T, &mut Vec<u8>) + Send + 'static) -> Self {
        let append: Box<AppendTo<T>> = Box::new(append);
        self.key = Some(Part::By(append));
        self
    }

    /// Keys by a [`Template`] on the record's value; where the text is empty, there is no key.
    pub fn with_key_template(mut self, template: impl Into<String>) -> Self {
        self.key = Some(Part::Template(Template::new(template)));
        self
    }

    /// Adds a header, whose value `append` appends. Headers come in the order in which they are
    /// added; a name may come twice.
    pub fn with_header(
        mut self,
        name: impl Into<String>,
        append: impl Fn(&T, &mut Vec<u8>) + Send + 'static,
    ) -> Self {
        self.headers.push((name.into(), Part::By(Box::new(append))));
        self
    }

    /// Adds a header by a [`Template`] on the record's value: `{field}`, or a text.
    pub fn with_header_template(
        mut self,
        name: impl Into<String>,
        template: impl Into<String>,
    ) -> Self {
        self.headers.push((name.into(), Part::Template(Template::new(template))));
        self
    }

    /// Names the partition of a record, from 0, or none to leave it to the partitioner.
    pub fn with_partition(
        mut self,
        partition: impl Fn(&T) -> Option<i32> + Send + 'static,
    ) -> Self {
        self.partition = Some(Box::new(partition));
        self
    }

    /// The time of a record in milliseconds since 1970. Default, and with 0: when it is sent.
    pub fn with_timestamp(mut self, timestamp: impl Fn(&T) -> i64 + Send + 'static) -> Self {
        self.timestamp = Some(Box::new(timestamp));
        self
    }

    /// Items for which `is_tombstone` holds have no value, which deletes their key in a compacted
    /// topic. Default: every item has a value, be it empty.
    pub fn with_tombstones(mut self, is_tombstone: impl Fn(&T) -> bool + Send + 'static) -> Self {
        self.tombstone = Some(Box::new(is_tombstone));
        self
    }

    /// How a record without a partition gets one. Default: [`Partitioner::Murmur2`].
    pub fn with_partitioner(mut self, partitioner: Partitioner) -> Self {
        self.partitioner = partitioner;
        self
    }

    /// How batches are compressed. Default: not at all. The level is the property
    /// `compression.level` of the connection.
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// How long a record waits for others of its partition: 15 minutes at most. Default: 5 ms. How
    /// large a batch becomes are the properties `batch.size` (1,000,000 bytes) and
    /// `batch.num.messages` (10,000) of the connection.
    pub fn with_linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// How long a record is tried before it has failed, at least a second more than the linger.
    /// Default: 120 s.
    pub fn with_delivery_timeout(mut self, timeout: Duration) -> Self {
        self.delivery_timeout = timeout;
        self
    }

    /// How long opening tries to reach the cluster. Default: 30 s.
    pub fn with_open_timeout(mut self, timeout: Duration) -> Self {
        self.open_timeout = timeout;
        self
    }

    /// How many records may be under way: 1 to 2^24, 32 bytes of memory each. Default: 100,000.
    pub fn with_capacity(mut self, records: u32) -> Self {
        self.capacity = records;
        self
    }

    /// How many bytes of keys and values may be under way: at least as many as a record may have.
    /// Default: 128 MiB.
    pub fn with_capacity_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// After how many items the engine flushes, 1 at least. Default: 100,000.
    pub fn with_flush_every(mut self, items: u64) -> Self {
        self.flushing = self.flushing.with_items(items);
        self
    }

    /// Whether the engine also flushes when the queue of the sink runs empty. The ledger is then up to
    /// date, and a stream that is not dense is slowed down to a batch per round trip. Default: no.
    pub fn with_flush_when_idle(mut self, when_idle: bool) -> Self {
        self.flushing = self.flushing.with_when_idle(when_idle);
        self
    }

    /// Has `on_failure` called with each record that was not delivered: on the thread that takes the
    /// reports, which it must not block.
    pub fn with_failures(
        mut self,
        on_failure: impl Fn(&FailedRecord<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_failure = Some(Arc::new(on_failure));
        self
    }

    /// What is wrong with it as one of a pair.
    pub(crate) fn pair_problems(&self, problems: &mut Vec<String>) {
        problems.extend(self.problems());
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The sink of a pair.
    pub(crate) fn build_linked(
        self,
        link: Arc<Link>,
        id: &str,
        timeout: Duration,
    ) -> Result<KafkaSink<T>, ConfigError> {
        let delivery_timeout = self.delivery_timeout.min(timeout);
        let mut sink = Self { delivery_timeout, ..self }.build()?;
        sink.plan.link = Some(link);
        sink.plan
            .config
            .set("transactional.id", id)
            .set("transaction.timeout.ms", timeout.as_millis().to_string());
        Ok(sink)
    }

    /// The sink, or everything that is wrong with it.
    pub fn build(self) -> Result<KafkaSink<T>, ConfigError> {
        ConfigError::check(self.problems())?;
        let (Some(topic), Some(encoder)) = (self.topic, self.encoder) else {
            unreachable!("both were looked for");
        };
        let mut draft = Draft::default();
        draft.value.reserve(1024);
        let topics = match &topic {
            Topic::Fixed(topic) => vec![topic.clone()],
            Topic::By(_) => Vec::new(),
        };
        let mut config = self.connection.to_config();
        set(&mut config, &self.partitioner, self.compression);
        config
            .set("linger.ms", self.linger.as_millis().to_string())
            .set("message.timeout.ms", self.delivery_timeout.as_millis().to_string());
        bound(&mut config, self.capacity, self.max_bytes);
        let partitioner = match self.partitioner {
            Partitioner::Own(own) => Some(own),
            _ => None,
        };
        let plan = Plan {
            config,
            capacity: self.capacity,
            max_bytes: self.max_bytes,
            topics,
            timeout: self.open_timeout,
            partitioner,
            on_failure: self.on_failure,
            totals: Arc::new(Totals::default()),
            link: None,
            tokens: self.connection.tokens(),
        };
        let shape = Shape {
            topic,
            key: self.key,
            headers: self.headers,
            partition: self.partition,
            timestamp: self.timestamp,
            tombstone: self.tombstone,
            encoder,
        };
        Ok(KafkaSink { shape, plan, flushing: self.flushing, draft, outbox: None })
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.connection.validate(&MANAGED, &mut problems);
        match &self.topic {
            None => problems.push("no topic: say `with_topic` or `with_topic_by`".to_owned()),
            Some(Topic::Fixed(topic)) => problems.extend(check_name(topic).err()),
            Some(Topic::By(_)) => {}
        }
        if self.encoder.is_none() {
            problems.push("nothing writes values: say `with_encoder` or `with_value`".to_owned());
        }
        if self.headers.iter().any(|(name, _)| name.is_empty()) {
            problems.push("a header without a name: give it one".to_owned());
        }
        if !(1..=MAX_CAPACITY).contains(&self.capacity) {
            let capacity = self.capacity;
            problems.push(format!("a capacity of {capacity} records: give 1 to {MAX_CAPACITY}"));
        }
        let largest =
            self.connection.get("message.max.bytes").map_or(Ok(DEFAULT_MESSAGE_BYTES), str::parse);
        if let Ok(largest) = largest
            && self.max_bytes < largest
        {
            let bytes = self.max_bytes;
            problems.push(format!("a capacity of {bytes} bytes, but a record may have {largest}"));
        }
        if self.linger > Duration::from_mins(15) {
            problems.push(format!("a linger of {:?}: give 15 minutes at most", self.linger));
        }
        if self.delivery_timeout < self.linger + Duration::from_secs(1)
            || self.delivery_timeout.as_millis() > 2_147_483_647
        {
            let timeout = self.delivery_timeout;
            problems.push(format!(
                "a delivery timeout of {timeout:?}: give a second more than the linger, 24 days at \
                 most"
            ));
        }
        problems
    }
}

/// What every producer of ours has.
fn set(config: &mut ClientConfig, partitioner: &Partitioner, compression: Compression) {
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("allow.auto.create.topics", "false")
        .set("compression.type", compression.name());
    match partitioner.name() {
        Some(name) => config.set("partitioner", name),
        // The driver would not ask for records without a key.
        None => config.set("sticky.partitioning.linger.ms", "0"),
    };
}

/// The bounds of ours are the ones that count. The driver's are wider, for it lets go of a record a
/// little later than it reports it.
fn bound(config: &mut ClientConfig, capacity: u32, max_bytes: usize) {
    let messages = u64::from(capacity) * 2;
    let kbytes = (max_bytes / 512 + 1).min(2_147_483_647);
    config
        .set("queue.buffering.max.messages", messages.to_string())
        .set("queue.buffering.max.kbytes", kbytes.to_string());
}

impl<T> fmt::Debug for KafkaSinkBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSinkBuilder")
            .field("connection", &self.connection)
            .field("partitioner", &self.partitioner)
            .field("compression", &self.compression)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

// === impl Compression ===

impl Compression {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

// === impl By ===

impl<T, F: Fn(&T, &mut Vec<u8>) + Send + 'static> Encoder<T> for By<F> {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), BoxError> {
        (self.0)(record, into);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
