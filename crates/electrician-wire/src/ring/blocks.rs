//! Values as blocks of memory: what is neighbours in the ring moves in one piece.

#[cfg(not(loom))]
use std::ptr;

use electrician_types::Receipt;

#[cfg(not(loom))]
use super::{Full, to_usize};
use super::{PushError, Ring};
#[cfg(not(loom))]
use crate::sync::{Ordering, UnsafeCell};
#[cfg(loom)]
use electrician_types::Item;

/// What travels between caches at once, bytes. Where it is more, some writes are in vain.
#[cfg(not(loom))]
const CACHE_LINE: usize = 64;

#[cfg(not(loom))]
impl<T> Ring<T> {
    /// As [`push`](Self::push), from the front of `values`, as blocks of memory. The receipts are
    /// those of the first values.
    pub(crate) fn push_from(
        &self,
        values: &mut Vec<T>,
        receipts: &mut Vec<Receipt>,
    ) -> Result<usize, PushError> {
        let (start, count) = self.claim_free(values.len() as u64)?;
        let total = to_usize(count);
        let mut moved = 0;
        for (first, run) in self.runs(start, count) {
            // SAFETY: the claim gave this thread the places of these positions, whose former
            // values were moved out; `run` values from `moved` on are within `values`, and are not
            // touched again there: they are cut off below without being dropped. A cell has the
            // layout of its value, so a run of cells is a run of values.
            unsafe {
                let source = values.as_ptr().add(moved);
                let target = UnsafeCell::first(&self.values).add(first).cast::<T>();
                ptr::copy_nonoverlapping(source, target, run);
            }
            moved += run;
        }
        let rest = values.len() - total;
        // SAFETY: the first `total` values now belong to the ring; the others move to the front.
        unsafe {
            values.set_len(0);
            let base = values.as_mut_ptr();
            ptr::copy(base.add(total), base, rest);
            values.set_len(rest);
        }
        let end = start + count;
        let mut position = start;
        for receipt in receipts.drain(..receipts.len().min(total)) {
            self.fill(position, receipt);
            position += 1;
        }
        for position in position..end {
            self.turn(position).store(position + 1, Ordering::Release);
        }
        Ok(total)
    }

    /// As [`pop`](Self::pop), to the back of `values`, as blocks of memory. Receipts go to `keep`,
    /// each with the index of its value. Returns the first position and how many. `keep` must not
    /// panic.
    pub(crate) fn pop_into(
        &self,
        want: usize,
        values: &mut Vec<T>,
        mut keep: impl FnMut(usize, Receipt),
    ) -> Option<(u64, u64)> {
        values.reserve(want.min(self.capacity()));
        let Full { start, count, has_receipts } = self.claim_full(want as u64)?;
        if has_receipts {
            for (index, position) in (values.len()..).zip(start..start + count) {
                let receipt = self.take_receipt(position);
                if receipt.is_tracked() {
                    keep(index, receipt);
                }
            }
        }
        for (first, run) in self.runs(start, count) {
            let len = values.len();
            // SAFETY: the claim gave this thread the places of these positions, whose turns said
            // that their values are written; there is room for them in `values`, which was
            // reserved above (a ring never holds more than its capacity).
            unsafe {
                let source = UnsafeCell::first(&self.values).add(first).cast::<T>();
                ptr::copy_nonoverlapping(source, values.as_mut_ptr().add(len), run);
                values.set_len(len + run);
            }
            self.vacate(first, run);
        }
        for position in start..start + count {
            self.free(position);
        }
        Some((start, count))
    }

    /// Writes to every cache line of the `run` places from `first` on, whose values were just moved
    /// out by this thread, so that no other cache has to be asked when they are filled again.
    pub(super) fn vacate(&self, first: usize, run: usize) {
        let bytes = run * size_of::<T>();
        let mut offset = 0;
        while offset < bytes {
            // SAFETY: the offset is within `run` places that this thread has claimed and emptied:
            // what they hold is nobody's value.
            let place = unsafe {
                let place = UnsafeCell::first(&self.values).add(first).cast::<u8>().add(offset);
                place.write(0);
                place
            };
            offset += CACHE_LINE - place.addr() % CACHE_LINE;
        }
    }

    /// The places of `count` positions from `start` on, as runs of neighbours: one, or two where
    /// the ring wraps around.
    fn runs(&self, start: u64, count: u64) -> impl Iterator<Item = (usize, usize)> {
        let first = self.index(start);
        let before_wrap = to_usize(count).min(self.values.len() - first);
        let after_wrap = to_usize(count) - before_wrap;
        [(first, before_wrap), (0, after_wrap)].into_iter().filter(|(_, run)| *run > 0)
    }
}

/// The checker has a cell per value: block by block it would see nothing.
#[cfg(loom)]
impl<T> Ring<T> {
    pub(crate) fn push_from(
        &self,
        values: &mut Vec<T>,
        receipts: &mut Vec<Receipt>,
    ) -> Result<usize, PushError> {
        self.push(values.len(), |_| {
            let receipt = if receipts.is_empty() { Receipt::none() } else { receipts.remove(0) };
            Item::with_receipt(values.remove(0), receipt)
        })
    }

    pub(crate) fn pop_into(
        &self,
        want: usize,
        values: &mut Vec<T>,
        mut keep: impl FnMut(usize, Receipt),
    ) -> Option<(u64, u64)> {
        let mut start = None;
        let count = self.pop(want, |position, item| {
            start.get_or_insert(position);
            let (value, receipt) = item.into_parts();
            if receipt.is_tracked() {
                keep(values.len(), receipt);
            }
            values.push(value);
        });
        start.map(|start| (start, count as u64))
    }

    pub(super) fn vacate(&self, _first: usize, _run: usize) {}
}
