//! Tasks that wait, in the order in which they came.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use std::sync::atomic::{AtomicUsize, Ordering};

/// Waiting tasks, first come first.
///
/// Whoever waits leaves a waker and looks at the state *afterwards*; whoever changes the state
/// calls [`wake_all`](Self::wake_all) or [`wake_first`](Self::wake_first) *afterwards*. Both go
/// through the lock, so one of them sees the other and no wake-up is lost.
#[derive(Debug, Default)]
pub(crate) struct WaitList {
    length: AtomicUsize,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    next: u64,
    places: VecDeque<(u64, Option<Waker>)>,
}

/// A place in the line. Dropping it leaves the line; the next is woken when it was the first.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    list: &'a WaitList,
    ticket: u64,
}

// === impl WaitList ===

impl WaitList {
    /// Whether nobody waits, as far as this thread can see.
    pub(crate) fn is_empty(&self) -> bool {
        self.length.load(Ordering::Acquire) == 0
    }

    /// Goes to the end of the line.
    pub(crate) fn enter(&self) -> Place<'_> {
        let mut line = lock(&self.line);
        let ticket = line.next;
        line.next += 1;
        line.places.push_back((ticket, None));
        self.length.store(line.places.len(), Ordering::Release);
        drop(line);
        Place { list: self, ticket }
    }

    /// Wakes everybody.
    pub(crate) fn wake_all(&self) {
        // Woken outside of the lock: a waker is foreign code.
        let wakers: Vec<Waker> =
            lock(&self.line).places.iter_mut().filter_map(|(_, waker)| waker.take()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Wakes the first.
    pub(crate) fn wake_first(&self) {
        let first = lock(&self.line).places.front_mut().and_then(|(_, waker)| waker.take());
        if let Some(waker) = first {
            waker.wake();
        }
    }
}

// === impl Place ===

impl Place<'_> {
    /// Says whom to wake. Comes before looking at what is waited for.
    pub(crate) fn wait(&self, waker: &Waker) {
        let mut line = lock(&self.list.line);
        let former = match line.index_of(self.ticket) {
            Some(index) => line.places[index].1.replace(waker.clone()),
            None => None,
        };
        drop(line);
        // Dropping a waker may run foreign code: not under the lock.
        drop(former);
    }

    /// Whether nobody is before this one.
    pub(crate) fn is_first(&self) -> bool {
        lock(&self.list.line).places.front().is_some_and(|(ticket, _)| *ticket == self.ticket)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut line = lock(&self.list.line);
        let index = line.index_of(self.ticket);
        let left = index.and_then(|index| line.places.remove(index));
        self.list.length.store(line.places.len(), Ordering::Release);
        drop(line);
        drop(left);
        if index == Some(0) {
            self.list.wake_first();
        }
    }
}

// === impl Line ===

impl Line {
    fn index_of(&self, ticket: u64) -> Option<usize> {
        self.places.binary_search_by_key(&ticket, |(ticket, _)| *ticket).ok()
    }
}

/// Locks, also when another holder panicked: every critical section here leaves its data whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
