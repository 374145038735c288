//! The default clock: the system's.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::catch_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use electrician_types::{Clock, Timer};

/// The system's monotonic clock. It needs no runtime: while timers are waited for, one thread of
/// the process keeps them all, and ends with the last.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

struct SystemTimer {
    deadline: Option<Instant>,
    /// The place in the keeper's book, while the timer is waited for.
    place: Option<Place>,
}

type Place = (Instant, u64);

/// Wakes those who wait for a timer.
struct Keeper {
    book: Mutex<Book>,
    changed: Condvar,
}

struct Book {
    waiting: BTreeMap<Place, Waker>,
    next: u64,
    is_kept: bool,
}

static KEEPER: Keeper = Keeper {
    book: Mutex::new(Book { waiting: BTreeMap::new(), next: 0, is_kept: false }),
    changed: Condvar::new(),
};

// === impl SystemClock ===

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(SystemTimer { deadline: None, place: None })
    }
}

// === impl SystemTimer ===

impl SystemTimer {
    fn leave(&mut self) {
        if let Some(place) = self.place.take() {
            KEEPER.forget(place);
        }
    }
}

impl Timer for SystemTimer {
    fn reset(&mut self, deadline: Instant) {
        self.leave();
        self.deadline = Some(deadline);
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        if SystemClock.now() >= deadline {
            self.leave();
            return Poll::Ready(());
        }
        self.place = Some(KEEPER.note(deadline, self.place, cx.waker()));
        Poll::Pending
    }
}

impl Drop for SystemTimer {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for SystemTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemTimer").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

// === impl Keeper ===

impl Keeper {
    /// Writes down whom to wake at `deadline`, and sees to it that somebody does.
    fn note(&'static self, deadline: Instant, place: Option<Place>, waker: &Waker) -> Place {
        let mut book = self.lock();
        let place = place.unwrap_or_else(|| {
            book.next += 1;
            (deadline, book.next)
        });
        let former = book.waiting.insert(place, waker.clone());
        let is_first = book.waiting.first_key_value().is_some_and(|(first, _)| *first == place);
        if !book.is_kept {
            // It waits for the book. Were there no thread to be had, this would panic, and the next
            // timer would try again.
            thread::spawn(|| self.keep());
            book.is_kept = true;
        } else if is_first {
            self.changed.notify_one();
        }
        drop(book);
        // Dropping a waker may run foreign code: not under the lock.
        drop(former);
        place
    }

    fn forget(&self, place: Place) {
        let mut book = self.lock();
        let former = book.waiting.remove(&place);
        if book.waiting.is_empty() {
            self.changed.notify_one();
        }
        drop(book);
        drop(former);
    }

    /// Until there is no timer left.
    fn keep(&self) {
        let mut book = self.lock();
        loop {
            let Some((&first, _)) = book.waiting.first_key_value() else {
                book.is_kept = false;
                return;
            };
            let wait = first.0.saturating_duration_since(SystemClock.now());
            if wait.is_zero() {
                let waker = book.waiting.remove(&first);
                drop(book);
                // A waker that panics must not take the other timers with it.
                drop(catch_unwind(|| waker.map(Waker::wake)));
                book = self.lock();
            } else {
                let woken = self.changed.wait_timeout(book, wait);
                book = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
