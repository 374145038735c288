//! Moments of a pipeline as times of day.

use std::time::{Duration, Instant, SystemTime};

/// How far the two clocks may drift apart before the times of day count.
const DRIFT: Duration = Duration::from_millis(100);

/// A moment of which the time of day is known. Spans get their times by one and the same anchor, so
/// that what came first has the earlier time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) moment: Instant,
    pub(crate) time: SystemTime,
}

// === impl Anchor ===

impl Anchor {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub(crate) fn now() -> Self {
        Self { moment: Instant::now(), time: SystemTime::now() }
    }

    /// The time of day at `moment`; that of the epoch, if it cannot be said.
    pub(crate) fn at(&self, moment: Instant) -> SystemTime {
        let time = match moment.checked_duration_since(self.moment) {
            Some(later) => self.time.checked_add(later),
            None => self.time.checked_sub(self.moment.saturating_duration_since(moment)),
        };
        time.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// `present` when somebody set the clock meanwhile, or the machine slept; else this one.
    pub(crate) fn renewed(self, present: Self) -> Self {
        let expected = self.at(present.moment);
        let ahead = present.time.duration_since(expected);
        let drift = ahead.unwrap_or_else(|behind| behind.duration());
        if drift > DRIFT { present } else { self }
    }
}

/// Nanoseconds since 1970, as OTLP has them.
pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
