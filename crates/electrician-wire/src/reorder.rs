//! Putting the outputs of several workers back into the order of their inputs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use electrician_types::{Batch, Item};

use crate::queue::Ticket;
use crate::wait::{WaitList, Waiter};

/// Batches that are done but whose turn has not come.
///
/// The positions a worker took from the queue are its ticket. A worker whose ticket is next emits
/// its outputs, and whatever waits right behind; any other leaves its outputs here and goes on
/// working. It may hand its ticket over in parts, front first, each like a ticket of its own. The
/// number of waiting batches is bounded: when every place is taken, a worker waits with its batch in
/// its hands, except the one whose turn it is.
#[derive(Debug)]
pub(crate) struct Reorder<T> {
    state: Mutex<State<T>>,
    changed: Arc<WaitList>,
}

#[derive(Debug)]
struct State<T> {
    /// The position whose turn it is.
    next: u64,
    /// Whether a worker is emitting.
    emitting: bool,
    /// Waiting batches: ring indexed by position.
    waiting: Box<[Option<Waiting<T>>]>,
    /// Empty batches to exchange for full ones.
    spare: Vec<Batch<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    ticket: Ticket,
    outputs: Batch<T>,
}

/// What a worker does with its outputs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is this worker's turn: emit, then call [`Reorder::after`].
    Emit,
    /// The outputs wait here; the worker has an empty batch.
    Left,
}

// === impl Ticket ===

impl Ticket {
    /// Splits off the positions before the last `rest`, which stay.
    pub(crate) const fn split_off_all_but(&mut self, rest: u64) -> Self {
        let count = self.count.saturating_sub(rest);
        let first = Self { start: self.start, count };
        self.start += count;
        self.count -= count;
        first
    }
}

// === impl Reorder ===

impl<T> Reorder<T> {
    /// For `workers` workers that take at most `max_batch` items at once.
    pub(crate) fn new(workers: usize, max_batch: usize) -> Self {
        let places = workers * 4;
        // Waiting batches plus those in the workers' hands span at most this many positions.
        let span = ((places + workers + 1) * max_batch).next_power_of_two();
        Self {
            state: Mutex::new(State {
                next: 0,
                emitting: false,
                waiting: (0..span).map(|_| None).collect(),
                spare: (0..places).map(|_| Batch::with_capacity(max_batch)).collect(),
            }),
            changed: Arc::default(),
        }
    }

    /// Hands over the outputs of `ticket`, or learns that it is its turn. Waits while every place
    /// is taken. Cancel-safe: until it resolves, the outputs are in `outputs`.
    pub(crate) async fn hand_over(
        &self,
        ticket: Ticket,
        outputs: &mut Batch<T>,
        gave_up: impl Fn() -> bool,
    ) -> Option<Turn> {
        let mut waiter = Waiter::new(Arc::clone(&self.changed));
        waiter
            .until(|| {
                self.try_hand_over(ticket, outputs).map(Some).or_else(|| gave_up().then_some(None))
            })
            .await
    }

    /// Called by the emitting worker when the outputs of `ticket` are out. Gives the next outputs
    /// to emit, exchanged into `outputs`, or ends the turn.
    pub(crate) fn after(&self, ticket: Ticket, outputs: &mut Batch<T>) -> Option<Ticket> {
        let mut state = self.lock();
        state.next = ticket.start + ticket.count;
        let index = state.index(state.next);
        let found = state.waiting[index].take();
        if let Some(Waiting { ticket, outputs: mut found }) = found {
            std::mem::swap(outputs, &mut found);
            state.spare.push(found);
            drop(state);
            self.changed.wake_one();
            Some(ticket)
        } else {
            state.emitting = false;
            drop(state);
            // Somebody may stand with the batch whose turn it is.
            self.changed.wake_all();
            None
        }
    }

    /// Leaves the outputs of `ticket` here for good: the run was aborted.
    pub(crate) fn leave(&self, ticket: Ticket, outputs: &mut Batch<T>) {
        let mut state = self.lock();
        let index = state.index(ticket.start);
        state.waiting[index] = Some(Waiting { ticket, outputs: std::mem::take(outputs) });
    }

    /// Wakes everybody who waits here, to see that the run was aborted.
    pub(crate) fn wake_all(&self) {
        self.changed.wake_all();
    }

    /// Everything that waits, in order: for a run that was aborted.
    pub(crate) fn take_rest(&self) -> Vec<Item<T>> {
        let mut state = self.lock();
        let mut rest: Vec<_> = state.waiting.iter_mut().filter_map(Option::take).collect();
        rest.sort_by_key(|waiting| waiting.ticket.start);
        rest.into_iter().flat_map(|waiting| waiting.outputs).collect()
    }

    fn try_hand_over(&self, ticket: Ticket, outputs: &mut Batch<T>) -> Option<Turn> {
        let mut state = self.lock();
        if state.next == ticket.start && !state.emitting {
            state.emitting = true;
            return Some(Turn::Emit);
        }
        let mut spare = state.spare.pop()?;
        std::mem::swap(outputs, &mut spare);
        let index = state.index(ticket.start);
        debug_assert!(state.waiting[index].is_none(), "two batches with one ticket");
        state.waiting[index] = Some(Waiting { ticket, outputs: spare });
        Some(Turn::Left)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl<T> State<T> {
    fn index(&self, position: u64) -> usize {
        let mask = self.waiting.len() as u64 - 1;
        usize::try_from(position & mask).expect("below the ring's length")
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
