//! What became of spans and metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What became of spans and metrics so far.
///
/// After [`shutdown`](crate::Otel::shutdown) every span has its place: `spans` is `exported` and
/// [`dropped`](Self::dropped) together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Spans that pipelines made.
    pub spans: u64,
    /// Spans that the endpoint took.
    pub exported: u64,
    /// Spans for which there was no room in the queue.
    pub dropped_full: u64,
    /// Spans that the endpoint did not take, after all attempts.
    pub dropped_failed: u64,
    /// Spans that did not make the deadline of the shutdown, or came after it.
    pub dropped_late: u64,
    /// Times the endpoint took the metrics.
    pub metric_exports: u64,
    /// Times it did not. The next time brings the same counts, so nothing is lost but detail.
    pub metric_failures: u64,
    /// Why something was not taken, the last time.
    pub last_error: Option<String>,
}

/// The same, while it goes on.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) spans: Count,
    pub(crate) exported: Count,
    pub(crate) full: Count,
    pub(crate) failed: Count,
    pub(crate) late: Count,
    pub(crate) metric_exports: Count,
    pub(crate) metric_failures: Count,
    last_error: Mutex<Option<String>>,
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

// === impl Stats ===

impl Stats {
    /// Spans that were lost.
    pub const fn dropped(&self) -> u64 {
        self.dropped_full + self.dropped_failed + self.dropped_late
    }
}

// === impl Counts ===

impl Counts {
    pub(crate) fn note(&self, error: String) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            // First what comes last, so that none is seen in two places and not as made.
            exported: self.exported.value(),
            dropped_full: self.full.value(),
            dropped_failed: self.failed.value(),
            dropped_late: self.late.value(),
            spans: self.spans.value(),
            metric_exports: self.metric_exports.value(),
            metric_failures: self.metric_failures.value(),
            last_error: self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

// === impl Count ===

impl Count {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
