//! The bound in bytes.

use crate::queue::SizeFn;
use crate::ring::Padded;
use crate::sync::{AtomicU64, Ordering};

/// A bound in bytes, and what is used of it.
pub(super) struct Budget<T> {
    pub(super) limit: u64,
    used: Padded<AtomicU64>,
    pub(super) size: SizeFn<T>,
    /// What each item in a lane weighed when it came in, by position: a size function that
    /// changes its mind cannot make the account drift.
    weights: Box<[Box<[AtomicU64]>]>,
}

// === impl Budget ===

impl<T> Budget<T> {
    pub(super) fn new(limit: u64, size: SizeFn<T>, lanes: usize, per_lane: usize) -> Self {
        let slots = per_lane.next_power_of_two().max(2);
        let lane = || (0..slots).map(|_| AtomicU64::new(0)).collect();
        Self {
            limit,
            used: Padded(AtomicU64::new(0)),
            size,
            weights: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// Takes `size` bytes out of the budget, if they are there.
    pub(super) fn reserve(&self, size: u64) -> bool {
        let fits = |used: u64| used.checked_add(size).filter(|sum| *sum <= self.limit);
        self.used.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok()
    }

    /// Gives `size` bytes back.
    pub(super) fn release(&self, size: u64) {
        self.used.0.fetch_sub(size, Ordering::AcqRel);
    }

    /// The note of what the item at `position` weighed.
    pub(super) fn weight(&self, lane: usize, position: u64) -> &AtomicU64 {
        let lane = &self.weights[lane];
        let index = position & (lane.len() as u64 - 1);
        &lane[usize::try_from(index).expect("below the lane's length")]
    }
}
