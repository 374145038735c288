//! The default clock: the runtime's.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use electrician_types::{Clock, Timer};
use tokio::time::{Sleep, sleep};

/// The runtime's clock. It follows `tokio::time::pause` and `advance`, so tests on the runtime's
/// virtual time need no clock of their own.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuntimeClock;

struct RuntimeTimer {
    sleep: Option<Pin<Box<Sleep>>>,
}

// === impl RuntimeClock ===

impl Clock for RuntimeClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(RuntimeTimer { sleep: None })
    }
}

// === impl RuntimeTimer ===

impl Timer for RuntimeTimer {
    fn reset(&mut self, deadline: Instant) {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(Duration::MAX)));
        sleep.as_mut().reset(deadline.into());
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for RuntimeTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeTimer").field("set", &self.sleep.is_some()).finish()
    }
}
