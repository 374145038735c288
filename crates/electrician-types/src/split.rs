//! One receipt for several items (split), several receipts for one item (merge).

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::sync::{AtomicU8, AtomicUsize, Mutex, Ordering, lock};
use crate::{Acknowledge, NackReason, Receipt, TraceContext, Verdict};

/// The receipts of the parts of a split item: see [`Receipt::split`].
///
/// Receipts that are not taken out count as nacks when this is dropped.
#[must_use = "dropping the parts of a receipt is a negative acknowledgement"]
#[derive(Debug)]
pub struct Receipts {
    whole: Receipt,
    left: usize,
}

struct Split {
    parent: Mutex<Receipt>,
    left: AtomicUsize,
    nack: AtomicU8,
}

struct Merge {
    parents: Mutex<Vec<Receipt>>,
}

// === impl Receipt ===

impl Receipt {
    /// Replaces this receipt by `parts` receipts. The item is acknowledged when every part is,
    /// and negatively acknowledged, once, when all have settled and one of them was a nack.
    ///
    /// Splitting into zero parts is a nack: nothing would ever speak for the item. Call
    /// [`ack`](Receipt::ack) for an item that is done.
    ///
    /// Allocates only when the target does not count by itself ([`Acknowledge::split`]) and
    /// `parts` is at least two.
    pub fn split(mut self, parts: usize) -> Receipts {
        if parts == 0 {
            self.take().nack(NackReason::Dropped);
            return Receipts { whole: Self::none(), left: 0 };
        }
        let counted = parts == 1 || u32::try_from(parts - 1).is_ok_and(|extra| self.grow(extra));
        let whole = if counted {
            self
        } else {
            let split = Split {
                parent: Mutex::new(self),
                left: AtomicUsize::new(parts),
                nack: AtomicU8::new(0),
            };
            Self::new(Arc::new(split), 0)
        };
        Receipts { whole, left: parts }
    }

    /// One receipt that speaks for all of `receipts`: its verdict settles each of them.
    ///
    /// Allocates only when two or more of them are tracked.
    pub fn merge(receipts: impl IntoIterator<Item = Self>) -> Self {
        let mut tracked = receipts.into_iter().filter(Self::is_tracked);
        let Some(first) = tracked.next() else {
            return Self::none();
        };
        let Some(second) = tracked.next() else {
            return first;
        };
        let mut parents = Vec::with_capacity(tracked.size_hint().0 + 2);
        parents.extend([first, second]);
        parents.extend(tracked);
        Self::new(Arc::new(Merge { parents: Mutex::new(parents) }), 0)
    }
}

// === impl Receipts ===

impl Iterator for Receipts {
    type Item = Receipt;

    fn next(&mut self) -> Option<Receipt> {
        self.left = self.left.checked_sub(1)?;
        Some(if self.left == 0 { self.whole.take() } else { self.whole.twin() })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Receipts {}

impl Drop for Receipts {
    fn drop(&mut self) {
        for receipt in self.by_ref() {
            drop(receipt);
        }
    }
}

// === impl Split ===

impl Acknowledge for Split {
    fn settle(&self, _token: u64, verdict: Verdict) {
        if let Verdict::Nack(reason) = verdict {
            self.nack.store(reason as u8, Ordering::Relaxed);
        }
        // The release of every part is acquired by the last one, so it sees any nack.
        if self.left.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let parent = lock(&self.parent).take();
        match self.nack.load(Ordering::Relaxed) {
            0 => parent.ack(),
            code => parent.nack(NackReason::from_code(code)),
        }
    }

    fn split(&self, _token: u64, extra: u32) -> bool {
        let grown = |left: usize| left.checked_add(extra as usize);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }

    fn trace(&self, _token: u64) -> Option<TraceContext> {
        lock(&self.parent).trace()
    }

    fn pass(&self, _token: u64, now: Instant) -> Option<Duration> {
        lock(&self.parent).pass(now)
    }
}

// === impl Merge ===

impl Acknowledge for Merge {
    fn settle(&self, _token: u64, verdict: Verdict) {
        let parents = std::mem::take(&mut *lock(&self.parents));
        for parent in parents {
            parent.settle(verdict);
        }
    }

    /// That of the first item that has one.
    fn trace(&self, _token: u64) -> Option<TraceContext> {
        lock(&self.parents).iter().find_map(Receipt::trace)
    }

    /// That of the first item that is measured; the others pass as well.
    fn pass(&self, _token: u64, now: Instant) -> Option<Duration> {
        lock(&self.parents).iter().fold(None, |first, parent| {
            let stay = parent.pass(now);
            first.or(stay)
        })
    }
}
