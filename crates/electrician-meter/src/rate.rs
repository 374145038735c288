//! Rates over windows, from a ring of past readings.

use std::time::Duration;

/// Items and work per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Rates {
    /// Items taken in.
    pub accepted: Windows,
    /// Items handed on or out.
    pub delivered: Windows,
    /// Items that failed for good: failed, dead-lettered or abandoned.
    pub failed: Windows,
    /// Seconds of work per second, of all workers together: divided by the number of workers it is
    /// how busy they are.
    pub worked: Windows,
}

/// One rate over several windows, per second. `None` until two readings are apart in time.
///
/// A window ends at this moment and begins at the last reading that is old enough, so it is up to
/// the time between two readings longer than its name says; while the readings do not reach back
/// that far, it begins at the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Windows {
    /// Over the last second.
    pub one_second: Option<f64>,
    /// Over the last ten seconds.
    pub ten_seconds: Option<f64>,
    /// Over the last minute.
    pub one_minute: Option<f64>,
    /// Over all the time that it ran.
    pub lifetime: Option<f64>,
}

/// The most that was seen. A rate is one over a second, and needs readings that often: see
/// [`Meter::run`](crate::Meter::run).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Peaks {
    /// Items taken in per second.
    pub accepted_per_second: f64,
    /// Items handed on or out per second.
    pub delivered_per_second: f64,
    /// Items that failed per second.
    pub failed_per_second: f64,
    /// Items waiting in the queue.
    pub queued: usize,
    /// Items in the queue and in the workers' hands.
    pub in_flight: u64,
}

/// Counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    /// Time since the meter's epoch.
    pub(crate) at: Duration,
    pub(crate) accepted: u64,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
    /// Nanoseconds.
    pub(crate) worked: u64,
    /// Items done with; not for a single stage.
    pub(crate) done: u64,
}

/// How many readings are kept.
const KEPT: usize = 256;

/// How far apart kept readings are at least, so that they reach back over a minute.
const APART: Duration = Duration::from_millis(240);

const SECOND: Duration = Duration::from_secs(1);
const TEN_SECONDS: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_mins(1);

/// Past readings, oldest overwritten first. Allocates when it is made.
#[derive(Debug)]
pub(crate) struct Ring {
    kept: Vec<Reading>,
    /// Where the next goes once all places are taken.
    next: usize,
}

// === impl Ring ===

impl Ring {
    /// A ring that begins with `first`.
    pub(crate) fn new(first: Reading) -> Self {
        let mut kept = Vec::with_capacity(KEPT);
        kept.push(first);
        Self { kept, next: 0 }
    }

    /// Keeps `reading`, unless one was kept a moment ago.
    pub(crate) fn keep(&mut self, reading: Reading) {
        if self.newest().is_some_and(|newest| reading.at < newest.at + APART) {
            return;
        }
        if self.kept.len() < KEPT {
            self.kept.push(reading);
            return;
        }
        if let Some(place) = self.kept.get_mut(self.next) {
            *place = reading;
        }
        self.next = (self.next + 1) % KEPT;
    }

    /// Rates up to `now`, of something that has run for `running`.
    pub(crate) fn rates(&self, now: &Reading, running: Duration) -> Rates {
        let spans = [SECOND, TEN_SECONDS, MINUTE].map(|window| self.before(now.at, window));
        let windows = |count: fn(&Reading) -> u64, unit: f64| {
            let since = |before: Option<&Reading>| {
                let before = before?;
                let grown = count(now).saturating_sub(count(before));
                per_second(grown as f64 / unit, now.at.saturating_sub(before.at))
            };
            let [one_second, ten_seconds, one_minute] = spans.map(since);
            let lifetime = per_second(count(now) as f64 / unit, running);
            Windows { one_second, ten_seconds, one_minute, lifetime }
        };
        Rates {
            accepted: windows(|reading| reading.accepted, 1.0),
            delivered: windows(|reading| reading.delivered, 1.0),
            failed: windows(|reading| reading.failed, 1.0),
            worked: windows(|reading| reading.worked, 1e9),
        }
    }

    /// Items done with per second, over the last ten.
    pub(crate) fn done_rate(&self, now: &Reading) -> Option<f64> {
        let before = self.before(now.at, TEN_SECONDS)?;
        let grown = now.done.saturating_sub(before.done);
        per_second(grown as f64, now.at.saturating_sub(before.at))
    }

    /// The last reading that is at least `window` old, or else the first.
    fn before(&self, now: Duration, window: Duration) -> Option<&Reading> {
        let is_old = |reading: &&Reading| reading.at + window <= now;
        self.oldest_first().rev().find(is_old).or_else(|| self.oldest_first().next())
    }

    fn newest(&self) -> Option<&Reading> {
        self.oldest_first().next_back()
    }

    fn oldest_first(&self) -> impl DoubleEndedIterator<Item = &Reading> {
        let (newer, older) = self.kept.split_at(self.next.min(self.kept.len()));
        older.iter().chain(newer)
    }
}

// === impl Peaks ===

impl Peaks {
    /// Takes notice of rates; of those over a second only if that is what they are over.
    pub(crate) fn note_rates(&mut self, rates: &Rates, running: Duration, is_over: bool) {
        let is_second = running >= SECOND;
        let raise = |peak: &mut f64, rate: &Windows| {
            // The mean of all is never more than the peak, and all there is of a shorter run.
            let second = rate.one_second.filter(|_| is_second);
            let mean = rate.lifetime.filter(|_| is_second || is_over);
            *peak = peak.max(second.unwrap_or(0.0)).max(mean.unwrap_or(0.0));
        };
        raise(&mut self.accepted_per_second, &rates.accepted);
        raise(&mut self.delivered_per_second, &rates.delivered);
        raise(&mut self.failed_per_second, &rates.failed);
    }

    /// Takes notice of what is inside.
    pub(crate) fn note_items(&mut self, queued: usize, in_flight: u64) {
        self.queued = self.queued.max(queued);
        self.in_flight = self.in_flight.max(in_flight);
    }
}

fn per_second(count: f64, time: Duration) -> Option<f64> {
    (!time.is_zero()).then(|| count / time.as_secs_f64())
}

#[cfg(test)]
mod tests;
