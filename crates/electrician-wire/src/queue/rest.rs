//! What is left in a queue when a run ends, and who reads it until then.

use std::sync::Arc;
use std::task::{Context, Poll};

use electrician_types::{Batch, Item};

use crate::queue::{Entry, Queue};
use crate::sync::{Ordering, lock};
use crate::wait::Waiter;

/// Items outside the lanes when the run is over.
#[derive(Debug)]
pub(super) struct Rest<T> {
    taken_back: Vec<Item<T>>,
    kept_out: Vec<Item<T>>,
}

impl<T> Default for Rest<T> {
    fn default() -> Self {
        Self { taken_back: Vec::new(), kept_out: Vec::new() }
    }
}

impl<T> Queue<T> {
    pub(crate) fn add_reader(&self) {
        self.readers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn remove_reader(&self) {
        self.readers.fetch_sub(1, Ordering::Release);
        self.reader_gone.wake_all();
    }

    pub(crate) fn reader_waiter(&self) -> Waiter {
        Waiter::new(Arc::clone(&self.reader_gone))
    }

    /// Waits until nobody reads here.
    pub(crate) fn poll_unread(&self, cx: &mut Context<'_>, waiter: &mut Waiter) -> Poll<()> {
        waiter.poll_until(cx, || (self.readers.load(Ordering::Acquire) == 0).then_some(()))
    }

    /// Keeps items that were taken out and could not be worked on when the run was aborted.
    pub(crate) fn take_back(&self, items: impl IntoIterator<Item = Item<T>>) {
        self.keep(items, |rest| &mut rest.taken_back);
    }

    /// Keeps items that were on their way in when the run was aborted.
    pub(crate) fn keep_out(&self, items: impl IntoIterator<Item = Item<T>>) {
        self.keep(items, |rest| &mut rest.kept_out);
    }

    fn keep(
        &self,
        items: impl IntoIterator<Item = Item<T>>,
        place: impl FnOnce(&mut Rest<T>) -> &mut Vec<Item<T>>,
    ) {
        if self.is_abandoned.load(Ordering::Acquire) {
            items.into_iter().for_each(drop);
        } else {
            place(&mut lock(&self.leftovers)).extend(items);
        }
    }

    /// Wakes the next who waits for room.
    pub(super) fn pass_room_on(&self) {
        self.space.wake_one();
    }

    /// Drops everything inside, now and later: nobody is there to take it.
    pub(crate) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Release);
        self.close();
        drop(self.take_rest());
    }

    /// Closes the queue and takes everything still here, oldest first: what was taken back, what is inside, what was kept out.
    pub(crate) fn take_rest(&self) -> Vec<Item<T>> {
        self.close();
        let Rest { taken_back, kept_out } = std::mem::take(&mut *lock(&self.leftovers));
        let mut inside = Batch::new();
        for (index, lane) in self.lanes.iter().enumerate() {
            while self.take_from(index, lane, usize::MAX, &mut inside).is_some()
                || !lane.ring.is_drained()
            {
                // A submit that was accepted a moment ago may still be writing its items.
                crate::sync::yield_now();
            }
        }
        self.entry.rest.fetch_add(inside.len() as u64, Ordering::Relaxed);
        taken_back.into_iter().chain(inside).chain(kept_out).collect()
    }

    pub(crate) const fn entry(&self) -> &Entry {
        &self.entry
    }
}
