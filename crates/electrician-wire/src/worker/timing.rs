//! How long a worker works on its batches, for whoever wants to know.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_types::{Batch, BatchReport, Clock, StageObserver, TraceContext};

use crate::panics;
use crate::queue::Queue;
use crate::stage::StageRun;

/// The times of the batch in a worker's hands. Three looks at the clock for a batch; two when it
/// follows the last one at once.
pub(super) struct Timing {
    observer: Arc<dyn StageObserver>,
    clock: Arc<dyn Clock>,
    due: Box<dyn Due>,
    index: usize,
    wants_traces: bool,
    /// When the work began that was not reported yet.
    started: Instant,
    /// Nothing has happened since the last report, which was made at `started`.
    is_reported: bool,
    goes_on: bool,
    /// When items began to be handed on; `None` before and after.
    handing: Option<Instant>,
    /// When the last handing on ended.
    handed: Instant,
    handed_on: Duration,
    /// When a wait began for a guard or for another attempt.
    pausing: Option<Instant>,
    paused: Duration,
    /// Work on items that are still in hand.
    carried: Duration,
    /// Those of the items taken; kept for its allocation.
    traces: Vec<TraceContext>,
    every: Duration,
    sampled: Instant,
}

/// Where it is said that the next item is to be sampled.
trait Due: Send {
    fn set_due(&self);
}

// === impl Timing ===

impl Timing {
    /// For worker `index`, if somebody watches `stage`.
    pub(super) fn of<In: Send + 'static>(stage: &StageRun<In>, index: usize) -> Option<Self> {
        let observer = Arc::clone(stage.stage_observer.get()?);
        let now = stage.clock.now();
        let setting = panics::caught(|| (observer.wants_traces(), observer.sample_every()));
        let (wants_traces, every) = setting.unwrap_or((false, Duration::MAX));
        Some(Self {
            observer,
            clock: Arc::clone(&stage.clock),
            due: Box::new(Arc::clone(&stage.queue)),
            index,
            wants_traces,
            started: now,
            is_reported: false,
            goes_on: false,
            handing: None,
            handed: now,
            handed_on: Duration::ZERO,
            pausing: None,
            paused: Duration::ZERO,
            carried: Duration::ZERO,
            traces: Vec::new(),
            every,
            sampled: now,
        })
    }

    /// The next items were there at once.
    pub(super) const fn go_on(&mut self) {
        self.goes_on = self.is_reported;
    }

    /// `items` were taken from the queue.
    pub(super) fn begin<T>(&mut self, items: &Batch<T>) {
        let now = if mem::take(&mut self.goes_on) { self.started } else { self.clock.now() };
        self.is_reported = false;
        self.started = now;
        self.handed = now;
        for receipt in items.receipts() {
            if let Some(wait) = receipt.pass(now) {
                drop(panics::caught(|| self.observer.waited(wait)));
            }
            if self.wants_traces {
                self.traces.extend(receipt.trace());
            }
        }
    }

    /// `outputs` are to be handed on.
    pub(super) fn begin_handing_on<T>(&mut self, outputs: &Batch<T>) {
        let now = self.clock.now();
        self.is_reported = false;
        self.handing = Some(now);
        for receipt in outputs.receipts() {
            receipt.pass(now);
        }
    }

    pub(super) fn end_handing_on(&mut self) {
        if let Some(began) = self.handing.take() {
            self.handed = self.clock.now();
            self.handed_on += self.handed.saturating_duration_since(began);
        }
    }

    /// The worker waits for something else than work.
    pub(super) fn begin_pause(&mut self) {
        self.is_reported = false;
        self.pausing = Some(self.clock.now());
    }

    pub(super) fn end_pause(&mut self) {
        if let Some(began) = self.pausing.take() {
            self.paused += self.clock.now().saturating_duration_since(began);
        }
    }

    /// Nothing is accounted for yet, and what was worked is not to be forgotten: items are written
    /// and not flushed, or wait to be tried again.
    pub(super) fn carry(&mut self) {
        let now = self.clock.now();
        self.carried += self.worked_until(now);
        self.paused = Duration::ZERO;
        self.started = now;
        self.handed = now;
    }

    fn worked_until(&self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.started);
        passed.saturating_sub(self.handed_on + self.paused)
    }

    /// The batch, or a part of it, is accounted for.
    pub(super) fn report(&mut self, taken: u64, emitted: u64, failed: u64) {
        // Nothing happens between the handing on and this, or nothing was handed on.
        let is_handed = self.handed > self.started;
        let now = if is_handed { self.handed } else { self.clock.now() };
        let mut report = BatchReport::new(self.index, taken, self.started);
        report.emitted = emitted;
        report.failed = failed;
        report.handed_on = self.handed_on;
        report.worked = mem::take(&mut self.carried) + self.worked_until(now);
        report.traces = &self.traces;
        drop(panics::caught(|| self.observer.batch(&report)));
        self.traces.clear();
        self.handed_on = Duration::ZERO;
        self.paused = Duration::ZERO;
        self.started = now;
        self.is_reported = true;
        self.handed = now;
        if now.saturating_duration_since(self.sampled) >= self.every {
            self.sampled = now;
            self.due.set_due();
        }
    }
}

impl<T: Send> Due for Arc<Queue<T>> {
    fn set_due(&self) {
        if let Some(sampler) = self.sampler() {
            sampler.set_due();
        }
    }
}
