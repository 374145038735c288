//! The default clock: the runtime's.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use electrician_types::{Clock, Timer};
use tokio::time::{Sleep, sleep};

/// The clock of the tokio runtime around. Timers need one, the present does not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RuntimeClock;

struct RuntimeTimer {
    sleep: Pin<Box<Sleep>>,
    is_set: bool,
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
        f.debug_struct("RuntimeTimer").field("is_set", &self.is_set).finish_non_exhaustive()
    }
}
