//! The running logger.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use electrician_types::{Error, ErrorKind};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;

use crate::clock::now;
use crate::error::{SinkTaken, UnknownSink};
use crate::layer::Core;
use crate::queue::Queue;
use crate::{
    DynamicFilter, FlushError, JsonLayer, LogFilter, LogSink, LoggerBuilder, LoggerGuard,
    LoggerHealth, QueueSettings, UnknownFilter, writer,
};

/// The layer of a logger behind its filter, for a subscriber `S`.
pub type LoggerLayer<S> = Filtered<JsonLayer, DynamicFilter, S>;

/// A running logger: its layer, its sinks, its level. Clones are the same logger.
///
/// When the last clone and the last layer are gone, the sinks write what waits and end. A
/// subscriber that is the global default never goes: keep a [`LoggerGuard`].
#[derive(Clone, Debug)]
pub struct Logger {
    core: Arc<Core>,
    filter: DynamicFilter,
}

/// The sinks of a logger.
#[derive(Debug)]
pub(crate) struct Sinks {
    list: RwLock<Arc<[Arc<Queue>]>>,
    /// The bound of a line: a queue has room for one.
    max_record: usize,
}

// === impl Logger ===

impl Logger {
    /// Configures a logger.
    pub fn builder() -> LoggerBuilder {
        LoggerBuilder::default()
    }

    pub(crate) fn new(core: Core, filter: LogFilter) -> Self {
        Self { core: Arc::new(core), filter: DynamicFilter::new(filter) }
    }

    /// The layer, for `tracing_subscriber::registry().with(logger.layer())`. Other layers beside it
    /// see what they would see without it.
    pub fn layer<S>(&self) -> LoggerLayer<S>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        JsonLayer::new(Arc::clone(&self.core)).with_filter(self.filter.clone())
    }

    /// The level and the targets that are logged.
    pub fn filter(&self) -> LogFilter {
        self.filter.current()
    }

    /// Logs by `filter` from now on: a [`LogFilter`], or a [`tracing::Level`] for everything.
    pub fn set_filter(&self, filter: impl Into<LogFilter>) {
        self.filter.set(filter.into());
    }

    /// Like [`set_filter`](Self::set_filter), from text such as `info,electrician_wire=debug`. If
    /// it is wrong, the error says what would be right, and nothing changes.
    pub fn set_filter_text(&self, filter: &str) -> Result<(), UnknownFilter> {
        self.set_filter(filter.parse::<LogFilter>()?);
        Ok(())
    }

    /// Adds a sink under an id that is not taken. Fails as well when its thread cannot be started.
    pub fn add_sink(
        &self,
        id: impl Into<String>,
        sink: impl LogSink,
        queue: QueueSettings,
    ) -> Result<(), Error> {
        self.core.sinks.add(id.into(), Box::new(sink), queue)
    }

    /// Puts a sink in the place of the one with that id, and closes that one: what waits for it is
    /// written within `deadline`. From the first line on, the new one has them. The error tells of
    /// lines of the old one; the new one is there all the same, unless there was no such id or its
    /// thread cannot be started.
    pub fn replace_sink(
        &self,
        id: &str,
        sink: impl LogSink,
        queue: QueueSettings,
        deadline: Duration,
    ) -> Result<(), Error> {
        let new = self.core.sinks.start(id.to_owned(), Box::new(sink), queue)?;
        let old = self.core.sinks.exchange(id, Some(new))?;
        close_one(&old, deadline)
    }

    /// Takes a sink away, and closes it: what waits for it is written within `deadline`. Logging
    /// goes on meanwhile. What is not written in time is dropped. A sink that is stuck keeps its
    /// thread until it comes back.
    pub fn remove_sink(&self, id: &str, deadline: Duration) -> Result<(), Error> {
        let old = self.core.sinks.exchange(id, None)?;
        close_one(&old, deadline)
    }

    /// The ids of the sinks, in the order in which they were added.
    pub fn sinks(&self) -> Vec<String> {
        self.core.sinks.list().iter().map(|queue| queue.id().to_owned()).collect()
    }

    /// What became of the lines, for each sink.
    pub fn health(&self) -> LoggerHealth {
        LoggerHealth { sinks: self.core.sinks.list().iter().map(|queue| queue.health()).collect() }
    }

    /// Blocks until every line logged before is where it should be, in every sink. If that takes
    /// longer than `deadline`, or lines were lost meanwhile, the error says which and how many.
    pub fn flush(&self, deadline: Duration) -> Result<(), FlushError> {
        self.ask(deadline, false)
    }

    /// Like [`flush`](Self::flush), but lets each sink open its file again before, for example
    /// after `SIGHUP`, when another program has moved it away.
    pub fn reopen(&self, deadline: Duration) -> Result<(), FlushError> {
        self.ask(deadline, true)
    }

    /// Takes all sinks away and closes them, within `deadline` for all together.
    pub fn close(&self, deadline: Duration) -> Result<(), FlushError> {
        let queues = self.core.sinks.swap(|_| Arc::default());
        let until = after(deadline);
        queues.iter().for_each(|queue| queue.close(Some(until)));
        let open = queues.iter().filter_map(|queue| queue.wait_closed(until, deadline).err());
        FlushError::check(open.collect())
    }

    /// Closes the logger when it is dropped, within `deadline`.
    pub fn guard(&self, deadline: Duration) -> LoggerGuard {
        LoggerGuard::new(self.clone(), deadline)
    }

    fn ask(&self, deadline: Duration, reopens: bool) -> Result<(), FlushError> {
        let queues = self.core.sinks.list();
        let until = after(deadline);
        // All at once, so that the slowest alone counts.
        let asked: Vec<_> = queues.iter().map(|queue| queue.ask(until, reopens)).collect();
        let late = queues
            .iter()
            .zip(asked)
            .filter_map(|(queue, flush)| queue.wait(flush, until, deadline).err());
        FlushError::check(late.collect())
    }
}

