//! Leaving those alone who fail.

use std::time::{Duration, Instant};

use crate::time::after;

/// The longest that a server can ask to be left alone.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(5);

/// How long nobody asks again after failures in a row: `first * 2^(n - 1)`, at most `cap`.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    failures: u32,
    until: Option<Instant>,
}

// === impl Backoff ===

impl Backoff {
    pub(crate) const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, failures: 0, until: None }
    }

    /// How long nobody should ask from `now` on.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        let wait = self.until?.saturating_duration_since(now);
        (!wait.is_zero()).then_some(wait)
    }

    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.until = None;
    }

    /// One more failure; the server may have said when to come again.
    pub(crate) fn failed(&mut self, now: Instant, retry_after: Option<Duration>) {
        let factor = 2_u32.saturating_pow(self.failures);
        self.failures = self.failures.saturating_add(1);
        let own = self.first.saturating_mul(factor).min(self.cap);
        let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
        self.until = Some(after(now, own.max(asked)));
    }
}

#[cfg(test)]
mod tests;
