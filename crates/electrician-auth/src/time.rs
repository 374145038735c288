//! Time that passes, and time of day.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use electrician_types::Clock;

use crate::clock::RuntimeClock;

/// Farther than anybody waits.
const FAR: Duration = Duration::from_hours(24 * 365 * 30);

/// Where time comes from: a steady clock for caches and waits, and the time of day for what tokens
/// say of themselves. Clones share both.
#[derive(Clone)]
pub struct Time {
    clock: Arc<dyn Clock>,
    wall: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

// === impl Time ===

impl Time {
    /// The clock of the tokio runtime, and the system's time of day.
    pub fn system() -> Self {
        Self::new(Arc::new(RuntimeClock), SystemTime::now)
    }

    /// A steady clock, and the time of day.
    pub fn new(
        clock: Arc<dyn Clock>,
        wall: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        Self { clock, wall: Arc::new(wall) }
    }

    /// A clock on which it is `start` now, and that says the time of day from there on. For tests.
    pub fn anchored(clock: Arc<dyn Clock>, start: SystemTime) -> Self {
        let (anchor, ticking) = (clock.now(), Arc::clone(&clock));
        let wall = move || start + ticking.now().saturating_duration_since(anchor);
        Self::new(clock, wall)
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The time of day.
    pub fn wall(&self) -> SystemTime {
        (self.wall)()
    }

    /// Seconds since the epoch.
    pub(crate) fn unix(&self) -> f64 {
        self.wall().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }

    /// Waits until the steady clock says so. Cancel-safe.
    pub(crate) async fn until(&self, deadline: Instant) {
        let mut timer = self.clock.timer();
        timer.reset(deadline);
        poll_fn(|cx| timer.poll_elapsed(cx)).await;
    }

    pub(crate) async fn rest(&self, duration: Duration) {
        self.until(after(self.now(), duration)).await;
    }

    /// What `future` yields, unless that takes longer.
    pub(crate) async fn limit<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut timer = self.clock.timer();
        timer.reset(after(self.now(), limit));
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
        })
        .await
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Time").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// The moment `wait` after `now`; in thirty years, if that cannot be said.
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or_else(|| now + FAR)
}
