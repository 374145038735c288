//! What the user counts: handles whose use is one addition to memory.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use electrician_types::Clock;

use crate::error::MeterError;
use crate::latency::{Latency, Merger, Recording};

/// The longest name of a metric, in characters.
const MAX_NAME: usize = 128;

/// How the names of the meter's own metrics begin.
const OURS: &str = "electrician_";

/// How the names end that exporters make of others.
const ENDINGS: [&str; 6] = ["_total", "_sum", "_count", "_bucket", "_info", "_created"];

/// How the name of a timer ends.
pub(crate) const SECONDS: &str = "_seconds";

/// The bounds of the buckets of a [`Histogram`]: the powers of four up to about a thousand million.
const BOUNDS: [u64; 16] = {
    let mut bounds = [1; 16];
    let mut at = 1;
    while at < bounds.len() {
        bounds[at] = bounds[at - 1] * 4;
        at += 1;
    }
    bounds
};

/// Counts up. Clones count the same.
#[derive(Clone, Debug)]
pub struct Counter(Arc<AtomicU64>);

/// Goes up and down. Clones are the same gauge.
#[derive(Clone, Debug)]
pub struct Gauge(Arc<AtomicI64>);

/// Takes notice of values: sizes, lengths, amounts. Clones are the same histogram.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Recording>);

/// Takes notice of how long things take. Clones are the same timer.
#[derive(Clone, Debug)]
pub struct Timer {
    recording: Arc<Recording>,
    running: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
}

/// Time under measurement: it counts when this is stopped or dropped.
#[derive(Debug)]
#[must_use = "what is not kept takes no time"]
pub struct Stopwatch {
    timer: Timer,
    began: Instant,
    counts: bool,
}

/// One of the user's metrics at one moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CustomSnapshot {
    /// Its name.
    pub name: Arc<str>,
    /// What it shows.
    pub value: CustomValue,
}

/// What one of the user's metrics shows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CustomValue {
    /// Of a [`Counter`].
    Counter(u64),
    /// Of a [`Gauge`].
    Gauge(i64),
    /// Of a [`Histogram`].
    Histogram(Distribution),
    /// Of a [`Timer`].
    Timer {
        /// How long it took.
        latency: Latency,
        /// Stopwatches under way.
        running: u64,
    },
}

/// How values are spread. Exact and inexact as [`Latency`] is; values from `2^44` on count as that
/// in quantiles.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Distribution {
    /// How many there were.
    pub count: u64,
    /// All of them together.
    pub sum: u64,
    /// The largest.
    pub max: u64,
    /// Half of them are at most this.
    pub p50: u64,
    /// 90 % of them are at most this.
    pub p90: u64,
    /// 99 % of them are at most this.
    pub p99: u64,
    /// 99.9 % of them are at most this.
    pub p999: u64,
    /// Bounds, the powers of four from 1 to `4^15`, and how many are at most as large. Empty while
    /// there were none.
    pub buckets: Vec<(u64, u64)>,
}

