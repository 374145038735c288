//! The bounded ring behind every queue: lock-free, many producers, many consumers, in batches.
//!
//! Each place carries a turn, a sequence number that says whose turn it is. With `size` slots, the slot of
//! position `p` holds `p` when it is free for position `p`, `p + 1` when position `p`'s value is
//! in it, and `p + size` once that value was taken, which is the free mark of the next lap. A
//! producer claims a run of free positions with one compare-and-swap on `tail`, a consumer a run
//! of full ones with one on `head`; only the claimer touches the claimed slots. A full turn also
//! says whether the item has a receipt: where nobody waits for one, none is moved.
//!
//! Positions are never reused, so they number the items: `tail` is how many were ever accepted,
//! `head` how many were ever taken, and a position is an order ticket that costs nothing.
//!
//! The scheme is D. Vyukov's bounded MPMC queue; claiming runs and the closing bit are added.
//!
//! A consumer writes to every cache line that it has emptied ([`Ring::vacate`]). It has the line at
//! hand, so this costs it nothing. Had it only read, both sides would share the line, and the
//! producer's next write to it, a lap later, would have to wait for the other copy to go away,
//! behind the barrier of every claim: 21 ns a line instead of 4 on Zen 4, more than all the rest.

#![expect(unsafe_code, reason = "places are uninitialised until their turn says otherwise")]

mod blocks;

use std::fmt;
use std::mem::MaybeUninit;

use electrician_types::{Item, Receipt};

use crate::sync::{AtomicU64, Ordering, UnsafeCell};

/// Set in `tail` when nothing more may come in.
const CLOSED: u64 = 1 << 63;

/// Set in the turn of a slot whose item has a receipt.
const TRACKED: u64 = 1 << 63;

/// A bounded queue of items.
///
/// Turns, values and receipts lie in arrays of their own: a run of turns fits few cache lines, a
/// run of values moves as one block of memory, and receipts that nobody waits for are not touched.
pub(crate) struct Ring<T> {
    head: Padded<Head>,
    tail: Padded<AtomicU64>,
    turns: Box<[AtomicU64]>,
    values: Box<[UnsafeCell<MaybeUninit<T>>]>,
    /// Written only where the turn says so.
    receipts: Box<[UnsafeCell<MaybeUninit<Receipt>>]>,
    mask: u64,
    capacity: u64,
}

/// What consumers write.
#[derive(Debug)]
struct Head {
    position: AtomicU64,
    /// Where `tail` was when a consumer last looked: looking makes the producers' line travel.
    tail_seen: AtomicU64,
}

/// Keeps what it holds alone on its cache lines (two, for the adjacent-line prefetcher).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

/// Positions that a consumer has claimed.
struct Full {
    start: u64,
    count: u64,
    /// Told for free by the look at the turns.
    #[cfg_attr(loom, expect(dead_code, reason = "the checker has no blocks"))]
    has_receipts: bool,
}

/// Why nothing was pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushError {
    /// Every place is taken, or claimed and about to be filled.
    Full,
    /// The ring is closed for good.
    Closed,
}

// SAFETY: a slot's value is touched only by the one thread that claimed its position, and the
// claim is handed over through the slot's `turn` (release, acquire). Values move between threads,
// hence `T: Send`; they are never shared.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Ring<T> {}

// === impl Ring ===

