//! What a sink counts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of the records of a sink, in all its runs: a view that anybody may keep.
#[derive(Clone)]
pub struct KafkaSinkStats(pub(super) Arc<Totals>);

#[derive(Default)]
pub(crate) struct Totals {
    sent: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
}

// === impl KafkaSinkStats ===

impl KafkaSinkStats {
    /// Records given to the driver.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Records that the cluster has, on as many replicas as it must.
    pub fn delivered(&self) -> u64 {
        self.0.delivered.load(Ordering::Relaxed)
    }

    /// Records that were not delivered.
    pub fn failed(&self) -> u64 {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Records whose delivery report is awaited.
    pub fn in_flight(&self) -> u64 {
        let settled = self.delivered() + self.failed();
        self.sent().saturating_sub(settled)
    }
}

impl fmt::Debug for KafkaSinkStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSinkStats")
            .field("sent", &self.sent())
            .field("delivered", &self.delivered())
            .field("failed", &self.failed())
            .finish()
    }
}

// === impl Totals ===

impl Totals {
    pub(crate) fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self, is_delivered: bool) {
        let total = if is_delivered { &self.delivered } else { &self.failed };
        total.fetch_add(1, Ordering::Relaxed);
    }
}