/// All of them, by name.
#[derive(Debug)]
pub(crate) struct Customs {
    metrics: Mutex<BTreeMap<Arc<str>, Metric>>,
    limit: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Metric {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
    Timer(Timer),
}

// === impl Counter ===

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds `count`.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The count.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

// === impl Gauge ===

impl Gauge {
    /// Adds `amount`.
    pub fn add(&self, amount: i64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Takes `amount` away. It may go below zero.
    pub fn sub(&self, amount: i64) {
        self.0.fetch_sub(amount, Ordering::Relaxed);
    }

    /// Sets it to `value`.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Raises it to `value`, unless it is higher: a peak.
    pub fn raise_to(&self, value: i64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }

    /// The value.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

// === impl Histogram ===

impl Histogram {
    /// Takes notice of `value`.
    pub fn record(&self, value: u64) {
        self.0.add(value, 1, value, true);
    }
}

// === impl Timer ===

impl Timer {
    /// Takes notice of `time`.
    pub fn record(&self, time: Duration) {
        self.recording.add_one(time);
    }

    /// Begins to measure.
    pub fn start(&self) -> Stopwatch {
        self.running.fetch_add(1, Ordering::Relaxed);
        Stopwatch { timer: self.clone(), began: self.clock.now(), counts: true }
    }

    /// How many stopwatches are under way.
    pub fn running(&self) -> u64 {
        self.running.load(Ordering::Relaxed)
    }
}

// === impl Stopwatch ===

impl Stopwatch {
    /// The time so far.
    pub fn elapsed(&self) -> Duration {
        self.timer.clock.now().saturating_duration_since(self.began)
    }

    /// Takes notice of the time, and says it.
    pub fn stop(mut self) -> Duration {
        let elapsed = self.elapsed();
        self.timer.record(elapsed);
        self.counts = false;
        elapsed
    }

    /// Ends the measurement without taking notice.
    pub fn discard(mut self) {
        self.counts = false;
    }
}

impl Drop for Stopwatch {
    fn drop(&mut self) {
        if self.counts {
            self.timer.record(self.elapsed());
        }
        self.timer.running.fetch_sub(1, Ordering::Relaxed);
    }
}

// === impl Metric ===

impl Metric {
    pub(crate) fn counter() -> Self {
        Self::Counter(Counter(Arc::default()))
    }

    pub(crate) fn gauge() -> Self {
        Self::Gauge(Gauge(Arc::default()))
    }

    pub(crate) fn histogram() -> Self {
        Self::Histogram(Histogram(Arc::new(Recording::new())))
    }

    pub(crate) fn timer(clock: Arc<dyn Clock>) -> Self {
        let recording = Arc::new(Recording::new());
        Self::Timer(Timer { recording, running: Arc::default(), clock })
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Counter(_) => "counter",
            Self::Gauge(_) => "gauge",
            Self::Histogram(_) => "histogram",
            Self::Timer(_) => "timer",
        }
    }

    fn value(&self, merger: &mut Merger) -> CustomValue {
        match self {
            Self::Counter(counter) => CustomValue::Counter(counter.value()),
            Self::Gauge(gauge) => CustomValue::Gauge(gauge.value()),
            Self::Histogram(Histogram(recording)) => {
                let summary = merger.merge([&**recording], &BOUNDS);
                let [p50, p90, p99, p999] = summary.quantiles;
                let buckets = BOUNDS.into_iter().zip(summary.below).collect();
                let (count, sum, max) = (summary.count, summary.sum, summary.max);
                let spread = Distribution { count, sum, max, p50, p90, p99, p999, buckets };
                CustomValue::Histogram(spread)
            }
            Self::Timer(timer) => CustomValue::Timer {
                latency: merger.latency([&*timer.recording]),
                running: timer.running(),
            },
        }
    }
}

// === impl Customs ===

impl Customs {
    pub(crate) fn new(limit: usize) -> Self {
        Self { metrics: Mutex::default(), limit }
    }

    /// The metric of this name; made by `make` when it is asked for first. `pick` takes it if it is
    /// of the kind that was asked for.
    pub(crate) fn obtain<T>(
        &self,
        name: &str,
        make: impl FnOnce() -> Metric,
        pick: impl FnOnce(&Metric) -> Option<T>,
    ) -> Result<T, MeterError> {
        check_name(name)?;
        let mut metrics = self.lock();
        let count = metrics.len();
        let metric = match metrics.entry(name.into()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if count >= self.limit => {
                return Err(MeterError::TooMany { name: name.into(), limit: self.limit });
            }
            Entry::Vacant(entry) => entry.insert(make()),
        };
        let is = metric.kind();
        pick(metric).ok_or_else(|| MeterError::OtherKind { name: name.into(), is })
    }

    pub(crate) fn snapshot(&self, merger: &mut Merger) -> Vec<CustomSnapshot> {
        let metrics = self.lock();
        let show = |(name, metric): (&Arc<str>, &Metric)| CustomSnapshot {
            name: Arc::clone(name),
            value: metric.value(merger),
        };
        metrics.iter().map(show).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Metric>> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_name(name: &str) -> Result<(), MeterError> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_good = name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
        && name.len() <= MAX_NAME;
    let cut = || name.chars().take(MAX_NAME).collect();
    if !is_good {
        return Err(MeterError::Name { name: cut() });
    }
    let is_reserved = name.starts_with(OURS) || ENDINGS.iter().any(|end| name.ends_with(end));
    if is_reserved { Err(MeterError::Reserved { name: cut() }) } else { Ok(()) }
}
