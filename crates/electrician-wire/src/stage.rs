//! What the workers of one stage share during a run, and its account.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use electrician_types::{
    Clock, ComponentKind, Denied, Error, Event, Guard, Inspect, Ledger, Observer, Receipt, StageId,
    StageObserver, StageView,
};

use crate::dead_letter::DeadLetterPort;
use crate::guards::Guards;
use crate::panics;
use crate::queue::Queue;
use crate::reorder::Reorder;
use crate::sample::Sampler;
use crate::sync::{AtomicU64, AtomicUsize, Ordering};
use crate::tally::Tally;

/// How many failures of a stage are kept with their errors.
const KEPT_FAILURES: usize = 16;

/// What the workers of one stage share during a run.
pub(crate) struct StageRun<In> {
    pub(crate) name: Arc<str>,
    pub(crate) queue: Arc<Queue<In>>,
    pub(crate) tallies: Box<[Arc<Tally>]>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) is_sink: bool,
    /// Where items go that the queue can never take.
    pub(crate) letters: Option<DeadLetterPort<In>>,
    /// Outputs handed back after the workers were gone.
    pub(crate) late: AtomicU64,
    /// Those it hands items to.
    pub(crate) feeds: Vec<StageId>,
    /// Who wants to know the times of batches.
    pub(crate) stage_observer: OnceLock<Arc<dyn StageObserver>>,
    observer: Option<Arc<dyn Observer>>,
    failures: Mutex<Failures>,
    /// Those that are about no item.
    faults: Mutex<Vec<Error>>,
    /// Workers that have not ended.
    live: AtomicUsize,
}

#[derive(Default)]
struct Failures {
    count: u64,
    kept: Vec<Error>,
}

/// An unfinished item from the middle of a pipeline, whatever its type.
pub struct Leftover {
    /// The stage it was bound for.
    pub stage: Arc<str>,
    /// The value; see [`downcast`](Self::downcast).
    pub value: Box<dyn Any + Send>,
    /// Its receipt, still open.
    pub receipt: Receipt,
}

/// A stage as the run sees it: without its types.
pub(crate) trait Probe: Inspect {
    /// How many items came from outside the run.
    fn accepted_from_outside(&self) -> u64;
    /// Whether what is delivered here leaves the run.
    fn is_sink(&self) -> bool;
    /// Takes every item still bound for this stage.
    fn take_rest(&self) -> Vec<Leftover>;
    fn announce_stop(&self, ledger: &Ledger);
    fn failures(&self) -> Vec<Error>;
    fn faults(&self) -> Vec<Error>;
}

/// Something that waits and has to see an abort.
pub(crate) trait Wake: Send + Sync {
    fn wake_all(&self);
    /// Drops the items inside: the run was dropped.
    fn abandon(&self);
}

// === impl StageRun ===

impl<In> StageRun<In> {
    pub(crate) fn new(
        name: Arc<str>,
        queue: Arc<Queue<In>>,
        workers: usize,
        clock: Arc<dyn Clock>,
        observer: Option<Arc<dyn Observer>>,
        is_sink: bool,
    ) -> Self {
        Self {
            name,
            queue,
            tallies: (0..workers).map(|_| Arc::default()).collect(),
            clock,
            is_sink,
            letters: None,
            late: AtomicU64::new(0),
            feeds: Vec::new(),
            stage_observer: OnceLock::new(),
            observer,
            failures: Mutex::default(),
            faults: Mutex::default(),
            live: AtomicUsize::new(workers),
        }
    }

    /// Shows the stage to its observer, who may want to know more.
    pub(crate) fn introduce(self: &Arc<Self>)
    where
        In: Send + 'static,
    {
        let stage = Arc::clone(self) as Arc<dyn Inspect>;
        let wants =
            |observer: &Arc<dyn Observer>| panics::caught(|| observer.stage(&stage)).ok()?;
        if let Some(observer) = self.observer.as_ref().and_then(wants) {
            self.queue.sample_with(Sampler::new(Arc::clone(&observer), Arc::clone(&self.clock)));
            let _: Result<_, _> = self.stage_observer.set(observer);
        }
    }

    /// A worker will take nothing more. If the queue, or its lane of it, has nobody left to take
    /// from it, it closes: whoever pushes is refused instead of waiting for ever.
    pub(crate) fn worker_ended(&self) {
        let is_last = self.live.fetch_sub(1, Ordering::AcqRel) == 1;
        if is_last || self.queue.lanes() > 1 {
            self.queue.close();
        }
    }

    /// Tells the observer, if there is one. `event` is only made when there is.
    pub(crate) fn observe<'a>(&'a self, event: impl FnOnce(&'a str) -> Event<'a>) {
        if let Some(observer) = &self.observer {
            let event = event(&self.name);
            if panics::caught(|| observer.observe(&event)).is_err() {
                tracing::debug!(component = %self.name, "an observer panicked");
            }
        }
    }

