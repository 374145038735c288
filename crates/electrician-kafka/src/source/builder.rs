//! Configuration of a source.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{BoxError, ConfigError, Observer};

use crate::exactly_once::Link;
use crate::source::lane::Policy;
use crate::source::plan::{Choice, Decode, Plan};
use crate::source::{KafkaSourceHandle, KafkaTopics, Start};
use crate::{Connection, Record};

/// What the source sets itself.
const MANAGED: &[&str] = &[
    "group.id",
    "enable.auto.commit",
    "auto.commit.interval.ms",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "auto.offset.reset",
];

/// Configures [`KafkaTopics`].
///
/// Anything else that the driver knows is set on the [`Connection`]: `session.timeout.ms` (default
/// 45,000), `max.poll.interval.ms` (300,000), `group.instance.id`, `isolation.level` (default
/// `read_committed`), `fetch.min.bytes` and so on; `partition.assignment.strategy` too, which is
/// `cooperative-sticky` unless set, and `fetch.queue.backoff.ms`, which is 10 unless set (the
/// driver's own default is 1,000): so long nothing more is fetched of a partition whose records fill
/// the driver's queue.
#[must_use = "a builder does nothing until it builds"]
pub struct KafkaTopicsBuilder<T> {
    name: Arc<str>,
    connection: Connection,
    group: Option<String>,
    topics: Vec<String>,
    pattern: Option<String>,
    partitions: Vec<(String, Vec<i32>)>,
    start: Start,
    starts: Vec<(String, i32, Start)>,
    decode: Box<Decode<T>>,
    policy: Policy,
    window: usize,
    buffer: usize,
    commit_interval: Duration,
    drain_time: Option<Duration>,
    dead_letters: Option<String>,
    observer: Option<Arc<dyn Observer>>,
    link: Option<Arc<Link>>,
}

// === impl KafkaTopicsBuilder ===

