//! When lines are sent, which is their id.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// Moments, each later than the one before: so ids differ also where the clock is coarse, or goes
/// back.
#[derive(Debug)]
pub(super) struct Stamps {
    last: SystemTime,
}

// === impl Stamps ===

impl Stamps {
    pub(super) const fn new() -> Self {
        Self { last: SystemTime::UNIX_EPOCH }
    }

    /// The present, and its text: RFC 3339 in UTC, with up to nine fractional digits and no zeros
    /// behind them.
    pub(super) fn next(&mut self) -> (SystemTime, String) {
        self.after(SystemTime::now())
    }

    fn after(&mut self, now: SystemTime) -> (SystemTime, String) {
        let next = self.last.checked_add(Duration::from_nanos(1)).unwrap_or(now);
        self.last = now.max(next);
        let text = Timestamp::try_from(self.last).unwrap_or_default().to_string();
        (self.last, text)
    }
}

#[cfg(test)]
mod tests;
