//! The bounded ring behind every queue: lock-free, many producers, many consumers, in batches.
//!
//! Each place carries a turn, a sequence number that says whose turn it is. With `size` slots, the slot of
//! position `p` holds `p` when it is free for position `p`, `p + 1` when position `p`'s value is
//! in it, and `p + size` once that value was taken, which is the free mark of the next lap. A
//! producer claims a run of free positions with one compare-and-swap on `tail`, a consumer a run
//! of full ones with one on `head`; only the claimer touches the claimed slots.
//!
//! Positions are never reused, so they number the items: `tail` is how many were ever accepted,
//! `head` how many were ever taken, and a position is an order ticket that costs nothing.
//!
//! The scheme is D. Vyukov's bounded MPMC queue; claiming runs and the closing bit are added.

#![expect(unsafe_code, reason = "places are uninitialised until their turn says otherwise")]

use std::fmt;
use std::mem::MaybeUninit;
#[cfg(not(loom))]
use std::ptr;

use crate::sync::{AtomicU64, Ordering, UnsafeCell};

/// Set in `tail` when nothing more may come in.
const CLOSED: u64 = 1 << 63;

/// A bounded queue of `T`.
///
/// Turns and values lie in arrays of their own: a run of turns fits few cache lines, and a run of
/// values moves as one block of memory.
pub(crate) struct Ring<T> {
    head: Padded<Head>,
    tail: Padded<AtomicU64>,
    turns: Box<[AtomicU64]>,
    values: Box<[UnsafeCell<MaybeUninit<T>>]>,
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
        self.turn(head).load(Ordering::Acquire) != head + 1
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

    /// Takes up to `want` values from `next`, as many as there are places in a row. Returns how
    /// many, at least one. `next` is called exactly that many times, with the position of each,
    /// and must not panic: the places are claimed already.
    pub(crate) fn push(
        &self,
        want: usize,
        mut next: impl FnMut(u64) -> T,
    ) -> Result<usize, PushError> {
        let (start, count) = self.claim_free(want as u64)?;
        for position in start..start + count {
            let value = next(position);
            self.values[self.index(position)].with_mut(|place| {
                // SAFETY: the claim gave this thread the place of `position`; its previous value
                // was moved out before its `turn` became `position`.
                unsafe { (*place).write(value) };
            });
            self.turn(position).store(position + 1, Ordering::Release);
        }
        Ok(to_usize(count))
    }

    /// Gives up to `want` values to `take`, oldest first, with the position of each. Returns how
    /// many; none when the ring is empty or the oldest value is still being written. `take` must
    /// not panic: what was claimed and not taken would never be dropped.
    pub(crate) fn pop(&self, want: usize, mut take: impl FnMut(u64, T)) -> usize {
        let Some((start, count)) = self.claim_full(want as u64) else {
            return 0;
        };
        for position in start..start + count {
            let value = self.values[self.index(position)].with(|place| {
                // SAFETY: the claim gave this thread the place of `position`, whose `turn` said
                // that its value is written.
                unsafe { (*place).assume_init_read() }
            });
            // Before the place is free: what its producer kept beside the ring for this position
            // is overwritten by the next one.
            take(position, value);
            self.turn(position).store(position + self.mask + 1, Ordering::Release);
        }
        to_usize(count)
    }