impl<T> Ring<T> {
    /// A ring for exactly `capacity` values, at least one.
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        // Two slots at least: with one, "full" and "free for the next lap" are the same number.
        let size = capacity.next_power_of_two().max(2);
        Self {
            head: Padded(Head { position: AtomicU64::new(0), tail_seen: AtomicU64::new(0) }),
            tail: Padded(AtomicU64::new(0)),
            turns: (0..size as u64).map(AtomicU64::new).collect(),
            values: (0..size).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
            receipts: (0..size).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
            mask: size as u64 - 1,
            capacity: capacity as u64,
        }
    }

    /// How many values fit.
    pub(crate) fn capacity(&self) -> usize {
        usize::try_from(self.capacity).unwrap_or(usize::MAX)
    }

    /// How many values were ever accepted.
    pub(crate) fn accepted(&self) -> u64 {
        self.tail.0.load(Ordering::Acquire) & !CLOSED
    }

    /// How many values were ever taken out.
    pub(crate) fn taken(&self) -> u64 {
        self.head.0.position.load(Ordering::Acquire)
    }

    /// How many values are in the ring, or claimed and about to be.
    pub(crate) fn len(&self) -> usize {
        // `head` first: it never passes `tail`, so the difference cannot be negative.
        let head = self.head.0.position.load(Ordering::Acquire);
        usize::try_from(self.accepted().saturating_sub(head)).unwrap_or(usize::MAX)
    }

    /// Refuses every push that has not claimed its place yet. Returns whether this call did it.
    pub(crate) fn close(&self) -> bool {
        self.tail.0.fetch_or(CLOSED, Ordering::AcqRel) & CLOSED == 0
    }

    /// Whether the ring is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.tail.0.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Whether the ring is closed and every value was taken.
    pub(crate) fn is_drained(&self) -> bool {
        let tail = self.tail.0.load(Ordering::Acquire);
        tail & CLOSED != 0 && self.head.0.position.load(Ordering::Acquire) == tail & !CLOSED
    }

    /// Whether no value is in the ring, as far as consumers can see.
    pub(crate) fn is_empty(&self) -> bool {
        let head = self.head.0.position.load(Ordering::Acquire);
        self.turn(head).load(Ordering::Acquire) & !TRACKED != head + 1
    }

    /// Whether the next push would find a place, or the ring closed. Unlike [`len`](Self::len), this
    /// sees that a place whose value is still on its way out is not free yet.
    pub(crate) fn has_room(&self) -> bool {
        let mut tail = self.tail.0.load(Ordering::Relaxed);
        loop {
            if tail & CLOSED != 0 || self.run(tail, self.room(tail).min(1), |free| free).0 > 0 {
                return true;
            }
            let now = self.tail.0.load(Ordering::Relaxed);
            if now == tail {
                return false;
            }
            tail = now;
        }
    }

    /// How many values are in the ring, but not more than `enough`: cheaper than [`len`](Self::len)
    /// when there are many.
    pub(crate) fn len_up_to(&self, enough: usize) -> usize {
        let head = self.head.0.position.load(Ordering::Relaxed);
        let seen = self.head.0.tail_seen.load(Ordering::Relaxed).saturating_sub(head);
        if seen >= enough as u64 {
            return enough;
        }
        let tail = self.accepted();
        self.head.0.tail_seen.store(tail, Ordering::Relaxed);
        enough.min(to_usize(tail.saturating_sub(head)))
    }

    /// Takes up to `want` items from `next`, as many as there are places in a row. Returns how
    /// many, at least one. `next` is called exactly that many times, with the position of each,
    /// and must not panic: the places are claimed already.
    pub(crate) fn push(
        &self,
        want: usize,
        mut next: impl FnMut(u64) -> Item<T>,
    ) -> Result<usize, PushError> {
        let (start, count) = self.claim_free(want as u64)?;
        for position in start..start + count {
            let (value, receipt) = next(position).into_parts();
            self.values[self.index(position)].with_mut(|place| {
                // SAFETY: the claim gave this thread the place of `position`; its previous value
                // was moved out before its `turn` became `position`.
                unsafe { (*place).write(value) };
            });
            self.fill(position, receipt);
        }
        Ok(to_usize(count))
    }

    /// Gives up to `want` items to `take`, oldest first, with the position of each. Returns how
    /// many; none when the ring is empty or the oldest item is still being written. `take` must
    /// not panic: what was claimed and not taken would never be dropped.
    pub(crate) fn pop(&self, want: usize, mut take: impl FnMut(u64, Item<T>)) -> usize {
        let Some(Full { start, count, .. }) = self.claim_full(want as u64) else {
            return 0;
        };
        for position in start..start + count {
            let value = self.values[self.index(position)].with(|place| {
                // SAFETY: the claim gave this thread the place of `position`, whose `turn` said
                // that its value is written.
                unsafe { (*place).assume_init_read() }
            });
            let receipt = self.take_receipt(position);
            self.vacate(self.index(position), 1);
            // Before the place is free: what its producer kept beside the ring for this position
            // is overwritten by the next one.
            take(position, Item::with_receipt(value, receipt));
            self.free(position);
        }
        to_usize(count)
    }

    /// Puts the receipt beside the value at `position`, which was claimed and written, and says
    /// that the place is full.
    fn fill(&self, position: u64, receipt: Receipt) {
        let mut turn = position + 1;
        if receipt.is_tracked() {
            turn |= TRACKED;
            self.receipts[self.index(position)].with_mut(|place| {
                // SAFETY: the claim gave this thread the place of `position`; its previous receipt
                // was moved out before its `turn` became `position`.
                unsafe { (*place).write(receipt) };
            });
        }
        self.turn(position).store(turn, Ordering::Release);
    }

    /// Takes the receipt out of `position`, which was claimed full.
    fn take_receipt(&self, position: u64) -> Receipt {
        // Relaxed: whoever claimed it has acquired it.
        if self.turn(position).load(Ordering::Relaxed) & TRACKED == 0 {
            return Receipt::none();
        }
        self.receipts[self.index(position)].with(|place| {
            // SAFETY: the claim gave this thread the place of `position`, whose `turn` says that
            // its receipt is written; it is read once, because the place becomes free next.
            unsafe { (*place).assume_init_read() }
        })
    }

    /// Says that the place of `position`, which was claimed and emptied, is free for the next lap.
    fn free(&self, position: u64) {
        self.turn(position).store(position + self.mask + 1, Ordering::Release);
    }

    fn claim_free(&self, want: u64) -> Result<(u64, u64), PushError> {
        let mut tail = self.tail.0.load(Ordering::Relaxed);
        loop {
            if tail & CLOSED != 0 {
                return Err(PushError::Closed);
            }
            let (count, _) = self.run(tail, want.min(self.room(tail)), |position| position);
            if count == 0 {
                let now = self.tail.0.load(Ordering::Relaxed);
                if now == tail {
                    return Err(PushError::Full);
                }
                tail = now;
                continue;
            }
            match self.tail.0.compare_exchange_weak(
                tail,
                tail + count,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok((tail, count)),
                Err(now) => tail = now,
            }
        }
    }

    fn claim_full(&self, want: u64) -> Option<Full> {
        let mut head = self.head.0.position.load(Ordering::Relaxed);
        loop {
            let (count, has_receipts) = self.run(head, want, |position| position + 1);
            if count == 0 {
                let now = self.head.0.position.load(Ordering::Relaxed);
                if now == head {
                    return None;
                }
                head = now;
                continue;
            }
            match self.head.0.position.compare_exchange_weak(
                head,
                head + count,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(Full { start: head, count, has_receipts }),
                Err(now) => head = now,
            }
        }
    }

    /// How many slots from `start` on, up to `want`, have the turn that `due` asks for, and whether
    /// one of them has a receipt.
    fn run(&self, start: u64, want: u64, due: impl Fn(u64) -> u64) -> (u64, bool) {
        let (mut count, mut flags) = (0, 0);
        while count < want {
            let position = start + count;
            let turn = self.turn(position).load(Ordering::Acquire);
            if turn & !TRACKED != due(position) {
                break;
            }
            flags |= turn;
            count += 1;
        }
        (count, flags & TRACKED != 0)
    }

    /// How many places the bound leaves at `tail`. The slots alone bound a ring whose capacity is
    /// their number; a smaller bound has to look at `head`.
    fn room(&self, tail: u64) -> u64 {
        if self.capacity == self.mask + 1 {
            return self.capacity;
        }
        // A stale `tail` may lie behind `head`; the compare-and-swap will notice.
        let used = tail.saturating_sub(self.head.0.position.load(Ordering::Acquire));
        self.capacity.saturating_sub(used)
    }

    fn turn(&self, position: u64) -> &AtomicU64 {
        &self.turns[self.index(position)]
    }

    const fn index(&self, position: u64) -> usize {
        to_usize(position & self.mask)
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        while self.pop(usize::MAX, |_, item| drop(item)) > 0 {}
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("len", &self.len())
            .field("capacity", &self.capacity)
            .field("accepted", &self.accepted())
            .field("closed", &self.is_closed())
            .finish()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by the number of slots, a usize")]
const fn to_usize(count: u64) -> usize {
    count as usize
}

#[cfg(all(test, not(loom)))]
mod tests;
