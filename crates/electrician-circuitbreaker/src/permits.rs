//! Leave for a batch of calls.

use std::borrow::Borrow;
use std::fmt;
use std::thread::panicking;
use std::time::Duration;

use crate::breaker::CircuitBreaker;
use crate::outcome::Outcome;
use crate::shared::{Admission, Shared};
use crate::tally::Tally;

/// Leave for a batch of calls. Their outcomes are gathered here and reach the breaker in one step,
/// when the batch is [finished](Self::finish).
///
/// Failures in a row are counted in the order in which the outcomes were told, as if each call had
/// had a permit of its own. A sliding window takes a batch as its successes followed by its
/// failures and is judged once, afterwards: it should be much longer than a batch.
///
/// Dropped before it is finished, it records what it was told; if the thread unwinds, one more
/// failure, and otherwise, for each call it was told nothing about, what
/// [`with_cancel_outcome`](crate::CircuitBreakerBuilder::with_cancel_outcome) says.
#[must_use = "permits that are dropped have no outcomes"]
pub struct Permits<B: Borrow<CircuitBreaker> = CircuitBreaker> {
    breaker: B,
    admission: Admission,
    tally: Tally,
    /// Calls whose outcome is known.
    told: usize,
    is_settled: bool,
    was_panicking: bool,
}

// === impl Permits ===

impl<B: Borrow<CircuitBreaker>> Permits<B> {
    #[inline]
    pub(crate) fn new(breaker: B, admission: Admission) -> Self {
        Self {
            breaker,
            admission,
            tally: Tally::default(),
            told: 0,
            is_settled: false,
            was_panicking: panicking(),
        }
    }

    /// How many calls may be made.
    #[inline]
    pub const fn granted(&self) -> usize {
        self.admission.calls
    }

    /// Whether the calls are probes of a breaker that is half-open.
    pub const fn are_probes(&self) -> bool {
        self.admission.look.is_probing()
    }

    /// A call went well. One too many is not counted, here and below.
    #[inline]
    pub fn success(&mut self) {
        if self.takes_one() {
            self.tally.push(false, false);
        }
    }

    /// A call failed.
    #[inline]
    pub fn failure(&mut self) {
        if self.takes_one() {
            self.tally.push(true, false);
        }
    }

    /// A call says nothing.
    #[inline]
    pub fn ignore(&mut self) {
        self.takes_one();
    }

    /// A call came to `outcome` and took `elapsed`.
    #[inline]
    pub fn record(&mut self, outcome: Outcome, elapsed: Duration) {
        if self.takes_one() && outcome != Outcome::Ignored {
            let slow = self.breaker.borrow().shared.slow;
            let is_slow = slow.is_some_and(|threshold| elapsed >= threshold);
            self.tally.push(outcome == Outcome::Failure, is_slow);
        }
    }

    /// So many `successes`, then so many `failures`, and the batch is done.
    #[inline]
    pub fn record_many(mut self, successes: usize, failures: usize) {
        let left = self.granted() - self.told;
        let failures = failures.min(left);
        self.tally.append(successes.min(left - failures), failures);
        self.finish();
    }

    /// The batch is done; calls without an outcome say nothing.
    #[inline]
    pub fn finish(mut self) {
        self.is_settled = true;
        let shared = &*self.breaker.borrow().shared;
        if self.tally.failures > 0 || !shared.is_idle_since(self.admission.look) {
            shared.record(self.admission, self.tally);
        }
    }

    #[inline]
    fn takes_one(&mut self) -> bool {
        let takes = self.told < self.admission.calls;
        self.told += usize::from(takes);
        takes
    }
}

impl<B: Borrow<CircuitBreaker>> Drop for Permits<B> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_settled {
            let left = self.granted() - self.told;
            let shared = &self.breaker.borrow().shared;
            abandon(shared, self.admission, self.tally, left, self.was_panicking);
        }
    }
}

impl<B: Borrow<CircuitBreaker>> fmt::Debug for Permits<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permits")
            .field("granted", &self.admission.calls)
            .field("told", &self.told)
            .field("are_probes", &self.admission.look.is_probing())
            .finish_non_exhaustive()
    }
}

/// Takes values, not the permits, which so can stay in registers.
#[cold]
fn abandon(
    shared: &Shared,
    admission: Admission,
    mut tally: Tally,
    left: usize,
    was_panicking: bool,
) {
    if panicking() && !was_panicking {
        tally.push(true, false);
    } else {
        match shared.on_cancel {
            Outcome::Success => tally.append(left, 0),
            Outcome::Failure => tally.append(0, left),
            Outcome::Ignored => {}
        }
    }
    shared.record(admission, tally);
}
