//! What decides how much may be worked on: breakers, rate limits, limits of concurrency.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::GuardView;

/// Stands in front of a stage and gives leave to work on items.
///
/// A stage asks before it works on what it has taken from its queue, once for a whole batch, and
/// tells afterwards what became of each attempt.
///
/// # Laws
///
/// - **In full.** Every [`Leave`] is settled: the [`Outcomes`] told for its token add up to its
///   count, in any number of calls. Leave that is not used is settled as `ignored`.
/// - **At once.** `admit`, `denial` and `settle` do not wait, block or panic.
/// - **No wait in vain.** `admitting` resolves when `admit` may give leave. It may do so too early,
///   never too late, and it may be dropped at any time.
pub trait Guard: Send + Sync + 'static {
    /// Asks leave for up to `want` attempts, at least 1. The leave is for one or more of them.
    fn admit(&self, want: usize) -> Result<Leave, Denied>;

    /// Takes the outcomes of attempts made with `leave`, a part of it or all.
    fn settle(&self, leave: Leave, outcomes: Outcomes);

    /// Why leave would not be given now; `None` if it would. Takes no leave.
    fn denial(&self) -> Option<Denied>;

    /// Waits until it is worth to ask again.
    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Whether attempts are to be timed. They are then asked for and settled one by one. The default
    /// is no.
    fn is_timing(&self) -> bool {
        false
    }

    /// How it is at this moment, for whoever looks at the pipeline. The default is nothing.
    fn view(&self) -> Option<GuardView> {
        None
    }
}

/// Leave to make attempts, from a [`Guard`], which wants it back through [`Guard::settle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "leave that is never settled may be missed by others"]
pub struct Leave {
    /// How many attempts.
    pub count: usize,
    /// What the guard wants to remember.
    pub token: u64,
}

/// What became of attempts, in the order successes, failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Attempts that succeeded.
    pub successes: usize,
    /// Attempts that failed, timed out or panicked.
    pub failures: usize,
    /// Attempts that were not made, or cut short by a stop.
    pub ignored: usize,
    /// How long they took together; zero unless the guard [is timing](Guard::is_timing).
    pub elapsed: Duration,
}

/// A guard gives no leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Denied {
    /// Why.
    pub reason: Denial,
    /// When it is worth to ask again, if that is known.
    pub retry_after: Option<Duration>,
}

/// Why a guard gives no leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Denial {
    /// The circuit breaker is open.
    Open,
    /// The rate is used up.
    RateLimited,
    /// It is blackout time.
    Blackout,
    /// Tripped by hand.
    Tripped,
    /// Too many attempts are under way.
    Saturated,
}

// === impl Outcomes ===

impl Outcomes {
    /// How many attempts they are about.
    pub const fn count(&self) -> usize {
        self.successes + self.failures + self.ignored
    }
}

// === impl Denial ===

impl Denial {
    /// The reason in a word, for labels: "open", `rate_limited`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::RateLimited => "rate_limited",
            Self::Blackout => "blackout",
            Self::Tripped => "tripped",
            Self::Saturated => "saturated",
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "the circuit breaker is open",
            Self::RateLimited => "the rate is used up",
            Self::Blackout => "it is blackout time",
            Self::Tripped => "it was tripped by hand",
            Self::Saturated => "too much is under way",
        })
    }
}
