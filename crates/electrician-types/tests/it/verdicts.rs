//! A source that keeps what it was told.

use std::sync::{Arc, Mutex};

use electrician_types::{Acknowledge, Receipt, Verdict};

/// Keeps the verdict of each token.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Mutex<Vec<(u64, Verdict)>>);

impl Verdicts {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn receipt(self: &Arc<Self>, token: u64) -> Receipt {
        Receipt::new(Arc::clone(self) as Arc<dyn Acknowledge>, token)
    }

    /// What came since it was last asked, in the order in which it came.
    pub(crate) fn take(&self) -> Vec<(u64, Verdict)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Acknowledge for Verdicts {
    fn settle(&self, token: u64, verdict: Verdict) {
        self.0.lock().unwrap().push((token, verdict));
    }
}
