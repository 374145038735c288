//! How long things take: histograms that any number of threads write without locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use histogram::{AtomicHistogram, Config, Histogram};

/// A bucket is this fraction of its values wide at most: `1 / 2^5`.
const GROUPING_POWER: u8 = 5;

/// Values from `2^44` ns on, about 4.9 hours, count as that.
const MAX_POWER: u8 = 44;

const LONGEST: u64 = (1 << MAX_POWER) - 1;

const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// The bounds of the buckets that a summary shows: 1 and 5 in each power of ten from 1 µs to 10 s,
/// then a minute.
pub(crate) const BOUNDS: [Duration; 16] = [
    Duration::from_micros(1),
    Duration::from_micros(5),
    Duration::from_micros(10),
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_mins(1),
];

/// How long things take at one stage.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Latencies {
    /// How long a sampled item waited in the stage's queue.
    pub queue_wait: Latency,
    /// How long a worker worked on an item: the time of its batch by the number of items taken,
    /// once for each of them.
    pub service: Latency,
    /// How long a batch of outputs took to be handed on, waits for room included, once for each of
    /// them.
    pub hand_on: Latency,
    /// How long a sampled item that entered the pipeline at this stage was inside, until its
    /// receipt was settled.
    pub end_to_end: Latency,
}

/// How long one thing takes.
///
/// Quantiles are at most 3.2 % above the true value, and never above `max`; the latter and `sum`
/// are exact. Times from 4.9 hours on count as that in quantiles.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Latency {
    /// How many times were measured.
    pub count: u64,
    /// All of them together.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::seconds"))]
    pub sum: Duration,
    /// The longest.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::seconds"))]
    pub max: Duration,
    /// Half of them are at most this.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::seconds"))]
    pub p50: Duration,
    /// 90 % of them are at most this.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::seconds"))]
    pub p90: Duration,
    /// 99 % of them are at most this.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::seconds"))]
    pub p99: Duration,
    /// 99.9 % of them are at most this.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::seconds"))]
    pub p999: Duration,
    /// How many are at most as long as each bound from 1 µs to 60 s. A time within 3.2 % of a bound
    /// may count with the next. Empty while nothing was measured.
    pub buckets: Vec<Bucket>,
}

/// How many times are at most as long as a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Bucket {
    /// The bound.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::seconds"))]
    pub bound: Duration,
    /// How many, those below lower bounds included.
    pub count: u64,
}

/// A histogram of nanoseconds. Writing takes no lock and allocates nothing.
#[derive(Debug)]
pub(crate) struct Recording {
    buckets: AtomicHistogram,
    sum: AtomicU64,
    max: AtomicU64,
}

/// Adds recordings up. Its room can be used again.
#[derive(Debug)]
pub(crate) struct Merger {
    total: Histogram,
    part: Histogram,
    /// The largest value of each bucket: they are asked for again and again.
    ends: Box<[u64]>,
}

/// What recordings hold, together.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) sum: u64,
    pub(crate) max: u64,
    pub(crate) quantiles: [u64; 4],
    /// How many are at most each bound; empty while there are none.
    pub(crate) below: Vec<u64>,
}

// === impl Recording ===

impl Recording {
    pub(crate) fn new() -> Self {
        let buckets = AtomicHistogram::with_config(&config());
        Self { buckets, sum: AtomicU64::new(0), max: AtomicU64::new(0) }
    }

    /// Adds `count` times of `nanos` nanoseconds, which together are `sum`; `is_shared` if others
    /// may do so at the same time.
    #[inline]
    pub(crate) fn add(&self, nanos: u64, count: u64, sum: u64, is_shared: bool) {
        // In range, so it cannot fail.
        let _: Result<(), _> = self.buckets.add(nanos.min(LONGEST), count);
        add(&self.sum, sum, is_shared);
        // Rarely true, so rarely written.
        if nanos > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(nanos, Ordering::Relaxed);
        }
    }

    /// Adds one time.
    pub(crate) fn add_one(&self, time: Duration) {
        let nanos = nanos(time);
        self.add(nanos, 1, nanos, true);
    }
}

