//! Some events instead of all.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use electrician_types::Clock;

/// Chooses some of the events. The first is always chosen. It follows from the order of the events
/// and from the clock alone, so on a virtual clock the choice is the same each time.
#[must_use = "a sampling does nothing until an observer gets it"]
pub struct Sampling(Kind);

enum Kind {
    OneIn { n: u64, seen: AtomicU64 },
    Every { least: Duration, clock: Arc<dyn Clock>, epoch: Instant, next: AtomicU64 },
}

// === impl Sampling ===

impl Sampling {
    /// One of `n`: the first, then each that has `n - 1` before it. 0 and 1 choose all.
    pub const fn one_in(n: u64) -> Self {
        let n = if n == 0 { 1 } else { n };
        Self(Kind::OneIn { n, seen: AtomicU64::new(0) })
    }

    /// At most one in each `least` of the time of `clock`, which should be that of the run. Zero
    /// chooses all.
    pub fn every(least: Duration, clock: Arc<dyn Clock>) -> Self {
        let epoch = clock.now();
        Self(Kind::Every { least, clock, epoch, next: AtomicU64::new(0) })
    }

    /// Whether this event is chosen. Of several at a time at most one is.
    pub(crate) fn is_due(&self) -> bool {
        match &self.0 {
            Kind::OneIn { n, seen } => seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(*n),
            Kind::Every { least, clock, epoch, next } => {
                let passed = clock.now().saturating_duration_since(*epoch);
                let (now, least) = (nanos(passed), nanos(*least));
                let after = |due: u64| (now >= due).then(|| now.saturating_add(least));
                next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).is_ok()
            }
        }
    }
}

/// Some 584 years at most.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::OneIn { n, .. } => f.debug_tuple("OneIn").field(n).finish(),
            Kind::Every { least, .. } => f.debug_tuple("Every").field(least).finish(),
        }
    }
}
