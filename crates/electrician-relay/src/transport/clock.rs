//! The clock of the runtime.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::time::{Sleep, sleep};

/// A timer that is set again and again. It needs the runtime of tokio with time.
pub struct Alarm {
    sleep: Pin<Box<Sleep>>,
    at: Option<Instant>,
}

/// The present, by the clock of the tokio runtime.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

// === impl Alarm ===

impl Default for Alarm {
    fn default() -> Self {
        Self::new()
    }
}

impl Alarm {
    /// One that is not set.
    pub fn new() -> Self {
        Self { sleep: Box::pin(sleep(Duration::MAX)), at: None }
    }

    /// When it rings; never, if that is not said.
    pub fn set(&mut self, at: Option<Instant>) {
        if self.at == at {
            return;
        }
        self.at = at;
        if let Some(at) = at {
            self.sleep.as_mut().reset(at.into());
        }
    }

    /// Waits until it rings. Cancel-safe.
    pub async fn rung(&mut self) {
        if self.at.is_none() {
            return std::future::pending().await;
        }
        self.sleep.as_mut().await;
        self.at = None;
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").field("at", &self.at).finish_non_exhaustive()
    }
}
