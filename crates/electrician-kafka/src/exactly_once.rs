//! Consume, transform, produce: all of it, or nothing.

mod link;

use std::sync::Arc;
use std::time::Duration;

use electrician_types::ConfigError;

pub(crate) use link::{Attached, Link, Outlet, Published, is_replaceable};

use crate::sink::{KafkaSink, KafkaSinkBuilder};
use crate::source::{KafkaTopics, KafkaTopicsBuilder};

/// Makes a source and a sink that share transactions: for a reader of committed records, each record
/// that is read has its effect on the output topics exactly once.
///
/// ```no_run
/// use electrician_kafka::{Connection, ExactlyOnce, KafkaSink, KafkaTopics, Record};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let kafka = Connection::new("127.0.0.1:9092");
/// let input = KafkaTopics::builder(kafka.clone(), |record: &Record<'_>| {
///     Ok::<_, std::convert::Infallible>(record.payload().unwrap_or_default().to_vec())
/// })
/// .with_group("counters")
/// .with_topics(["words"]);
/// let output = KafkaSink::builder(kafka)
///     .with_topic("counts")
///     .with_value(|value: &Vec<u8>, into| into.extend_from_slice(value));
/// let (source, sink) = ExactlyOnce::new("counters-1").pair(input, output)?;
/// // Generator::new("words", source), and the sink at the end of the same conduit
/// # let _ = (source, sink);
/// # Ok(())
/// # }
/// ```
///
/// # How it works
///
/// Records are delivered to the pipeline for an [interval](Self::with_commit_interval). Then delivery
/// stops until everything that was delivered is settled: filtered out, or written by the sink and
/// confirmed by the brokers. The offsets become part of the transaction, it is committed, and the next
/// begins. When a record was not processed, when records could not be written, or when partitions are
/// lost, the transaction is aborted: readers of committed records see nothing of it, and all its records
/// are delivered again, from the first one. Attempts are counted for those that failed, and after
/// [all of them](KafkaTopicsBuilder::with_attempts) a record goes to the dead-letter topic, as a part
/// of a transaction as well.
///
/// The driver ends a producer on some answers of a cluster in trouble, and on others it waits for ever. In
/// both cases another producer takes over the transactional id, which aborts what is open, the group is
/// asked what it has committed, and the run goes on from there: `kafka.producer_lost` and
/// `kafka.producer_replaced` say so. After the sixth one in a row without a commit in between, the run
/// ends with an error.
///
/// Before partitions are given to another member of the group, the transaction is committed. If the
/// pipeline does not settle their records within the drain time, it is aborted and the run ends with
/// an error.
///
/// # What must hold
///
/// - Readers of the output set `isolation.level` to `read_committed` (the default of this crate).
///   Others see records of aborted transactions.
/// - Each running pipeline has a transactional id of its own, and a process that is started again has
///   the one of the process that it replaces. It then ends what that has left; if the other still
///   lives, that one's run ends with an error that says so.
/// - Nothing else feeds the sink: an item without a receipt is refused. All effects outside of these
///   topics happen at least once, among them those of dead-letter ports of stages.
/// - A stage must not hold records for longer than the [transaction may last](Self::with_timeout):
///   the cluster then aborts it, and the run ends with an error. Nothing of it is seen.
/// - The source and the sink are opened and closed by the same run.
///
/// Brokers must be at version 2.5 or later.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a pair is made"]
pub struct ExactlyOnce {
    id: String,
    interval: Duration,
    records: u64,
    timeout: Duration,
}

// === impl ExactlyOnce ===

impl ExactlyOnce {
    /// Transactions under this id.
    pub fn new(transactional_id: impl Into<String>) -> Self {
        Self {
            id: transactional_id.into(),
            interval: Duration::from_millis(100),
            records: 50_000,
            timeout: Duration::from_mins(1),
        }
    }

    /// How long records are delivered before they are committed. Readers of the output wait as long.
    /// Each commit stops the pipeline for some round trips to the brokers. Default: 100 ms.
    pub const fn with_commit_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How many records are delivered before they are committed, unless the interval is over before.
    /// Default: 50,000.
    pub const fn with_commit_records(mut self, records: u64) -> Self {
        self.records = records;
        self
    }

    /// How long a transaction may last before the cluster aborts it, and the run ends with an error. A
    /// broker that dies is missed after about ten seconds, which have to fit in: 15 minutes at most, unless the
    /// brokers allow more. Default: 60 s.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The source and the sink, or everything that is wrong with them.
    pub fn pair<I: Send + 'static, O: Send + 'static>(
        self,
        source: KafkaTopicsBuilder<I>,
        sink: KafkaSinkBuilder<O>,
    ) -> Result<(KafkaTopics<I>, KafkaSink<O>), ConfigError> {
        let mut problems = self.problems();
        source.pair_problems(sink.connection(), &mut problems);
        sink.pair_problems(&mut problems);
        let link = Arc::new(Link::new(self.interval, self.records, self.timeout));
        let source = source.with_link(Arc::clone(&link)).build();
        if let Err(error) = &source {
            problems.extend_from_slice(error.problems());
        }
        ConfigError::check(problems)?;
        Ok((source?, sink.build_linked(link, &self.id, self.timeout)?))
    }

    fn problems(&self) -> Vec<String> {
        let Self { id, interval, records, timeout } = self;
        let mut problems = Vec::new();
        if id.trim().is_empty() {
            problems.push("the transactional id is empty: give each pipeline one".to_owned());
        }
        if interval >= timeout {
            problems.push(format!(
                "a commit interval of {interval:?}, but a transaction may last {timeout:?}: give less"
            ));
        }
        if *records == 0 {
            problems.push("transactions of 0 records: give at least 1".to_owned());
        }
        if timeout.as_millis() < 1000 || timeout.as_millis() > 2_147_483_647 {
            problems.push(format!("transactions of {timeout:?}: give 1 second to 24 days"));
        }
        problems
    }
}
