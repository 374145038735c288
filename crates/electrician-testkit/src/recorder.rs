//! An observer that remembers everything it was told.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use electrician_types::{
    BatchReport, Event, Finished, Inspect, Observer, StageObserver, StageView, TraceContext,
};

use crate::changes::lock;

/// An observer for tests: it remembers every event and, for each stage of each run, every batch and
/// every sampled item. Memory grows with what is told. Clones are the same recorder.
#[derive(Clone, Default)]
pub struct Recorder {
    shared: Arc<Shared>,
    settings: Settings,
}

#[derive(Default)]
struct Shared {
    events: Mutex<Vec<String>>,
    stages: Mutex<Vec<Arc<StageRecord>>>,
}

#[derive(Clone, Copy, Default)]
struct Settings {
    sample_every: Duration,
    has_traces: bool,
}

/// What was told of one stage in one run.
pub struct StageRecord {
    stage: Weak<dyn Inspect>,
    first: StageView,
    settings: Settings,
    begun: AtomicU64,
    batches: Mutex<Vec<BatchRecord>>,
    waits: Mutex<Vec<Duration>>,
    finished: Mutex<Vec<Finished>>,
}

/// A [`BatchReport`] that borrows nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BatchRecord {
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
    /// How long it worked on them.
    pub worked: Duration,
    /// How long it took to hand on what came out.
    pub handed_on: Duration,
    /// The traces that its items belong to.
    pub traces: Vec<TraceContext>,
}

// === impl Recorder ===

impl Recorder {
    /// A recorder that samples an item after each batch and wants no traces.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has items sampled at most this often. The default is zero: after each batch.
    pub const fn with_sample_every(mut self, least: Duration) -> Self {
        self.settings.sample_every = least;
        self
    }

    /// Begins a trace for each sampled item that has none, and wants those of the batches. The
    /// traces of a stage are 1, 2, 3 and so on.
    pub const fn with_traces(mut self) -> Self {
        self.settings.has_traces = true;
        self
    }

    /// Each event so far, as its component and its kind.
    pub fn events(&self) -> Vec<String> {
        lock(&self.shared.events).clone()
    }

    /// The stages, sources and outputs that were shown, in that order.
    pub fn stages(&self) -> Vec<Arc<StageRecord>> {
        lock(&self.shared.stages).clone()
    }

    /// The stage of this name that was shown last.
    ///
    /// # Panics
    ///
    /// Panics if there is none.
    #[track_caller]
    pub fn stage_named(&self, name: &str) -> Arc<StageRecord> {
        let stages = lock(&self.shared.stages);
        let found = stages.iter().rfind(|stage| &*stage.first.name == name);
        let names = || stages.iter().map(|stage| stage.first.name.to_string()).collect::<Vec<_>>();
        Arc::clone(found.unwrap_or_else(|| panic!("no stage {name:?} among {:?}", names())))
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event<'_>) {
        lock(&self.shared.events).push(format!("{} {}", event.component(), event.kind()));
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        let record = Arc::new(StageRecord {
            stage: Arc::downgrade(stage),
            first: stage.view(),
            settings: self.settings,
            begun: AtomicU64::new(0),
            batches: Mutex::default(),
            waits: Mutex::default(),
            finished: Mutex::default(),
        });
        lock(&self.shared.stages).push(Arc::clone(&record));
        Some(record)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("events", &self.events().len()).finish_non_exhaustive()
    }
}

// === impl StageRecord ===

impl StageRecord {
    /// How it was when it was shown.
    pub const fn first(&self) -> &StageView {
        &self.first
    }

    /// How it is at this moment; `None` when the run is gone.
    pub fn view(&self) -> Option<StageView> {
        self.stage.upgrade().map(|stage| stage.view())
    }

    /// Its batches so far.
    pub fn batches(&self) -> Vec<BatchRecord> {
        lock(&self.batches).clone()
    }

    /// Items taken, emitted and failed over all batches.
    pub fn totals(&self) -> (u64, u64, u64) {
        lock(&self.batches).iter().fold((0, 0, 0), |(taken, emitted, failed), batch| {
            (taken + batch.taken, emitted + batch.emitted, failed + batch.failed)
        })
    }

    /// How long sampled items waited in its queue.
    pub fn waits(&self) -> Vec<Duration> {
        lock(&self.waits).clone()
    }

    /// The sampled items that entered here and are done with.
    pub fn finished(&self) -> Vec<Finished> {
        lock(&self.finished).clone()
    }
}

impl StageObserver for StageRecord {
    fn batch(&self, batch: &BatchReport<'_>) {
        lock(&self.batches).push(BatchRecord {
            worker: batch.worker,
            taken: batch.taken,
            emitted: batch.emitted,
            failed: batch.failed,
            started: batch.started,
            worked: batch.worked,
            handed_on: batch.handed_on,
            traces: batch.traces.to_vec(),
        });
    }

    fn waited(&self, wait: Duration) {
        lock(&self.waits).push(wait);
    }

    fn finished(&self, item: &Finished) {
        lock(&self.finished).push(*item);
    }

    fn sample_every(&self) -> Duration {
        self.settings.sample_every
    }

    fn begin_trace(&self) -> Option<TraceContext> {
        let number = self.begun.fetch_add(u64::from(self.settings.has_traces), Ordering::Relaxed);
        let number = number + u64::from(self.settings.has_traces);
        TraceContext::new(number.into(), number, true)
    }

    fn wants_traces(&self) -> bool {
        self.settings.has_traces
    }
}

impl fmt::Debug for StageRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StageRecord").field("name", &self.first.name).finish_non_exhaustive()
    }
}
