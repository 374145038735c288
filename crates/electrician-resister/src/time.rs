//! Time as a number that outlives the process.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use electrician_types::Clock;

/// Nanoseconds since the Unix epoch. They last until the year 2554.
pub(crate) type Nanos = u64;

/// No deadline.
pub(crate) const NEVER: Nanos = Nanos::MAX;

/// The wall clock, read once, and a steady clock that goes on from there: time never goes back
/// while the queue lives.
#[derive(Clone)]
pub(crate) struct Timeline {
    clock: Option<Arc<dyn Clock>>,
    start: Instant,
    epoch: Nanos,
}

// === impl Timeline ===

impl Timeline {
    /// A timeline on which it is `wall` now; the system's wall clock, if nobody says.
    pub(crate) fn new(clock: Option<Arc<dyn Clock>>, wall: Option<SystemTime>) -> Self {
        let start = read(clock.as_deref());
        let wall = wall.unwrap_or_else(SystemTime::now);
        let epoch = nanos(wall.duration_since(UNIX_EPOCH).unwrap_or_default());
        Self { clock, start, epoch }
    }

    /// Moves the present to `past`, if it is earlier: the wall clock was set back.
    #[cfg(feature = "disk")]
    pub(crate) fn not_before(&mut self, past: Nanos) {
        self.epoch = self.epoch.max(past);
    }

    pub(crate) fn now(&self) -> Nanos {
        let passed = read(self.clock.as_deref()).saturating_duration_since(self.start);
        self.epoch.saturating_add(nanos(passed))
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("clock", &self.clock).finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock of those who brought none")]
fn read(clock: Option<&dyn Clock>) -> Instant {
    clock.map_or_else(Instant::now, Clock::now)
}

pub(crate) fn nanos(duration: Duration) -> Nanos {
    Nanos::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX)
}

/// The deadline `ttl` after `now`.
pub(crate) fn deadline(now: Nanos, ttl: Option<Duration>) -> Nanos {
    ttl.map_or(NEVER, |ttl| now.saturating_add(nanos(ttl)))
}

/// A moment for readers.
pub(crate) fn moment(at: Nanos) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(at)
}
