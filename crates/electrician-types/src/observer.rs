//! Who watches a run.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{Event, Inspect, TraceContext, Verdict};

/// Watches a run.
///
/// # Laws
///
/// Called on the threads that do the work, at most a few times per batch, or part of one, and once
/// per failure, recovery and refused submit: it must not block. A panic is caught and ends nothing.
pub trait Observer: Send + Sync + 'static {
    /// Takes notice of `event`.
    fn observe(&self, event: &Event<'_>);

    /// A stage, a source or an output is about to run. It may be kept and looked at as long as one
    /// likes; that does not keep the run going, and not the items inside.
    ///
    /// What is given back watches that stage's batches and their times; the default gives nothing,
    /// and then no clock is read for it.
    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        let _ = stage;
        None
    }
}

/// Watches the batches of one stage in one run, with their times.
///
/// # Laws
///
/// As for [`Observer`]: it must not block, and a panic is caught and ends nothing.
pub trait StageObserver: Send + Sync + 'static {
    /// A worker went through a batch, or a part of one.
    fn batch(&self, batch: &BatchReport<'_>);

    /// A sampled item was taken from the stage's queue, in which it had waited this long.
    fn waited(&self, wait: Duration) {
        let _ = wait;
    }

    /// A sampled item that entered the pipeline here is done with: see [`Finished`].
    fn finished(&self, item: &Finished) {
        let _ = item;
    }

    /// How often an item that enters the pipeline here is sampled at most: its waits and its whole
    /// time are measured on its way. At most 32 sampled items are under way at a time. The default
    /// is one in a millisecond for each worker of the stage.
    fn sample_every(&self) -> Duration {
        Duration::from_millis(1)
    }

    /// The trace that a sampled item begins, if it belongs to none yet. The default is none.
    fn begin_trace(&self) -> Option<TraceContext> {
        None
    }

    /// Whether batches are to be told with the traces of their items, which costs a look at each
    /// receipt. The default is no.
    fn wants_traces(&self) -> bool {
        false
    }
}

/// What a worker did with a batch.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BatchReport<'a> {
    /// Which worker, from 0.
    pub worker: usize,
    /// How many items it took.
    pub taken: u64,
    /// How many came out.
    pub emitted: u64,
    /// How many of those taken failed for good.
    pub failed: u64,
    /// When it began with them.
    pub started: Instant,
    /// How long it worked on them, in all; waits for guards and for other attempts are not work.
    pub worked: Duration,
    /// How long it took to hand on what came out, waits for room included.
    pub handed_on: Duration,
    /// The traces that its items belong to; empty unless they are [wanted].
    ///
    /// [wanted]: StageObserver::wants_traces
    pub traces: &'a [TraceContext],
}

/// A sampled item whose receipt was settled.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Finished {
    /// When it entered the pipeline.
    pub entered: Instant,
    /// How long it was inside.
    pub age: Duration,
    /// How it ended.
    pub verdict: Verdict,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
}

impl<F: Fn(&Event<'_>) + Send + Sync + 'static> Observer for F {
    fn observe(&self, event: &Event<'_>) {
        self(event);
    }
}

// Several observers in a row.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&self, event: &Event<'_>) {
        self.0.observe(event);
        self.1.observe(event);
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        match (self.0.stage(stage), self.1.stage(stage)) {
            (Some(first), Some(second)) => Some(Arc::new((first, second))),
            (first, second) => first.or(second),
        }
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event<'_>) {
        (**self).observe(event);
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        (**self).stage(stage)
    }
}

impl StageObserver for (Arc<dyn StageObserver>, Arc<dyn StageObserver>) {
    fn batch(&self, batch: &BatchReport<'_>) {
        self.0.batch(batch);
        self.1.batch(batch);
    }

    fn waited(&self, wait: Duration) {
        self.0.waited(wait);
        self.1.waited(wait);
    }

    fn finished(&self, item: &Finished) {
        self.0.finished(item);
        self.1.finished(item);
    }

    fn sample_every(&self) -> Duration {
        self.0.sample_every().min(self.1.sample_every())
    }

    fn begin_trace(&self) -> Option<TraceContext> {
        self.0.begin_trace().or_else(|| self.1.begin_trace())
    }

    fn wants_traces(&self) -> bool {
        self.0.wants_traces() || self.1.wants_traces()
    }
}

// === impl BatchReport ===

impl BatchReport<'_> {
    /// A report of `taken` items by worker `worker`, begun at `started`.
    pub const fn new(worker: usize, taken: u64, started: Instant) -> Self {
        Self {
            worker,
            taken,
            emitted: 0,
            failed: 0,
            started,
            worked: Duration::ZERO,
            handed_on: Duration::ZERO,
            traces: &[],
        }
    }
}

// === impl Finished ===

impl Finished {
    /// An item that entered at `entered` and was settled `age` later.
    pub const fn new(entered: Instant, age: Duration, verdict: Verdict) -> Self {
        Self { entered, age, verdict, trace: None }
    }
}

impl fmt::Debug for dyn StageObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StageObserver")
    }
}
