//! The only place that reads clocks.

use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// What time it is: UTC, as written into records and as asked by rotation.
#[derive(Clone)]
pub(crate) struct WallClock(Option<Arc<dyn Fn() -> SystemTime + Send + Sync>>);

// === impl WallClock ===

impl WallClock {
    pub(crate) const SYSTEM: Self = Self(None);

    pub(crate) fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(now)))
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.0.as_ref().map_or_else(SystemTime::now, |now| now())
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_none() { "system clock" } else { "clock" })
    }
}

/// For deadlines. Logging starts before there is a runtime with a clock, and ends after it.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
