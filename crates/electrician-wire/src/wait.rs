//! Tasks that wait for a queue to change.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::sync::{AtomicU64, AtomicUsize, Mutex, Ordering, fence, lock};

/// Parked tasks, oldest first.
///
/// Whoever changes the state calls [`wake_one`](Self::wake_one) or [`wake_all`](Self::wake_all)
/// *after* the change; whoever waits registers and then looks at the state *again*. A full fence
/// on both sides makes one of the two see the other, so no wake-up is lost. While nobody is
/// parked, waking costs the fence and one load.
///
/// The list grows to the largest number of tasks that ever waited at once and then allocates no
/// more.
#[derive(Debug, Default)]
pub(crate) struct WaitList {
    parked: AtomicUsize,
    next_ticket: AtomicU64,
    list: Mutex<VecDeque<(u64, Waker)>>,
}

/// One waiting place of a task. Dropping it leaves the list; a wake-up it was given and did not
/// use goes to the next.
pub(crate) struct Waiter {
    list: Arc<WaitList>,
    ticket: Option<u64>,
}

// === impl WaitList ===

impl WaitList {
    /// Wakes the task that waits longest.
    pub(crate) fn wake_one(&self) {
        fence(Ordering::SeqCst);
        if self.parked.load(Ordering::Relaxed) > 0 {
            self.wake_first();
        }
    }

    /// Wakes every task that waits.
    pub(crate) fn wake_all(&self) {
        fence(Ordering::SeqCst);
        while self.parked.load(Ordering::Relaxed) > 0 {
            self.wake_first();
        }
    }

    /// Whether a task waits, as far as this thread can see.
    pub(crate) fn has_parked(&self) -> bool {
        self.parked.load(Ordering::Relaxed) > 0
    }

    #[cold]
    fn wake_first(&self) {
        let waker = {
            let mut list = lock(&self.list);
            let first = list.pop_front();
            self.parked.store(list.len(), Ordering::Relaxed);
            first
        };
        if let Some((_, waker)) = waker {
            waker.wake();
        }
    }
}

// === impl Waiter ===

impl Waiter {
    pub(crate) const fn new(list: Arc<WaitList>) -> Self {
        Self { list, ticket: None }
    }

    /// Polls `attempt` until it yields; between attempts the task is parked here.
    pub(crate) fn poll_until<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        if let Some(result) = attempt() {
            self.leave();
            return Poll::Ready(result);
        }
        self.park(cx);
        if let Some(result) = attempt() {
            self.leave();
            return Poll::Ready(result);
        }
        Poll::Pending
    }

    /// Enters the list, or takes its place again with the present waker.
    fn park(&mut self, cx: &Context<'_>) {
        let mut list = lock(&self.list.list);
        let mine = self.ticket.and_then(|ticket| list.iter_mut().find(|(t, _)| *t == ticket));
        if let Some((_, waker)) = mine {
            waker.clone_from(cx.waker());
        } else {
            let ticket = self.list.next_ticket.fetch_add(1, Ordering::Relaxed);
            self.ticket = Some(ticket);
            list.push_back((ticket, cx.waker().clone()));
            self.list.parked.store(list.len(), Ordering::Relaxed);
        }
        drop(list);
        fence(Ordering::SeqCst);
    }

    /// Leaves the list. Returns whether this place was still in it, that is, not woken.
    fn leave(&mut self) -> bool {
        let Some(ticket) = self.ticket.take() else {
            return true;
        };
        let mut list = lock(&self.list.list);
        let place = list.iter().position(|(t, _)| *t == ticket);
        // The waker is dropped after the lock is released: dropping it may run foreign code.
        let waker = place.and_then(|place| list.remove(place));
        self.list.parked.store(list.len(), Ordering::Relaxed);
        drop(list);
        waker.is_some()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if !self.leave() {
            self.list.wake_one();
        }
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("parked", &self.ticket.is_some()).finish()
    }
}
