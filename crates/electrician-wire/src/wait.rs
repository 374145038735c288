//! Tasks that wait for a queue to change.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
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
    list: Mutex<VecDeque<Place>>,
}

#[derive(Debug)]
struct Place {
    ticket: u64,
    waker: Waker,
    /// Whether the waiting task is bound to look when it is woken, or to leave. A task behind a
    /// poll function (of a stream, a sink) may have lost interest without a word: waking it must
    /// not be all that happens.
    is_firm: bool,
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
            self.wake_first(self.next_ticket.load(Ordering::Relaxed));
        }
    }

    /// Wakes every task that waits. One that parks again meanwhile has looked again, and is left
    /// alone: this ends however fast the woken come back.
    pub(crate) fn wake_all(&self) {
        fence(Ordering::SeqCst);
        // By the fences, whoever is not seen here sees the change.
        let end = self.next_ticket.load(Ordering::Relaxed);
        while self.parked.load(Ordering::Relaxed) > 0 && self.wake_first(end) {}
    }

    /// Whether a task waits, as far as this thread can see.
    pub(crate) fn has_parked(&self) -> bool {
        self.parked.load(Ordering::Relaxed) > 0
    }

    /// Wakes the first task whose ticket is below `end`, and on behalf of those that may not care
    /// the next, too.
    #[cold]
    fn wake_first(&self, end: u64) -> bool {
        loop {
            let first = {
                let mut list = lock(&self.list);
                let first = list.pop_front_if(|place| place.ticket < end);
                self.parked.store(list.len(), Ordering::Relaxed);
                first
            };
            let Some(Place { waker, is_firm, .. }) = first else {
                return false;
            };
            waker.wake();
            if is_firm {
                return true;
            }
        }
    }
}

// === impl Waiter ===

impl Waiter {
    pub(crate) const fn new(list: Arc<WaitList>) -> Self {
        Self { list, ticket: None }
    }

    /// Waits until `attempt` yields. Dropping the future leaves the list, and passes a wake-up on
    /// that it was given and did not use.
    pub(crate) async fn until<R>(&mut self, mut attempt: impl FnMut() -> Option<R>) -> R {
        let leaving = Leaving(self);
        poll_fn(|cx| leaving.0.poll(cx, &mut attempt, true)).await
    }

    /// As [`until`](Self::until), for poll functions, whose caller may stop polling at any time.
    pub(crate) fn poll_until<R>(
        &mut self,
        cx: &mut Context<'_>,
        attempt: impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        self.poll(cx, attempt, false)
    }

    fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut() -> Option<R>,
        is_firm: bool,
    ) -> Poll<R> {
        // Not in the list while it looks: a wake-up that came before is for this look, one that
        // comes now is for somebody who sleeps.
        let place = self.leave();
        if let Some(result) = attempt() {
            return Poll::Ready(result);
        }
        self.park(cx, place, is_firm);
        if let Some(result) = attempt() {
            // A wake-up that came since may be for something else than was found.
            self.pass_on();
            return Poll::Ready(result);
        }
        Poll::Pending
    }

    /// Enters the list, at `place` if it was not woken from there.
    fn park(&mut self, cx: &Context<'_>, place: Option<u64>, is_firm: bool) {
        let mut list = lock(&self.list.list);
        let ticket = place.unwrap_or_else(|| self.list.next_ticket.fetch_add(1, Ordering::Relaxed));
        let index = list.partition_point(|place| place.ticket < ticket);
        list.insert(index, Place { ticket, waker: cx.waker().clone(), is_firm });
        self.list.parked.store(list.len(), Ordering::Relaxed);
        drop(list);
        self.ticket = Some(ticket);
        fence(Ordering::SeqCst);
    }

    /// Leaves the list. Returns the place it had there; none when it was woken or had none.
    fn leave(&mut self) -> Option<u64> {
        let ticket = self.ticket.take()?;
        let mut list = lock(&self.list.list);
        let index = list.binary_search_by_key(&ticket, |place| place.ticket).ok();
        // The waker is dropped after the lock is released: dropping it may run foreign code.
        let entry = index.and_then(|index| list.remove(index));
        self.list.parked.store(list.len(), Ordering::Relaxed);
        drop(list);
        entry.map(|place| place.ticket)
    }

    /// Leaves the list. If it was woken, the wake-up goes to the next.
    fn pass_on(&mut self) {
        if self.ticket.is_some() && self.leave().is_none() {
            self.list.wake_one();
        }
    }
}

/// Leaves the list when a wait ends early.
struct Leaving<'a>(&'a mut Waiter);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.pass_on();
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.pass_on();
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("parked", &self.ticket.is_some()).finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
