//! What is left in a queue when a run ends, and who reads it until then.

use std::sync::Arc;
use std::task::{Context, Poll};

use electrician_types::{Batch, Item};

use crate::queue::{Entry, Queue};
use crate::sync::{Ordering, lock};
use crate::wait::Waiter;

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

    /// Keeps items that were on their way into or out of this queue when the run was aborted.
    pub(crate) fn leave_behind(&self, items: impl IntoIterator<Item = Item<T>>) {
        if self.is_abandoned.load(Ordering::Acquire) {
            items.into_iter().for_each(drop);
        } else {
            lock(&self.leftovers).extend(items);
        }
    }

    /// Drops everything inside, now and later: nobody is there to take it.
    pub(crate) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Release);
        self.close();
        drop(self.take_rest());
    }

    /// Everything still here: what was left behind, then what is in the lanes.
    pub(crate) fn take_rest(&self) -> Vec<Item<T>> {
        let mut rest = std::mem::take(&mut *lock(&self.leftovers));
        let mut inside = Batch::new();
        for (index, lane) in self.lanes.iter().enumerate() {
            while self.take_from(index, lane, usize::MAX, &mut inside).is_some() {}
        }
        self.entry.rest.fetch_add(inside.len() as u64, Ordering::Relaxed);
        rest.extend(inside);
        rest
    }

    pub(crate) const fn entry(&self) -> &Entry {
        &self.entry
    }
}
