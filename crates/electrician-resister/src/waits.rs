//! Tasks that wait for the queue to change. No runtime is needed: only wakers.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use crate::sync::{Mutex, lock};

/// Parked tasks, oldest first.
///
/// Whoever changes the queue wakes *after* the change; whoever waits enters the list and then looks
/// at the queue *again*. Both go through this mutex, so one of the two sees the other.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    next: u64,
    parked: VecDeque<(u64, Waker)>,
}

/// A task's place in the list. A wake-up that it was given and did not use goes to the next.
pub(crate) struct Waiter<'a> {
    waits: &'a Waits,
    ticket: Option<u64>,
}

// === impl Waits ===

impl Waits {
    /// Wakes those who wait longest.
    pub(crate) fn wake(&self, count: usize) {
        for _ in 0..count {
            // Not under the lock: a waker may run foreign code.
            let first = lock(&self.list).parked.pop_front();
            let Some((_, waker)) = first else { return };
            waker.wake();
        }
    }

    /// Wakes everybody who waits now.
    pub(crate) fn wake_all(&self) {
        let count = lock(&self.list).parked.len();
        self.wake(count);
    }

    /// One that waits nowhere yet.
    pub(crate) const fn waiter(&self) -> Waiter<'_> {
        Waiter { waits: self, ticket: None }
    }

    /// Waits until `attempt` yields. Who was there first, is woken first.
    pub(crate) async fn until<R>(&self, mut attempt: impl FnMut() -> Option<R>) -> R {
        let mut waiter = self.waiter();
        poll_fn(|cx| waiter.poll(cx, &mut attempt)).await
    }
}

// === impl Waiter ===

impl Waiter<'_> {
    /// Ready when `attempt` yields; woken when it may.
    pub(crate) fn poll<R>(
        &mut self,
        cx: &Context<'_>,
        attempt: &mut impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        // Out of the list while it looks: a wake-up that came before is for this look, one that
        // comes now is for somebody who sleeps.
        let place = self.leave();
        if let Some(result) = attempt() {
            return Poll::Ready(result);
        }
        self.park(cx, place);
        // One that is done is dropped, and passes on what it did not use.
        attempt().map_or(Poll::Pending, Poll::Ready)
    }

    /// Enters the list, at its former place if it was not woken from there.
    fn park(&mut self, cx: &Context<'_>, place: Option<u64>) {
        let mut list = lock(&self.waits.list);
        let ticket = place.unwrap_or_else(|| {
            list.next += 1;
            list.next
        });
        let index = list.parked.partition_point(|(other, _)| *other < ticket);
        list.parked.insert(index, (ticket, cx.waker().clone()));
        drop(list);
        self.ticket = Some(ticket);
    }

    /// Leaves the list; the place it had, unless it was woken.
    fn leave(&mut self) -> Option<u64> {
        let ticket = self.ticket.take()?;
        let mut list = lock(&self.waits.list);
        let index = list.parked.binary_search_by_key(&ticket, |(other, _)| *other).ok()?;
        let entry = list.parked.remove(index);
        drop(list);
        entry.map(|(ticket, _)| ticket)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() && self.leave().is_none() {
            self.waits.wake(1);
        }
    }
}
