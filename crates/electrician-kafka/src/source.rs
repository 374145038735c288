//! Topics as the source of a pipeline.

mod builder;
mod clock;
mod context;
mod exchange;
mod lane;
mod plan;
mod start;
mod stats;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use electrician_types::{Batch, Error, ErrorKind, Next, OpenSource, Result, Source};

pub use builder::KafkaTopicsBuilder;
pub use start::Start;
pub use stats::{KafkaSourceHandle, PartitionStats, SourceStats};

use crate::Connection;
use crate::Record;
use exchange::{Exchange, Taken, Wish};
use plan::Plan;

/// Opens a [`KafkaSource`] at each start: what a generator is given.
///
/// ```no_run
/// use electrician_kafka::{Connection, KafkaTopics, Record};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let texts = KafkaTopics::builder(Connection::new("127.0.0.1:9092"), |record: &Record<'_>| {
///     std::str::from_utf8(record.payload().unwrap_or_default()).map(str::to_owned)
/// })
/// .with_group("readers")
/// .with_topics(["texts"])
/// .with_dead_letter_topic("texts-dead")
/// .build()?;
/// let handle = texts.handle(); // lag, watermarks, counters
/// // Generator::new("texts", texts)
/// # let _ = (texts, handle);
/// # Ok(())
/// # }
/// ```
///
/// # Guarantees
///
/// **At least once.** An offset is committed when its record and all before it in the partition are
/// acknowledged, however out of order the pipeline works; a record counts as acknowledged when
/// whatever it became is delivered, filtered out, or confirmed by the dead-letter topic's broker.
/// Whoever reads a partition next, after a crash too, begins at the committed offset.
///
/// **Order.** Records of a partition enter the pipeline in the order of their offsets. One that is
/// delivered again comes after those that have overtaken it; where that must not be, see
/// [`with_replay`](KafkaTopicsBuilder::with_replay).
///
/// **Bounds.** At most a [window](KafkaTopicsBuilder::with_window) of records lies between the
/// committed offset and the newest record of a partition; a partition whose window stays full, for
/// 50 milliseconds, is paused and the others go on. At most a
/// [buffer](KafkaTopicsBuilder::with_buffer) of records waits for the pipeline, besides what the
/// driver has fetched, which the driver's own settings bound (`queued.max.messages.kbytes`, 64 MiB).
///
/// **Rebalance.** A partition that another member of the group is to have is given up when what was
/// delivered of it is settled and committed, so that members who come and go cause no duplicates; at
/// the latest after the [drain time](KafkaTopicsBuilder::with_drain_time). While it waits, nothing
/// is fetched for the others either. A partition that was lost, because the group did not hear from
/// this process in time, is dropped without a commit, and late verdicts on its records are ignored.
pub struct KafkaTopics<T> {
    plan: Arc<Plan<T>>,
}

/// The records of some partitions.
///
/// A thread of its own polls the driver, from the first read until the source is closed; it never
/// waits for the pipeline longer than the group would bear (`max.poll.interval.ms`).
///
/// # Cancellation
///
/// A read that is given up loses nothing. A [`close`](Source::close) that is given up, or a source
/// that is dropped, commits what is acknowledged by then, behind the scenes; its thread ends when
/// the broker has answered.
///
/// # Errors
///
/// A read fails, and the run ends, when a topic does not exist, when no broker answers at the start,
/// when access is denied, when a record cannot be decoded or was not processed after all attempts
/// and no dead-letter topic is named, or when that topic does not take it. A broker that goes away
/// later is waited for.
pub struct KafkaSource<T> {
    plan: Arc<Plan<T>>,
    exchange: Arc<Exchange<T>>,
    thread: Option<JoinHandle<()>>,
}

// === impl KafkaTopics ===

impl<T: Send + 'static> KafkaTopics<T> {
    /// Configures a source: `decode` makes an item of each record. It is called on the thread that
    /// polls, so it should do no more than that. When it gives an error, or panics, the record goes
    /// to the dead-letter topic at once.
    pub fn builder<E>(
        connection: Connection,
        decode: impl Fn(&Record<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> KafkaTopicsBuilder<T>
    where
        E: Into<electrician_types::BoxError>,
    {
        KafkaTopicsBuilder::new(connection, decode)
    }

    pub(crate) const fn with_plan(plan: Arc<Plan<T>>) -> Self {
        Self { plan }
    }
}

impl<T> KafkaTopics<T> {
    /// Where to look at what the source does, in this run and the next.
    pub fn handle(&self) -> KafkaSourceHandle {
        self.plan.stats.clone()
    }
}

impl<T: Send + 'static> OpenSource for KafkaTopics<T> {
    type Source = KafkaSource<T>;

    fn open(&self) -> Result<KafkaSource<T>> {
        let exchange = Arc::new(Exchange::new(self.plan.buffer));
        Ok(KafkaSource { plan: Arc::clone(&self.plan), exchange, thread: None })
    }
}

impl<T> fmt::Debug for KafkaTopics<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaTopics").field("plan", &self.plan).finish()
    }
}

// === impl KafkaSource ===

impl<T: Send + 'static> KafkaSource<T> {
    fn begin(&mut self) -> Result<()> {
        if self.thread.is_none() {
            let (plan, exchange) = (Arc::clone(&self.plan), Arc::clone(&self.exchange));
            let thread = std::thread::Builder::new().name("kafka-source".to_owned());
            let spawned = thread.spawn(move || worker::run(&plan, &exchange));
            let failed = |error| {
                Error::new(ErrorKind::Io, "starting the thread that polls").with_source(error)
            };
            self.thread = Some(spawned.map_err(failed)?);
        }
        Ok(())
    }
}

impl<T: Send + 'static> Source for KafkaSource<T> {
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        self.begin()?;
        loop {
            match self.exchange.take(batch, demand) {
                Taken::Some => return Ok(Next::More),
                Taken::End(end) => return end.map(|()| Next::End),
                Taken::Nothing => self.exchange.ready().await,
            }
        }
    }

    async fn close(&mut self) -> Result<()> {
        if self.thread.is_none() {
            return Ok(());
        }
        self.exchange.wish(Wish::Close);
        let end = loop {
            if let Some(end) = self.exchange.over() {
                break end;
            }
            self.exchange.ready().await;
        };
        // It has said that it is over, which is the last that it does.
        let joined = self.thread.take().map_or(Ok(()), JoinHandle::join);
        joined.map_err(|_| exchange::gone()).and(end)
    }
}

impl<T> Drop for KafkaSource<T> {
    fn drop(&mut self) {
        self.exchange.wish(Wish::Leave);
    }
}

impl<T> fmt::Debug for KafkaSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSource")
            .field("plan", &self.plan)
            .field("is_polling", &self.thread.is_some())
            .finish_non_exhaustive()
    }
}