    /// As [`push`](Self::push), from the front of `from`, as blocks of memory.
    #[cfg(not(loom))]
    pub(crate) fn push_from(&self, from: &mut Vec<T>) -> Result<usize, PushError> {
        let (start, count) = self.claim_free(from.len() as u64)?;
        let total = to_usize(count);
        let mut moved = 0;
        for (first, run) in self.runs(start, count) {
            // SAFETY: the claim gave this thread the places of these positions, whose former
            // values were moved out; `run` values from `moved` on are within `from`, and are not
            // touched again there: they are cut off below without being dropped. A cell has the
            // layout of its value, so a run of cells is a run of values.
            unsafe {
                let source = from.as_ptr().add(moved);
                let target = UnsafeCell::first(&self.values).add(first).cast::<T>();
                ptr::copy_nonoverlapping(source, target, run);
            }
            moved += run;
        }
        for position in start..start + count {
            self.turn(position).store(position + 1, Ordering::Release);
        }
        let rest = from.len() - total;
        // SAFETY: the first `total` values now belong to the ring; the others move to the front.
        unsafe {
            from.set_len(0);
            let base = from.as_mut_ptr();
            ptr::copy(base.add(total), base, rest);
            from.set_len(rest);
        }
        Ok(total)
    }

    /// As [`pop`](Self::pop), to the back of `into`, as blocks of memory. Returns the first position
    /// and how many.
    #[cfg(not(loom))]
    pub(crate) fn pop_into(&self, want: usize, into: &mut Vec<T>) -> Option<(u64, u64)> {
        into.reserve(want.min(self.capacity()));
        let (start, count) = self.claim_full(want as u64)?;
        for (first, run) in self.runs(start, count) {
            let len = into.len();
            // SAFETY: the claim gave this thread the places of these positions, whose turns said
            // that their values are written; there is room for them in `into`, which was reserved
            // above (a ring never holds more than its capacity).
            unsafe {
                let source = UnsafeCell::first(&self.values).add(first).cast::<T>();
                ptr::copy_nonoverlapping(source, into.as_mut_ptr().add(len), run);
                into.set_len(len + run);
            }
        }
        for position in start..start + count {
            self.turn(position).store(position + self.mask + 1, Ordering::Release);
        }
        Some((start, count))
    }

    /// The places of `count` positions from `start` on, as runs of neighbours: one, or two where
    /// the ring wraps around.
    #[cfg(not(loom))]
    fn runs(&self, start: u64, count: u64) -> impl Iterator<Item = (usize, usize)> {
        let first = self.index(start);
        let before_wrap = to_usize(count).min(self.values.len() - first);
        let after_wrap = to_usize(count) - before_wrap;
        [(first, before_wrap), (0, after_wrap)].into_iter().filter(|(_, run)| *run > 0)
    }

    // The checker has a cell per value: block by block it would see nothing.
    #[cfg(loom)]
    pub(crate) fn push_from(&self, from: &mut Vec<T>) -> Result<usize, PushError> {
        self.push(from.len(), |_| from.remove(0))
    }

    #[cfg(loom)]
    pub(crate) fn pop_into(&self, want: usize, into: &mut Vec<T>) -> Option<(u64, u64)> {
        let mut start = None;
        let count = self.pop(want, |position, value| {
            start.get_or_insert(position);
            into.push(value);
        });
        start.map(|start| (start, count as u64))
    }

    fn claim_free(&self, want: u64) -> Result<(u64, u64), PushError> {
        let mut tail = self.tail.0.load(Ordering::Relaxed);
        loop {
            if tail & CLOSED != 0 {
                return Err(PushError::Closed);
            }
            let count = self.run(tail, want.min(self.room(tail)), |position| position);
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

    fn claim_full(&self, want: u64) -> Option<(u64, u64)> {
        let mut head = self.head.0.position.load(Ordering::Relaxed);
        loop {
            let count = self.run(head, want, |position| position + 1);
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
                Ok(_) => return Some((head, count)),
                Err(now) => head = now,
            }
        }
    }

    /// How many slots from `start` on, up to `want`, have the turn that `due` asks for.
    fn run(&self, start: u64, want: u64, due: impl Fn(u64) -> u64) -> u64 {
        (0..want)
            .take_while(|offset| {
                let position = start + offset;
                self.turn(position).load(Ordering::Acquire) == due(position)
            })
            .count() as u64
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
        while self.pop(usize::MAX, |_, value| drop(value)) > 0 {}
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