/// Adds to a counter. One that nobody else writes to needs no locked instruction.
#[inline]
pub(crate) fn add(counter: &AtomicU64, count: u64, is_shared: bool) {
    if is_shared {
        counter.fetch_add(count, Ordering::Relaxed);
    } else {
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
    }
}

// === impl Merger ===

impl Merger {
    pub(crate) fn new() -> Self {
        let config = config();
        let empty = || Histogram::with_config(&config);
        let ends = empty().iter().map(|bucket| bucket.end()).collect();
        Self { total: empty(), part: empty(), ends }
    }

    /// The sum of `recordings`. Nothing stays, so a merger can be used again.
    pub(crate) fn latency<'a>(
        &mut self,
        recordings: impl IntoIterator<Item = &'a Recording>,
    ) -> Latency {
        let summary = self.merge(recordings, &BOUNDS.map(nanos));
        let [p50, p90, p99, p999] = summary.quantiles.map(Duration::from_nanos);
        let bucket = |(bound, count)| Bucket { bound, count };
        Latency {
            count: summary.count,
            sum: Duration::from_nanos(summary.sum),
            max: Duration::from_nanos(summary.max),
            p50,
            p90,
            p99,
            p999,
            buckets: BOUNDS.into_iter().zip(summary.below).map(bucket).collect(),
        }
    }

    /// The sum of `recordings`, with how many values are at most each of `bounds`.
    pub(crate) fn merge<'a>(
        &mut self,
        recordings: impl IntoIterator<Item = &'a Recording>,
        bounds: &[u64],
    ) -> Summary {
        let (mut sum, mut max) = (0_u64, 0);
        for (index, recording) in recordings.into_iter().enumerate() {
            sum = sum.saturating_add(recording.sum.load(Ordering::Relaxed));
            max = recording.max.load(Ordering::Relaxed).max(max);
            // All have the same configuration, so none of it can fail.
            let _: Result<(), _> = if index == 0 {
                recording.buckets.load_into(&mut self.total)
            } else {
                let loaded = recording.buckets.load_into(&mut self.part);
                loaded.and_then(|()| self.total.checked_add_assign(&self.part))
            };
        }
        summarize(self.total.as_slice(), &self.ends, [sum, max], bounds)
    }
}

fn summarize(counts: &[u64], ends: &[u64], [sum, max]: [u64; 2], bounds: &[u64]) -> Summary {
    let count: u64 = counts.iter().sum();
    if count == 0 {
        return Summary::default();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most `count`")]
    let ranks = QUANTILES.map(|quantile| ((quantile * count as f64).ceil() as u64).max(1));
    let mut quantiles = [max; QUANTILES.len()];
    let mut below = Vec::with_capacity(bounds.len());
    let (mut seen, mut rank) = (0, 0);
    for (own, end) in counts.iter().zip(ends).filter(|(own, _)| **own > 0) {
        while bounds.get(below.len()).is_some_and(|bound| bound < end) {
            below.push(seen);
        }
        seen += own;
        while ranks.get(rank).is_some_and(|rank| *rank <= seen) {
            quantiles[rank] = (*end).min(max);
            rank += 1;
        }
    }
    below.resize(bounds.len(), seen);
    Summary { count, sum, max, quantiles, below }
}

// === impl Latency ===

impl Latency {
    /// The mean; zero if nothing was measured.
    pub fn mean(&self) -> Duration {
        let nanos = self.sum.as_nanos().checked_div(u128::from(self.count)).unwrap_or(0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// A duration as nanoseconds; the most there is if it is longer.
#[inline]
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn config() -> Config {
    // Both are constants that a configuration takes.
    Config::new(GROUPING_POWER, MAX_POWER).expect("the powers are in range")
}

#[cfg(test)]
mod tests;
