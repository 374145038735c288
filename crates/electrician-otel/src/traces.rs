//! Spans of what stages do.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use electrician_types::{
    BatchReport, Event, Finished, Inspect, Observer, StageObserver, TraceContext,
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use crate::queue::Queue;
use crate::record::{Record, Stage, Way, What, Work};

/// What has a span of its own when a worker goes through a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanPer {
    /// Each trace of the batch: the span is a child of the item's context.
    #[default]
    Item,
    /// The batch: the span begins a trace of its own and links to the contexts of the items, 128 at
    /// most. For large batches of traced items.
    Batch,
}

/// Makes spans of what the stages of a pipeline do. Give it to a wire, a conduit, a generator or a
/// sink as its observer; clones do the same.
///
/// - An item that comes with a context has, at each stage, a child of it: the batch in which the
///   stage worked on it.
/// - Of the items that come with none, one now and then begins a trace. Its root span goes from the
///   moment when it entered to its verdict.
/// - Sampled items that come with a context have such a span, too, as a child of it.
///
/// Items whose context says that it is not sampled have no spans.
#[derive(Clone)]
pub struct Traces {
    queue: Arc<Queue>,
    setting: Setting,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) span_per: SpanPer,
    /// How often an item begins a trace; never, if `None`.
    pub(crate) roots_every: Option<Duration>,
}

/// The spans of one stage.
struct StageTraces {
    stage: Arc<Stage>,
    queue: Arc<Queue>,
    setting: Setting,
    /// Gives the root span of a trace that began here its id, so that it is known again.
    key: RandomState,
    pace: Pace,
}

/// Leave for one thing now and then, by the time that batches bring.
struct Pace {
    is_due: AtomicBool,
    epoch: OnceLock<Instant>,
    /// When the next is due, in nanoseconds since the epoch.
    next: AtomicU64,
    every: u64,
}

// === impl Traces ===

impl Traces {
    pub(crate) const fn new(queue: Arc<Queue>, setting: Setting) -> Self {
        Self { queue, setting }
    }
}

impl Observer for Traces {
    fn observe(&self, _: &Event<'_>) {}

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        if self.queue.is_closed() {
            return None;
        }
        let view = stage.view();
        Some(Arc::new(StageTraces {
            stage: Arc::new(Stage { name: view.name.as_ref().to_owned(), kind: view.kind }),
            queue: Arc::clone(&self.queue),
            setting: self.setting,
            key: RandomState::new(),
            pace: Pace::new(self.setting.roots_every.unwrap_or_default()),
        }))
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").field("setting", &self.setting).finish_non_exhaustive()
    }
}

// === impl StageTraces ===

impl StageTraces {
    /// The id of the root span of a trace that begins here.
    fn root_of(&self, trace_id: u128) -> u64 {
        self.key.hash_one(trace_id).max(1)
    }

    fn push(&self, what: What) {
        self.queue.push(Record { stage: Arc::clone(&self.stage), what });
    }
}

impl StageObserver for StageTraces {
    fn batch(&self, batch: &BatchReport<'_>) {
        self.pace.pass(batch.started);
        if batch.traces.is_empty() {
            return;
        }
        let traces = distinct(batch.traces);
        let work = Work {
            worker: batch.worker,
            taken: batch.taken,
            emitted: batch.emitted,
            failed: batch.failed,
            started: batch.started,
            worked: batch.worked,
            handed_on: batch.handed_on,
        };
        match self.setting.span_per {
            SpanPer::Item => {
                for trace in traces {
                    self.push(What::Part(trace, work));
                }
            }
            SpanPer::Batch if !traces.is_empty() => self.push(What::Batch(traces, work)),
            SpanPer::Batch => {}
        }
    }

    fn finished(&self, item: &Finished) {
        if let Some(trace) = item.trace.filter(|trace| trace.is_sampled()) {
            self.push(What::Item(Way {
                trace,
                is_root: trace.span_id() == self.root_of(trace.trace_id()),
                entered: item.entered,
                age: item.age,
                verdict: item.verdict,
            }));
        }
    }

    fn sample_every(&self) -> Duration {
        self.setting.roots_every.unwrap_or(Duration::MAX)
    }

    fn begin_trace(&self) -> Option<TraceContext> {
        if self.setting.roots_every.is_none() || !self.pace.take() {
            return None;
        }
        let trace_id = u128::from_be_bytes(RandomIdGenerator::default().new_trace_id().to_bytes());
        TraceContext::new(trace_id, self.root_of(trace_id), true)
    }

    fn wants_traces(&self) -> bool {
        true
    }
}

/// The sampled ones, each once.
fn distinct(traces: &[TraceContext]) -> Vec<TraceContext> {
    let mut traces: Vec<_> = traces.iter().copied().filter(|trace| trace.is_sampled()).collect();
    traces.sort_unstable_by_key(|trace| (trace.trace_id(), trace.span_id()));
    traces.dedup();
    traces
}

// === impl Pace ===

impl Pace {
    fn new(every: Duration) -> Self {
        let every = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX);
        Self {
            is_due: AtomicBool::new(true),
            epoch: OnceLock::new(),
            next: AtomicU64::new(every),
            every,
        }
    }

    /// It is `now`.
    fn pass(&self, now: Instant) {
        let passed = now.saturating_duration_since(*self.epoch.get_or_init(|| now));
        let passed = u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX);
        let next = self.next.load(Ordering::Relaxed);
        let after = passed.saturating_add(self.every);
        let (order, fail) = (Ordering::Relaxed, Ordering::Relaxed);
        if passed >= next && self.next.compare_exchange(next, after, order, fail).is_ok() {
            self.is_due.store(true, Ordering::Relaxed);
        }
    }

    /// Takes the leave, if there is one.
    fn take(&self) -> bool {
        self.is_due.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
