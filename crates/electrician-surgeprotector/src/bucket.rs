//! The rate limit itself: `governor`'s GCRA on an injected clock.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_types::Clock;
use governor::middleware::{StateInformationMiddleware, StateSnapshot};
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::rate::{Burst, Rate, YEAR};

/// Ticks in a nanosecond. An interval is a whole number of ticks, so finer ticks keep a rate such
/// as 30,000,000 per second better than whole nanoseconds would.
const PARTS: u64 = 32;

/// Nine years: where the clock of a bucket ends, so that nothing it adds to a time overflows.
const END: u64 = 1 << 63;

/// The generic cell rate algorithm (ITU-T I.371): cells are slots that lie an interval apart, and a
/// cell may come up to `burst - 1` intervals before its slot.
///
/// Apart from everything else in memory: what many threads write here must not slow down what they
/// read elsewhere.
#[repr(align(128))]
pub(crate) struct Bucket {
    limiter: RateLimiter<NotKeyed, InMemoryState, Ticks, StateInformationMiddleware>,
    /// Ticks between two slots.
    interval: u64,
    rate: Rate,
    burst: Burst,
}

/// Cells that were taken at once.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) count: u32,
    /// What the limiter was like then.
    snapshot: StateSnapshot,
}

/// `governor`'s view of our clock.
#[derive(Debug)]
struct Ticks {
    clock: Arc<dyn Clock>,
    base: Instant,
}

// === impl Bucket ===

impl Bucket {
    /// Full at first. The problem, when the bucket would take more than a year to fill.
    pub(crate) fn new(rate: Rate, burst: Burst, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let base = clock.now();
        let interval = rate.interval_in(PARTS);
        let fill = interval * u128::from(burst.items());
        if fill > YEAR.as_nanos() * u128::from(PARTS) {
            let burst = burst.items();
            return Err(format!(
                "a burst of {burst} at {rate} takes more than a year to come back: lower the burst"
            ));
        }
        let interval = u64::try_from(interval).expect("a year has fewer ticks than 2^64");
        let quota = Quota::with_period(Duration::from_nanos(interval))
            .expect("an interval is rounded up")
            .allow_burst(burst.count());
        let limiter = RateLimiter::direct_with_clock(quota, Ticks { clock, base });
        Ok(Self { limiter: limiter.with_middleware(), interval, rate, burst })
    }

    pub(crate) const fn rate(&self) -> Rate {
        self.rate
    }

    pub(crate) const fn burst(&self) -> Burst {
        self.burst
    }

    /// Takes all of `count` cells (at most the burst) in one atomic step, or says how long until
    /// they could be taken.
    pub(crate) fn take(&self, count: NonZeroU32) -> Result<Taken, Duration> {
        self.attempt(count).map_err(duration)
    }

    /// Takes as many cells as there are, up to `count`, in one atomic step; or says how long until
    /// there is one.
    pub(crate) fn take_up_to(&self, count: NonZeroU32) -> Result<Taken, Duration> {
        let mut count = count.min(self.burst.count());
        loop {
            let wait = match self.attempt(count) {
                Ok(taken) => return Ok(taken),
                Err(wait) => wait,
            };
            // Each cell less is an interval less to wait.
            let missing = wait.div_ceil(self.interval);
            let left = u64::from(count.get()).saturating_sub(missing);
            match u32::try_from(left).ok().and_then(NonZeroU32::new) {
                Some(left) => count = left,
                None => return Err(duration(wait - u64::from(count.get() - 1) * self.interval)),
            }
        }
    }

    /// Whole intervals by which, at least, the first slot of the cells lay ahead when they were
    /// taken.
    pub(crate) fn ahead(&self, taken: &Taken) -> u32 {
        // The slot after the last one lies between `burst - left - 1` and `burst - left` intervals
        // ahead, and `count` slots lie before it.
        let after = self.burst.items() - taken.snapshot.remaining_burst_capacity();
        (after - 1).saturating_sub(taken.count)
    }

    /// The present, in ticks.
    pub(crate) fn now(&self) -> u64 {
        self.limiter.clock().ticks()
    }

    /// The time of `slots` slots; at most that of a burst, which is at most a year.
    pub(crate) const fn ticks_of(&self, slots: u32) -> u64 {
        slots as u64 * self.interval
    }

    /// Whole slots that begin in `ticks`, from 0 on.
    pub(crate) const fn slots_before(&self, ticks: u64) -> u64 {
        ticks.div_ceil(self.interval)
    }

    /// The error is the wait in ticks, at least one.
    fn attempt(&self, count: NonZeroU32) -> Result<Taken, u64> {
        loop {
            let Ok(outcome) = self.limiter.check_n(count) else {
                // More than the burst: no wait is long enough. Callers do not ask for it.
                return Err(END);
            };
            let not_until = match outcome {
                Ok(snapshot) => return Ok(Taken { count: count.get(), snapshot }),
                Err(not_until) => not_until,
            };
            let wait = not_until.earliest_possible().as_u64().saturating_sub(self.now());
            // Nothing to wait for: it became possible meanwhile.
            if wait > 0 {
                return Err(wait);
            }
        }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({}, burst {})", self.rate, self.burst.items())
    }
}

// === impl Ticks ===

impl Ticks {
    fn ticks(&self) -> u64 {
        let nanos = self.clock.now().saturating_duration_since(self.base).as_nanos();
        u64::try_from(nanos).map_or(END, |nanos| nanos.saturating_mul(PARTS).min(END))
    }
}

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    #[inline]
    fn now(&self) -> Nanos {
        self.ticks().into()
    }
}

fn duration(ticks: u64) -> Duration {
    Duration::from_nanos(ticks.div_ceil(PARTS))
}
