//! What became of lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use electrician_types::{Acknowledge, Receipt, Verdict};

/// Counts the lines of a batch that were acknowledged.
#[derive(Debug, Default)]
pub(super) struct Tally {
    acked: AtomicU64,
}

// === impl Tally ===

impl Tally {
    pub(super) fn receipt(self: &Arc<Self>) -> Receipt {
        Receipt::new(Arc::<Self>::clone(self), 0)
    }

    pub(super) fn acked(&self) -> u64 {
        self.acked.load(Ordering::Acquire)
    }
}

impl Acknowledge for Tally {
    fn settle(&self, _token: u64, verdict: Verdict) {
        if verdict == Verdict::Ack {
            self.acked.fetch_add(1, Ordering::Release);
        }
    }
}
