//! What a relay counts.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::LinkError;

/// Counts of one link, over all runs.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) submitted: AtomicU64,
    pub(crate) acked: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) resent: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) attempts: AtomicU64,
    pub(crate) trouble: Mutex<Option<Arc<LinkError>>>,
}

/// A view of what becomes of items, from outside of the pipeline. Clones are the same view.
#[derive(Clone)]
pub struct ForwardRelayStats(pub(crate) Arc<[Arc<Totals>]>);

/// Counts of one link since the relay was built, over all of its runs. A relay has one link, or one
/// for each target, as its routing says.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LinkStats {
    /// Payloads that were taken.
    pub submitted: u64,
    /// Payloads that were acknowledged.
    pub acked: u64,
    /// Payloads that were refused for good, expired, or given back.
    pub failed: u64,
    /// Payloads that were sent again, each time counted.
    pub resent: u64,
    /// Streams that a receiver took.
    pub connections: u64,
    /// Attempts to begin one.
    pub attempts: u64,
    /// Why the last stream ended or was not begun.
    pub last_error: Option<Arc<LinkError>>,
}

// === impl Totals ===

impl Totals {
    pub(crate) fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn note(&self, error: Arc<LinkError>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(crate) fn trouble(&self) -> Option<Arc<LinkError>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

// === impl ForwardRelayStats ===

impl ForwardRelayStats {
    /// The counts of each link.
    pub fn links(&self) -> Vec<LinkStats> {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let links = self.0.iter().map(|totals| LinkStats {
            submitted: read(&totals.submitted),
            acked: read(&totals.acked),
            failed: read(&totals.failed),
            resent: read(&totals.resent),
            connections: read(&totals.connections),
            attempts: read(&totals.attempts),
            last_error: totals.trouble(),
        });
        links.collect()
    }
}

impl fmt::Debug for ForwardRelayStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.links()).finish()
    }
}
