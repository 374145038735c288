//! An observer whose panics are its own.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use electrician_types::{
    BatchReport, Event, Finished, Inspect, Observer, StageObserver, TraceContext,
};

use crate::health::{Chart, Ward};

/// An observer as a sensor keeps it: its panics are caught and counted, and those beside it are told
/// all the same.
pub struct Isolated<O> {
    observer: O,
    care: Care,
}

/// The same for what it gives for a stage.
struct IsolatedStage {
    observer: Arc<dyn StageObserver>,
    care: Care,
}

#[derive(Clone)]
struct Care {
    ward: Arc<Ward>,
    chart: Arc<Chart>,
}

// === impl Isolated ===

impl<O> Isolated<O> {
    pub(crate) fn new(observer: O, ward: &Arc<Ward>) -> Self {
        Self { observer, care: Care { ward: Arc::clone(ward), chart: ward.admit() } }
    }
}

impl<O: Observer> Observer for Isolated<O> {
    fn observe(&self, event: &Event<'_>) {
        self.care.call(|| self.observer.observe(event));
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        let observer = self.care.call(|| self.observer.stage(stage))??;
        Some(Arc::new(IsolatedStage { observer, care: self.care.clone() }))
    }
}

impl<O> fmt::Debug for Isolated<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Isolated").field(&self.care.chart).finish()
    }
}

// === impl IsolatedStage ===

impl StageObserver for IsolatedStage {
    fn batch(&self, batch: &BatchReport<'_>) {
        self.care.call(|| self.observer.batch(batch));
    }

    fn waited(&self, wait: Duration) {
        self.care.call(|| self.observer.waited(wait));
    }

    fn finished(&self, item: &Finished) {
        self.care.call(|| self.observer.finished(item));
    }

    fn sample_every(&self) -> Duration {
        self.care.call(|| self.observer.sample_every()).unwrap_or(Duration::MAX)
    }

    fn begin_trace(&self) -> Option<TraceContext> {
        self.care.call(|| self.observer.begin_trace())?
    }

    fn wants_traces(&self) -> bool {
        self.care.call(|| self.observer.wants_traces()).unwrap_or(false)
    }
}

// === impl Care ===

impl Care {
    /// Calls user code; `None` if it is switched off or panics.
    fn call<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        if self.chart.is_off() {
            return None;
        }
        catch_unwind(AssertUnwindSafe(f)).map_err(|payload| self.note_panic(payload)).ok()
    }

    #[cold]
    fn note_panic(&self, payload: Box<dyn Any + Send>) {
        // What was thrown may panic when it is dropped; then what that throws is let go.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
        let limit = self.ward.limit.load(Ordering::Relaxed);
        let (panics, is_switched_off) = self.chart.note_panic(limit);
        if is_switched_off {
            tracing::warn!(panics, "an observer panicked and was switched off");
        } else if panics.is_power_of_two() {
            tracing::debug!(panics, "an observer panicked");
        }
    }
}