// === impl Sinks ===

impl Sinks {
    pub(crate) fn new(max_record: usize) -> Self {
        Self { list: RwLock::default(), max_record }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// A line for everybody.
    pub(crate) fn push(&self, line: &[u8]) {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.iter().for_each(|queue| queue.push(line));
    }

    pub(crate) fn add(
        &self,
        id: String,
        sink: Box<dyn LogSink>,
        settings: QueueSettings,
    ) -> Result<(), Error> {
        let taken = |id| Error::new(ErrorKind::Config, "").with_source(SinkTaken { id });
        if self.list().iter().any(|queue| queue.id() == id) {
            return Err(taken(id));
        }
        let new = self.start(id, sink, settings)?;
        let mut is_in = false;
        self.swap(|old| {
            // Somebody may have been quicker.
            is_in = old.iter().all(|queue| queue.id() != new.id());
            old.iter().chain(is_in.then_some(&new)).cloned().collect()
        });
        if is_in {
            return Ok(());
        }
        new.close(None);
        Err(taken(new.id().to_owned()))
    }

    fn start(
        &self,
        id: String,
        sink: Box<dyn LogSink>,
        settings: QueueSettings,
    ) -> Result<Arc<Queue>, Error> {
        let settings = settings.with_bytes(settings.bytes.max(self.max_record));
        let queue = Arc::new(Queue::new(id, settings));
        writer::start(Arc::clone(&queue), sink)
            .map_err(|error| Error::new(ErrorKind::Io, "start the sink").with_source(error))?;
        Ok(queue)
    }

    /// Takes the sink with that id out, and puts `new` in its place. Returns the old.
    fn exchange(&self, id: &str, new: Option<Arc<Queue>>) -> Result<Arc<Queue>, Error> {
        let is_it = |queue: &Arc<Queue>| queue.id() == id;
        let old = self.swap(|old| {
            let keep = |queue: &Arc<Queue>| {
                if is_it(queue) { new.clone() } else { Some(Arc::clone(queue)) }
            };
            old.iter().filter_map(keep).collect()
        });
        if let Some(found) = old.iter().find(|queue| is_it(queue)) {
            return Ok(Arc::clone(found));
        }
        if let Some(new) = new {
            new.close(None);
        }
        let known = old.iter().map(|queue| queue.id().to_owned()).collect();
        Err(Error::new(ErrorKind::Config, "").with_source(UnknownSink { id: id.to_owned(), known }))
    }

    fn list(&self) -> Arc<[Arc<Queue>]> {
        Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the list. Who logs waits for this at most, not for any sink.
    fn swap(&self, change: impl FnOnce(&[Arc<Queue>]) -> Arc<[Arc<Queue>]>) -> Arc<[Arc<Queue>]> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let new = change(&list);
        std::mem::replace(&mut *list, new)
    }
}

impl Drop for Sinks {
    fn drop(&mut self) {
        self.list().iter().for_each(|queue| queue.close(None));
    }
}

fn close_one(queue: &Queue, deadline: Duration) -> Result<(), Error> {
    let until = after(deadline);
    queue.close(Some(until));
    queue.wait_closed(until, deadline).map_err(|sink| FlushError { sinks: vec![sink] }.into())
}

/// A deadline that is too far away for the clock is a year from now.
fn after(deadline: Duration) -> Instant {
    const YEAR: Duration = Duration::from_hours(365 * 24);
    now() + deadline.min(YEAR)
}