impl<T: Send + 'static> KafkaTopicsBuilder<T> {
    pub(crate) fn new<E: Into<BoxError>>(
        connection: Connection,
        decode: impl Fn(&Record<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: "kafka".into(),
            connection,
            group: None,
            topics: Vec::new(),
            pattern: None,
            partitions: Vec::new(),
            start: Start::Earliest,
            starts: Vec::new(),
            decode: Box::new(move |record| decode(record).map_err(Into::into)),
            policy: Policy {
                attempts: 3,
                backoff: Duration::from_millis(100),
                longest: Duration::from_secs(10),
                replays: false,
            },
            window: 10_000,
            buffer: 1024,
            commit_interval: Duration::from_secs(1),
            drain_time: None,
            dead_letters: None,
            observer: None,
            link: None,
        }
    }

    /// The name, which shows in events. Default: `kafka`.
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The group whose members share the partitions, and to which offsets are committed. Topics and
    /// patterns need one. Partitions that are named do not: with a group their offsets are committed
    /// to it, without one nothing is, and every run starts anew.
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Reads these topics, besides those that were named before; the group shares their partitions
    /// out.
    pub fn with_topics(mut self, topics: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.topics.extend(topics.into_iter().map(Into::into));
        self
    }

    /// Reads all topics whose names match a regular expression (POSIX, extended) that begins with
    /// `^`. Topics that are created later are found when the driver next asks, every
    /// `topic.metadata.refresh.interval.ms` (default: 5 minutes). That none matches is no error.
    pub fn with_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// Reads these partitions of `topic`, besides those that were named before, whoever else does.
    pub fn with_partitions(
        mut self,
        topic: impl Into<String>,
        partitions: impl IntoIterator<Item = i32>,
    ) -> Self {
        self.partitions.push((topic.into(), partitions.into_iter().collect()));
        self
    }

    /// Where to begin where nothing is committed. Default: [`Start::Earliest`].
    pub const fn with_start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// The same for one partition.
    pub fn with_start_of(mut self, topic: impl Into<String>, partition: i32, start: Start) -> Self {
        self.starts.push((topic.into(), partition, start));
        self
    }

    /// How often a record is delivered, at least 1, before it goes to the dead-letter topic, or ends
    /// the run where there is none. What was handed back because the run stopped does not count.
    /// Attempts are counted while a partition is assigned: whoever has it next counts from the
    /// start. Default: 3.
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.policy.attempts = attempts;
        self
    }

    /// The wait before a record is delivered again: `first` at first, twice as long each time, at
    /// most `longest`. Default: 100 milliseconds, 10 seconds.
    pub const fn with_backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.policy.backoff = first;
        self.policy.longest = longest;
        self
    }

    /// When a record has to be delivered again, delivers everything again that came after it in its
    /// partition, so that the last that is seen of each key is in order, at the price of as many
    /// duplicates as were in flight. Default: no, only what failed is delivered again.
    pub const fn with_replay(mut self, replays: bool) -> Self {
        self.policy.replays = replays;
        self
    }

    /// The topic for records that cannot be decoded, which go there at once, or that were not
    /// processed after all attempts. They have their key, value, timestamp and headers, and those of
    /// a [`DeadLetter`](crate::DeadLetter). It must exist. Default: none, such a record ends the run
    /// with an error, and nothing behind it is committed.
    pub fn with_dead_letter_topic(mut self, topic: impl Into<String>) -> Self {
        self.dead_letters = Some(topic.into());
        self
    }

    /// How many records of a partition may lie between the oldest that is not done and the newest. A
    /// partition where there are as many for 50 milliseconds is paused until a quarter of them is
    /// done; what the driver has fetched of it is fetched again then. Takes 16 bytes each, for each
    /// partition. Default: 10,000. At most 16,777,216.
    pub const fn with_window(mut self, records: usize) -> Self {
        self.window = records;
        self
    }

    /// How many decoded records may wait for the pipeline. Default: 1024.
    pub const fn with_buffer(mut self, records: usize) -> Self {
        self.buffer = records;
        self
    }

    /// How often acknowledged offsets are committed. They are at the end and before a partition is
    /// given up, too. Default: 1 second; at least 1 millisecond, at most a day.
    pub const fn with_commit_interval(mut self, interval: Duration) -> Self {
        self.commit_interval = interval;
        self
    }

    /// How long a partition that is to be given up is kept until what was delivered of it is
    /// settled. What is not by then is delivered again by its next owner. Must be shorter than
    /// `max.poll.interval.ms`. Default: 30 seconds, at most half of `max.poll.interval.ms`.
    pub const fn with_drain_time(mut self, time: Duration) -> Self {
        self.drain_time = Some(time);
        self
    }

    /// Watches the source. Its events are [`Event::Edge`](electrician_types::Event::Edge), of these
    /// kinds:
    ///
    /// | kind | fields | when |
    /// |---|---|---|
    /// | `kafka.assigned` | `partitions` (a count), `list` | partitions were assigned |
    /// | `kafka.revoked` | `partitions`, `list` | partitions were given up |
    /// | `kafka.lost` | `partitions`, `list` | partitions were lost |
    /// | `kafka.redelivering` | `topic`, `partition`, `offset` | records are delivered again, from this one on |
    /// | `kafka.dead_lettered` | `topic`, `partition`, `offset`, `attempts`; an error | a record goes to the dead-letter topic |
    /// | `kafka.vanished` | `topic`, `partition`, `offset` | a record that was to be delivered again is deleted |
    /// | `kafka.truncated` | `topic`, `partition`, `offset` | the log is shorter than it was, and is read anew from this offset on |
    /// | `kafka.paused`, `kafka.resumed` | `topic`, `partition` | a window stays full, or has room again |
    /// | `kafka.held`, `kafka.released` | | everything is paused because the pipeline takes nothing, or goes on |
    /// | `kafka.commit_failed` | an error | a commit failed; it is tried again |
    /// | `kafka.aborted` | an error if that failed | a transaction came to nothing |
    /// | `kafka.closed` | an error if it failed | the group is left, and the last commit made |
    /// | `kafka.trouble` | an error | the driver reports something that it will get over |
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Checks everything; all problems are reported at once. Nothing is connected yet.
    pub fn build(self) -> Result<KafkaTopics<T>, ConfigError> {
        let poll_interval = self.milliseconds("max.poll.interval.ms", 300_000);
        let drain_time =
            self.drain_time.unwrap_or_else(|| Duration::from_secs(30).min(poll_interval / 2));
        let mut problems = self.problems();
        if drain_time >= poll_interval {
            problems.push(format!(
                "the drain time {drain_time:?} must be shorter than `max.poll.interval.ms`, \
                 {poll_interval:?}"
            ));
        }
        ConfigError::check(
            problems.into_iter().map(|one| format!("{}: {one}", self.name)).collect(),
        )?;
        let startup_time = self.milliseconds("socket.connection.setup.timeout.ms", 10_000);
        let mut producer = self.connection.to_config();
        producer.remove("group.instance.id");
        let mut consumer = self.connection.to_config();
        // The driver wants a group, even where none is joined and none is committed to.
        consumer.set("group.id", self.group.as_deref().unwrap_or("electrician-without-a-group"));
        // The driver commits what it is told to, and it is told what is acknowledged.
        // Of a pair, offsets are committed by transactions alone.
        let commits = self.group.is_some() && self.link.is_none();
        consumer.set("enable.auto.commit", if commits { "true" } else { "false" });
        let interval = self.commit_interval.as_millis().clamp(1, 86_400_000);
        consumer.set("auto.commit.interval.ms", interval.to_string());
        consumer.set("enable.auto.offset.store", "false");
        // Where to start is decided by us; this is for offsets that are deleted.
        consumer.set("auto.offset.reset", "earliest");
        if consumer.get("partition.assignment.strategy").is_none()
            && consumer.get("group.protocol") != Some("consumer")
        {
            consumer.set("partition.assignment.strategy", "cooperative-sticky");
        }
        if consumer.get("statistics.interval.ms").is_none() {
            consumer.set("statistics.interval.ms", "5000");
        }
        // The driver's own is a second, in which a fast pipeline has long emptied the queue that was
        // full.
        if consumer.get("fetch.queue.backoff.ms").is_none() {
            consumer.set("fetch.queue.backoff.ms", "10");
        }
        let choice = match self.pattern {
            Some(pattern) => Choice::Pattern(pattern),
            None if self.partitions.is_empty() => Choice::Topics(self.topics),
            None => Choice::Partitions(self.partitions),
        };
        Ok(KafkaTopics::with_plan(Arc::new(Plan {
            name: self.name,
            brokers: self.connection.get("bootstrap.servers").unwrap_or_default().to_owned(),
            consumer,
            producer,
            tokens: self.connection.tokens(),
            choice,
            commits: self.group.is_some(),
            start: self.start,
            starts: self.starts,
            decode: self.decode,
            policy: self.policy,
            window: self.window.min(1 << 24),
            buffer: self.buffer,
            drain_time,
            startup_time,
            dead_letters: self.dead_letters,
            observer: self.observer,
            stats: KafkaSourceHandle::default(),
            link: self.link,
        })))
    }

    /// What is wrong with it as one of a pair whose sink goes to `cluster`.
    pub(crate) fn pair_problems(&self, cluster: &Connection, problems: &mut Vec<String>) {
        if self.group.is_none() {
            problems.push("offsets are committed to a group: name it".to_owned());
        }
        if let Some(level) = self.connection.get("isolation.level")
            && level != "read_committed"
        {
            problems.push(format!(
                "`isolation.level` is `{level}`, so that records of aborted transactions would be \
                 read: leave it out, or set `read_committed`"
            ));
        }
        let brokers = |connection: &Connection| {
            let list = connection.get("bootstrap.servers").unwrap_or_default();
            list.split(',').map(|broker| broker.trim().to_owned()).collect::<BTreeSet<_>>()
        };
        if brokers(&self.connection).is_disjoint(&brokers(cluster)) {
            problems.push(
                "the source and the sink are at different clusters, and a transaction is within \
                 one: name the same brokers"
                    .to_owned(),
            );
        }
    }

    pub(crate) fn with_link(mut self, link: Arc<Link>) -> Self {
        self.link = Some(link);
        self
    }

    fn milliseconds(&self, property: &str, default: u64) -> Duration {
        let set = self.connection.get(property).and_then(|value| value.parse().ok());
        Duration::from_millis(set.unwrap_or(default))
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.connection.validate(MANAGED, &mut problems);
        let ways = [!self.topics.is_empty(), self.pattern.is_some(), !self.partitions.is_empty()];
        match ways.iter().filter(|is_used| **is_used).count() {
            0 => problems.push("nothing to read: name topics, a pattern or partitions".to_owned()),
            1 => {}
            _ => problems.push(
                "topics, a pattern and partitions do not go together: use one of them".to_owned(),
            ),
        }
        if self.group.as_deref().is_some_and(|group| group.trim().is_empty()) {
            problems.push("the group has no name".to_owned());
        }
        if self.group.is_none() && (ways[0] || ways[1]) {
            problems.push(
                "topics and patterns are read by a group: name it, or name partitions".to_owned(),
            );
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.starts_with('^')) {
            problems.push(format!("the pattern `{pattern}` must begin with `^`"));
        }
        if let Some(topic) = self.topics.iter().find(|topic| topic.starts_with('^')) {
            problems.push(format!("`{topic}` is no topic: for a pattern use `with_pattern`"));
        }
        for (topic, partitions) in &self.partitions {
            if partitions.is_empty() {
                problems.push(format!("no partition of `{topic}` is named"));
            }
            if let Some(partition) = partitions.iter().find(|partition| **partition < 0) {
                problems.push(format!("`{topic}` has no partition {partition}, the first is 0"));
            }
        }
        let starts = self.starts.iter().map(|(_, _, start)| *start).chain([self.start]);
        problems.extend(starts.filter_map(Start::problem));
        let counts = [
            ("the window", self.window),
            ("the buffer", self.buffer),
            ("the number of attempts", usize::try_from(self.policy.attempts).unwrap_or(1)),
        ];
        for (what, _) in counts.iter().filter(|(_, count)| *count == 0) {
            problems.push(format!("{what} is 0, it must be at least 1"));
        }
        if let Some(topic) = self.dead_letters.as_ref().filter(|topic| self.topics.contains(topic))
        {
            problems.push(format!("the dead-letter topic `{topic}` is one of those that are read"));
        }
        problems
    }
}

impl<T> fmt::Debug for KafkaTopicsBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaTopicsBuilder")
            .field("name", &self.name)
            .field("connection", &self.connection)
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}
