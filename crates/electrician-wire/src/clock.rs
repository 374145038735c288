//! The default clock: the runtime's.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use electrician_types::{Clock, Timer};
use tokio::time::{Sleep, sleep};

/// The runtime's clock. It follows `tokio::time::pause` and `advance`, so tests on the runtime's
/// virtual time need no clock of their own. A wait that ends beyond what it can say, such as
/// [`Duration::MAX`], lasts thirty years.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuntimeClock;

struct RuntimeTimer {
    sleep: Pin<Box<Sleep>>,
    is_set: bool,
}

/// The moment `wait` from now; in thirty years, if the clock cannot say when.
pub(crate) fn after(clock: &dyn Clock, wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_hours(24 * 365 * 30);
    let now = clock.now();
    now.checked_add(wait).unwrap_or_else(|| now + FAR)
}

/// Sets `timer` to elapse `wait` from now.
pub(crate) fn set(timer: &mut dyn Timer, clock: &dyn Clock, wait: Duration) {
    timer.reset(after(clock, wait));
}

// === impl RuntimeClock ===

impl Clock for RuntimeClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(RuntimeTimer { sleep: Box::pin(sleep(Duration::MAX)), is_set: false })
    }
}

// === impl RuntimeTimer ===

impl Timer for RuntimeTimer {
    fn reset(&mut self, deadline: Instant) {
        self.sleep.as_mut().reset(deadline.into());
        self.is_set = true;
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_set { self.sleep.as_mut().poll(cx) } else { Poll::Pending }
    }
}

impl fmt::Debug for RuntimeTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeTimer").field("set", &self.is_set).finish()
    }
}
