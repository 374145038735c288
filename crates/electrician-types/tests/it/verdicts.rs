//! A source that keeps what it was told.

use std::sync::{Arc, Mutex};

use electrician_types::{Acknowledge, NackReason, Receipt, Verdict};

pub(crate) const ACK: Verdict = Verdict::Ack;
pub(crate) const DROPPED: Verdict = Verdict::Nack(NackReason::Dropped);
pub(crate) const FAILED: Verdict = Verdict::Nack(NackReason::Failed);

/// Every reason there is.
pub(crate) const REASONS: [NackReason; 4] =
    [NackReason::Dropped, NackReason::Failed, NackReason::Rejected, NackReason::Returned];

/// Keeps the verdicts of each token.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    counts: bool,
    given: Mutex<Vec<(u64, Verdict)>>,
    asked: Mutex<Vec<(u64, u32)>>,
}

impl Verdicts {
    /// Does not count parts.
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Counts parts itself: it is told the verdict of each.
    pub(crate) fn counting() -> Arc<Self> {
        Arc::new(Self { counts: true, ..Self::default() })
    }

    pub(crate) fn receipt(self: &Arc<Self>, token: u64) -> Receipt {
        Receipt::new(Arc::clone(self) as Arc<dyn Acknowledge>, token)
    }

    /// What came since it was last asked, in the order in which it came.
    pub(crate) fn take(&self) -> Vec<(u64, Verdict)> {
        std::mem::take(&mut *self.given.lock().unwrap())
    }

    /// How many more verdicts it was asked to expect since it was last asked, and for which token.
    pub(crate) fn take_asked(&self) -> Vec<(u64, u32)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

impl Acknowledge for Verdicts {
    fn settle(&self, token: u64, verdict: Verdict) {
        self.given.lock().unwrap().push((token, verdict));
    }

    fn split(&self, token: u64, extra: u32) -> bool {
        self.asked.lock().unwrap().push((token, extra));
        self.counts
    }
}
