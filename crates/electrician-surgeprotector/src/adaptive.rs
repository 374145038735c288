//! A limit of concurrency that finds itself.

mod aimd;
mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_types::Clock;

pub use builder::AdaptiveBuilder;

use crate::slots::Slots;
use aimd::{Aimd, Sample};

/// Limits how many calls are under way at once, by what becomes of them. Clones share the limit.
///
/// Additive increase, multiplicative decrease (D.-M. Chiu and R. Jain, "Analysis of the increase
/// and decrease algorithms for congestion avoidance in computer networks", 1989). A success while
/// at least four fifths of the limit are in use raises it by `1 / limit`, so by one for every limit
/// of successes. A failure, or a success that took longer than `tolerance` times the baseline,
/// lowers it to `backoff` times what it was; calls that began before the last decrease do not
/// lower it again, because they say nothing new. The baseline is the shortest time of a success
/// among the last one to two thousand.
///
/// # Order
///
/// Those who wait in [`acquire`](Self::acquire) get permits in the order in which they came, and
/// before any `try_acquire` that comes while they wait. A waiting future that is not polled holds
/// up those behind it, until it is dropped.
///
/// # Cancelling
///
/// An `acquire` can be dropped at any time: it has then taken nothing.
#[derive(Clone)]
pub struct Adaptive {
    core: Arc<Core>,
}

/// The right to one call, and the duty to say what became of it. Dropped without a word, it counts
/// as a failure.
#[must_use = "dropping a permit counts as a failure"]
pub struct Permit {
    core: Arc<Core>,
    started: Instant,
    is_settled: bool,
}

struct Core {
    clock: Arc<dyn Clock>,
    slots: Slots<Aimd>,
}

// === impl Adaptive ===

impl Adaptive {
    /// A builder with the defaults: from 1 to 1000, at first 20, backoff 0.9, tolerance 2.
    pub fn builder() -> AdaptiveBuilder {
        AdaptiveBuilder::new()
    }

    fn new(aimd: Aimd, clock: Arc<dyn Clock>) -> Self {
        Self { core: Arc::new(Core { clock, slots: Slots::new(aimd) }) }
    }

    /// A permit, if there is one now and nobody waits for it.
    pub fn try_acquire(&self) -> Option<Permit> {
        self.core.slots.try_take().then(|| self.permit())
    }

    /// Waits for a permit.
    pub async fn acquire(&self) -> Permit {
        self.core.slots.take().await;
        self.permit()
    }

    /// How many calls may be under way now.
    pub fn limit(&self) -> usize {
        self.core.slots.use_of().0
    }

    /// How many calls are under way.
    pub fn in_flight(&self) -> usize {
        self.core.slots.use_of().1
    }

    /// For a place that was taken.
    fn permit(&self) -> Permit {
        let core = Arc::clone(&self.core);
        Permit { started: core.clock.now(), core, is_settled: false }
    }

    /// `count` calls that took `elapsed` each are over.
    pub(crate) fn exit(&self, count: usize, went_well: Option<bool>, elapsed: Duration) {
        if count > 0 {
            let now = self.core.clock.now();
            let started = now.checked_sub(elapsed).unwrap_or(now);
            (0..count).for_each(|_| self.core.settle(started, now, went_well));
        }
    }

    pub(crate) fn slots(&self) -> &Slots<Aimd> {
        &self.core.slots
    }
}

impl fmt::Debug for Adaptive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, in_flight) = self.core.slots.use_of();
        f.debug_struct("Adaptive")
            .field("limit", &limit)
            .field("in_flight", &in_flight)
            .finish_non_exhaustive()
    }
}

// === impl Permit ===

impl Permit {
    /// The call went well.
    pub fn succeed(mut self) {
        self.settle(Some(true));
    }

    /// The call failed, in a way that may be due to load.
    pub fn fail(mut self) {
        self.settle(Some(false));
    }

    /// The call says nothing about load: it was given up, say, or its input was wrong.
    pub fn ignore(mut self) {
        self.settle(None);
    }

    fn settle(&mut self, went_well: Option<bool>) {
        if std::mem::replace(&mut self.is_settled, true) {
            return;
        }
        self.core.settle(self.started, self.core.clock.now(), went_well);
    }
}

// === impl Core ===

impl Core {
    fn settle(&self, started: Instant, now: Instant, went_well: Option<bool>) {
        self.slots.exit(|aimd, in_flight| {
            if let Some(went_well) = went_well {
                aimd.learn(&Sample { started, now, in_flight, went_well });
            }
        });
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.settle(Some(false));
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("started", &self.started).finish_non_exhaustive()
    }
}