    /// Notes an item's final failure: keeps the first errors, and logs the first, then at ever
    /// larger intervals, so that a broken dependency cannot flood the log.
    pub(crate) fn note_failure(&self, error: &Error, attempts: u32, dead_lettered: bool) {
        self.observe(|component| Event::Failed { component, attempts, error, dead_lettered });
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.count += 1;
        let count = failures.count;
        if failures.kept.len() < KEPT_FAILURES {
            failures.kept.push(error.clone());
        }
        drop(failures);
        if !dead_lettered && (count <= KEPT_FAILURES as u64 || count.is_power_of_two()) {
            tracing::warn!(component = %self.name, attempts, count, %error, "an item failed");
        }
    }

    /// Tells the observer that `guard` gives no leave.
    pub(crate) fn note_denial(&self, guard: &dyn Guard) {
        if self.is_observed()
            && let Some(Denied { reason, retry_after }) = guard.denial()
        {
            self.observe(|component| Event::Denied { component, reason, retry_after });
        }
    }

    /// Whether anybody is told.
    pub(crate) const fn is_observed(&self) -> bool {
        self.observer.is_some()
    }

    /// Notes a failure of the stage that is about no item.
    pub(crate) fn note_fault(&self, error: &Error) {
        tracing::error!(component = %self.name, %error, "a sink failed");
        self.observe(|component| Event::SinkFailed { component, error });
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.len() < KEPT_FAILURES {
            faults.push(self.own(error.clone()));
        }
    }

    /// `error` with this stage's name.
    pub(crate) fn own(&self, error: Error) -> Error {
        if error.component() == &*self.name {
            return error;
        }
        error.with_component(Cow::Owned(self.name.to_string()))
    }

    fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::default();
        // Columns before `accepted`: a reader of a live ledger may see an item as in flight, never
        // an item that came from nowhere.
        for tally in &self.tallies {
            tally.add_to(&mut ledger);
        }
        let entry = self.queue.entry();
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        ledger.returned += load(&entry.rest) + load(&entry.returned) + load(&self.late);
        let (failed, dead_lettered) = (load(&entry.failed), load(&entry.dead_lettered));
        ledger.failed += failed;
        ledger.dead_lettered += dead_lettered;
        let turned_away = load(&entry.returned) + failed + dead_lettered;
        ledger.accepted = self.queue.accepted() + turned_away;
        ledger
    }
}

impl<In: Send + 'static> Inspect for StageRun<In> {
    fn view(&self) -> StageView {
        let kind = if self.is_sink { ComponentKind::Sink } else { ComponentKind::Wire };
        let mut view = StageView::new(self.queue.id, kind, Arc::clone(&self.name));
        view.feeds.clone_from(&self.feeds);
        view.workers = self.tallies.len();
        view.queued = self.queue.len();
        view.capacity = self.queue.capacity();
        view.in_hand = self.tallies.iter().map(|tally| tally.in_hand()).sum();
        view.parked = self.tallies.iter().map(|tally| tally.parked()).sum();
        for tally in &self.tallies {
            tally.add_activity_to(&mut view.doing);
        }
        view.guards = self.queue.guards().map(Guards::views).unwrap_or_default();
        view.ledger = self.ledger();
        view
    }
}

impl<In: Send + 'static> Probe for StageRun<In> {
    fn accepted_from_outside(&self) -> u64 {
        let entry = self.queue.entry();
        if !entry.is_entry.load(Ordering::Relaxed) {
            return 0;
        }
        self.ledger().accepted.saturating_sub(entry.handoffs.load(Ordering::Relaxed))
    }

    fn is_sink(&self) -> bool {
        self.is_sink
    }

    fn failures(&self) -> Vec<Error> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).kept.clone()
    }

    fn faults(&self) -> Vec<Error> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take_rest(&self) -> Vec<Leftover> {
        let rest = self.queue.take_rest();
        rest.into_iter()
            .map(|item| {
                let (value, receipt) = item.into_parts();
                Leftover { stage: Arc::clone(&self.name), value: Box::new(value), receipt }
            })
            .collect()
    }

    fn announce_stop(&self, ledger: &Ledger) {
        let items = ledger.returned;
        if items > 0 {
            self.observe(|component| Event::HandedBack { component, items });
        }
        self.observe(|component| Event::Stopped { component, ledger });
    }
}

impl<T: Send> Wake for Queue<T> {
    fn wake_all(&self) {
        Self::wake_all(self);
    }

    fn abandon(&self) {
        Self::abandon(self);
    }
}

impl<T: Send> Wake for Reorder<T> {
    fn wake_all(&self) {
        Self::wake_all(self);
    }

    fn abandon(&self) {
        drop(self.take_rest());
    }
}

// === impl Leftover ===

impl Leftover {
    /// The value as `T`, or the leftover again when it is of another type.
    pub fn downcast<T: 'static>(self) -> Result<(T, Receipt), Self> {
        match self.value.downcast() {
            Ok(value) => Ok((*value, self.receipt)),
            Err(value) => Err(Self { value, ..self }),
        }
    }
}

impl fmt::Debug for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leftover").field("stage", &self.stage).finish_non_exhaustive()
    }
}
