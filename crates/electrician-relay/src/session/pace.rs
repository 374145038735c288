//! How fast a receiver wants it.

use std::time::{Duration, Instant};

use crate::proto::Throttle;

/// Payloads that wait may catch up by so much at once.
const BURST: Duration = Duration::from_millis(10);

/// A pause, and a rate.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    paused_until: Option<Instant>,
    /// The time of one payload.
    each: Option<Duration>,
    /// When the next payload would be due if all came evenly.
    due: Option<Instant>,
}

// === impl Pace ===

impl Pace {
    pub(crate) fn throttle(&mut self, throttle: &Throttle, now: Instant) {
        if throttle.retry_after_ms > 0 {
            let until = now + Duration::from_millis(throttle.retry_after_ms.into());
            self.paused_until = Some(self.paused_until.map_or(until, |other| other.max(until)));
        }
        if throttle.tokens_per_second > 0 {
            self.each = Some(Duration::from_secs(1) / throttle.tokens_per_second);
            self.due = None;
        }
    }

    /// The rate was that of a receiver that is gone.
    pub(crate) const fn reconnected(&mut self) {
        (self.each, self.due) = (None, None);
    }

    /// Whether a payload may be sent at `now`; then it counts.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        if self.wake(now).is_some() {
            return false;
        }
        if let Some(each) = self.each {
            self.due = Some(self.due.map_or(now, |due| due.max(now)) + each);
        }
        true
    }

    /// From when on a payload may be sent, unless it may at `now`.
    pub(crate) fn wake(&self, now: Instant) -> Option<Instant> {
        let paced = self.due.and_then(|due| due.checked_sub(BURST));
        let wake = self.paused_until.into_iter().chain(paced).max();
        wake.filter(|wake| *wake > now)
    }
}
