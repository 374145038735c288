//! Leave for one call.

use std::borrow::Borrow;
use std::fmt;
use std::thread::panicking;
use std::time::{Duration, Instant};

use crate::breaker::CircuitBreaker;
use crate::gate::Look;
use crate::outcome::Outcome;
use crate::shared::{Admission, Shared};
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
    look: Look,
    /// When it was given, if the breaker cares how long calls take.
    begun: Option<Instant>,
    is_settled: bool,
    /// Whether the thread unwound when it was given.
    was_panicking: bool,
}

// === impl Permit ===

impl<B: Borrow<CircuitBreaker>> Permit<B> {
    #[inline]
    pub(crate) fn new(breaker: B, admission: Admission) -> Self {
        let look = admission.look;
        let begun = breaker.borrow().shared.begin(look);
        Self { breaker, look, begun, is_settled: false, was_panicking: panicking() }
    }

    /// Whether the call is a probe of a breaker that is half-open.
    pub const fn is_probe(&self) -> bool {
        self.look.is_probing()
    }

    /// The call went well. If the breaker looks for slow calls, the time since the permit was given
    /// is what the call took.
    #[inline]
    pub fn success(self) {
        self.outcome(Outcome::Success);
    }

    /// The call failed. The time counts as with [`success`](Self::success).
    #[inline]
    pub fn failure(self) {
        self.outcome(Outcome::Failure);
    }

    /// The call says nothing about the health of what was called.
    #[inline]
    pub fn ignore(self) {
        self.outcome(Outcome::Ignored);
    }

    /// The call came to `outcome`. The time counts as with [`success`](Self::success).
    #[inline]
    pub fn outcome(mut self, outcome: Outcome) {
        self.is_settled = true;
        let shared = &*self.breaker.borrow().shared;
        if outcome == Outcome::Failure || !shared.is_idle_since(self.look) {
            settle(shared, self.look, outcome, self.begun);
        }
    }

    /// The call came to `outcome` and took `elapsed`.
    #[inline]
    pub fn record(mut self, outcome: Outcome, elapsed: Duration) {
        self.is_settled = true;
        let shared = &*self.breaker.borrow().shared;
        if outcome == Outcome::Failure || !shared.is_idle_since(self.look) {
            let is_slow = shared.slow.is_some_and(|threshold| elapsed >= threshold);
            tell(shared, self.look, outcome, is_slow);
        }
    }
}

impl<B: Borrow<CircuitBreaker>> Drop for Permit<B> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_settled {
            abandon(&self.breaker.borrow().shared, self.look, self.was_panicking);
        }
    }
}

impl<B: Borrow<CircuitBreaker>> fmt::Debug for Permit<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("is_probe", &self.is_probe()).finish_non_exhaustive()
    }
}

// These take values, not the permit, which so can stay in registers.

#[cold]
fn settle(shared: &Shared, look: Look, outcome: Outcome, begun: Option<Instant>) {
    let is_slow = shared.slow.zip(begun).is_some_and(|(threshold, begun)| {
        shared.clock().now().saturating_duration_since(begun) >= threshold
    });
    tell(shared, look, outcome, is_slow);
}

#[cold]
fn abandon(shared: &Shared, look: Look, was_panicking: bool) {
    let has_panicked = panicking() && !was_panicking;
    let outcome = if has_panicked { Outcome::Failure } else { shared.on_cancel };
    tell(shared, look, outcome, false);
}

#[cold]
fn tell(shared: &Shared, look: Look, outcome: Outcome, is_slow: bool) {
    let tally = match outcome {
        Outcome::Success => Tally::one(false, is_slow),
        Outcome::Failure => Tally::one(true, is_slow),
        Outcome::Ignored => Tally::default(),
    };
    shared.record(Admission { look, calls: 1 }, tally);
}
