//! Leave for one call.

use std::borrow::Borrow;
use std::fmt;
use std::thread::panicking;
use std::time::{Duration, Instant};

use crate::breaker::CircuitBreaker;
use crate::outcome::Outcome;
use crate::state::Grant;
use crate::tally::Tally;

/// Leave for one call, which owes its outcome.
///
/// Dropped without one it records a failure if the thread unwinds, and otherwise, as when a future
/// is cancelled, what [`with_cancel_outcome`](crate::CircuitBreakerBuilder::with_cancel_outcome)
/// says. The place of a probe is given back in any case.
///
/// An outcome counts in the state in which the call was admitted: one that comes after a trip or a
/// reset says nothing about the time since, and is left out.
#[must_use = "a permit that is dropped has no outcome"]
pub struct Permit<B: Borrow<CircuitBreaker> = CircuitBreaker> {
    breaker: B,
    grant: Grant,
    /// When it was given, if the breaker cares how long calls take.
    started: Option<Instant>,
    is_settled: bool,
    /// Whether the thread unwound when it was given.
    was_panicking: bool,
}

// === impl Permit ===

impl<B: Borrow<CircuitBreaker>> Permit<B> {
    #[inline]
    pub(crate) fn new(breaker: B, grant: Grant) -> Self {
        let shared = &breaker.borrow().shared;
        let started = shared.slow.map(|_| shared.clock().now());
        Self { breaker, grant, started, is_settled: false, was_panicking: panicking() }
    }

    /// Whether the call is a probe of a breaker that is half-open.
    pub const fn is_probe(&self) -> bool {
        self.grant.is_probe
    }

    /// The call went well. If the breaker looks for slow calls, the time since the permit was given
    /// is what the call took.
    #[inline]
    pub fn success(self) {
        self.settle(Outcome::Success, None);
    }

    /// The call failed. The time counts as with [`success`](Self::success).
    #[inline]
    pub fn failure(self) {
        self.settle(Outcome::Failure, None);
    }

    /// The call says nothing about the health of what was called.
    #[inline]
    pub fn ignore(self) {
        self.settle(Outcome::Ignored, None);
    }

    /// The call came to `outcome` and took `elapsed`.
    #[inline]
    pub fn record(self, outcome: Outcome, elapsed: Duration) {
        self.settle(outcome, Some(elapsed));
    }

    /// The call came to `outcome`. The time counts as with [`success`](Self::success).
    #[inline]
    pub fn outcome(self, outcome: Outcome) {
        self.settle(outcome, None);
    }

    #[inline]
    fn settle(mut self, outcome: Outcome, elapsed: Option<Duration>) {
        self.is_settled = true;
        let is_slow = self.breaker.borrow().shared.slow.is_some_and(|threshold| {
            elapsed.or_else(|| self.elapsed()).is_some_and(|elapsed| elapsed >= threshold)
        });
        self.report(outcome, is_slow);
    }

    fn elapsed(&self) -> Option<Duration> {
        let now = self.breaker.borrow().shared.clock().now();
        self.started.map(|started| now.saturating_duration_since(started))
    }

    #[inline]
    fn report(&self, outcome: Outcome, is_slow: bool) {
        let tally = match outcome {
            Outcome::Success => Tally::one(false, is_slow),
            Outcome::Failure => Tally::one(true, is_slow),
            Outcome::Ignored => Tally::default(),
        };
        self.breaker.borrow().shared.report(self.grant, &tally);
    }
}

impl<B: Borrow<CircuitBreaker>> Drop for Permit<B> {
    #[inline]
    fn drop(&mut self) {
        if self.is_settled {
            return;
        }
        let outcome = if panicking() && !self.was_panicking {
            Outcome::Failure
        } else {
            self.breaker.borrow().shared.on_cancel
        };
        self.report(outcome, false);
    }
}

impl<B: Borrow<CircuitBreaker>> fmt::Debug for Permit<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("is_probe", &self.grant.is_probe).finish_non_exhaustive()
    }
}
