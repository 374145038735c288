//! The breaker as its users hold it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_types::Metadata;

use crate::builder::CircuitBreakerBuilder;
use crate::error::Open;
use crate::permit::Permit;
use crate::permits::Permits;
use crate::shared::{Outlook, Shared};
use crate::state::{Machine, Phase};
use crate::watch::Watch;
use crate::window::Counts;

/// Stops calls to what fails, and finds out when it is well again.
///
/// Clones are the same breaker. It does nothing on its own: no task, no ticker. What happens by
/// time happens when somebody asks or waits.
#[derive(Clone)]
pub struct CircuitBreaker {
    pub(crate) shared: Arc<Shared>,
}

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// All are admitted.
    Closed,
    /// None are admitted.
    Open,
    /// A few are admitted as probes.
    HalfOpen,
}

/// What a breaker knows, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// What it does with calls.
    pub state: BreakerState,
    /// How long until it admits one; `None` when no time can be named.
    pub retry_after: Option<Duration>,
    /// Failures in a row while closed, if the breaker counts them.
    pub consecutive_failures: usize,
    /// Calls in the sliding window when one was recorded last; 0 without a window.
    pub window_calls: usize,
    /// Failed calls among them.
    pub window_failures: usize,
    /// Slow calls among them.
    pub window_slow: usize,
    /// Probes that have not given their outcome.
    pub probes_out: usize,
    /// Trips in a row, without closing in between.
    pub consecutive_trips: u32,
    /// Trips since the breaker was made.
    pub trips: u64,
    /// Failures that were recorded since the breaker was made, those that did not count included.
    pub failures: u64,
    /// When the last of them was.
    pub last_failure: Option<Instant>,
}

// === impl CircuitBreaker ===

impl CircuitBreaker {
    /// Begins a breaker. The name shows in events and errors of configuration.
    pub fn builder(name: impl Into<Arc<str>>) -> CircuitBreakerBuilder {
        CircuitBreakerBuilder::new(name.into())
    }

    /// Name, kind and id.
    pub fn metadata(&self) -> &Metadata {
        &self.shared.metadata
    }

    /// Leave for one call, or how long until there may be one. While closed: one atomic load.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<&Self>, Open> {
        Ok(Permit::new(self, self.shared.admit(1)?))
    }

    /// As [`try_acquire`](Self::try_acquire), with a permit that keeps the breaker alive and can go
    /// anywhere. Costs a reference count.
    pub fn try_acquire_owned(&self) -> Result<Permit<Self>, Open> {
        let admission = self.shared.admit(1)?;
        Ok(Permit::new(self.clone(), admission))
    }

    /// Leave for a batch of up to `calls` calls, in one step. While closed all are admitted; while
    /// half-open as many as there are places for probes: see [`Permits::granted`].
    #[inline]
    pub fn try_acquire_many(&self, calls: usize) -> Result<Permits<&Self>, Open> {
        Ok(Permits::new(self, self.shared.admit(calls)?))
    }

    /// What it does with calls now. A look, which changes nothing.
    pub fn state(&self) -> BreakerState {
        let look = self.shared.gate.look();
        if look.is_closed() {
            BreakerState::Closed
        } else if look.is_open() && !matches!(self.shared.outlook(), Outlook::Now) {
            BreakerState::Open
        } else {
            BreakerState::HalfOpen
        }
    }

    /// Opens by hand, as a failure would have done. Says whether that changed anything: a breaker
    /// that is open stays as it is.
    pub fn trip(&self) -> bool {
        self.shared.change(Machine::trip).is_some()
    }

    /// Opens by hand for `time`, as for an outage that is announced; with [`Duration::MAX`] until
    /// it is [`reset`](Self::reset). A breaker that is open stays so for `time` from now at least.
    /// Says whether it was not open.
    pub fn trip_for(&self, time: Duration) -> bool {
        self.shared.change(|machine, now| machine.trip_for(time, now)).is_some()
    }

    /// Closes by hand, and forgets all failures, trips and probes. Says whether it was not closed.
    pub fn reset(&self) -> bool {
        self.shared.change(|machine, _| machine.reset()).is_some()
    }

    /// A receiver of changes of the state, from now on.
    pub fn watch(&self) -> Watch {
        Watch::new(self.clone())
    }

    /// What it knows.
    pub fn snapshot(&self) -> Snapshot {
        let now = self.shared.clock().now();
        self.shared.read(|machine| {
            let Counts { calls, failures, slow } = machine.counts();
            let (state, retry_after) = match machine.phase() {
                Phase::Closed => (BreakerState::Closed, Some(Duration::ZERO)),
                Phase::Open(None) => (BreakerState::Open, None),
                Phase::Open(Some(until)) if now < until => {
                    (BreakerState::Open, Some(until.saturating_duration_since(now)))
                }
                Phase::HalfOpen(_) | Phase::Open(_) => {
                    (BreakerState::HalfOpen, (machine.places() > 0).then_some(Duration::ZERO))
                }
            };
            Snapshot {
                state,
                retry_after,
                consecutive_failures: machine.run(),
                window_calls: calls,
                window_failures: failures,
                window_slow: slow,
                probes_out: machine.out(),
                consecutive_trips: machine.trips(),
                trips: machine.totals().trips,
                failures: machine.totals().failures,
                last_failure: machine.totals().failed_at,
            }
        })
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shared, f)
    }
}

// === impl BreakerState ===

impl fmt::Display for BreakerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        })
    }
}
