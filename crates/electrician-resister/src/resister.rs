//! The queue in memory.

mod pop;
mod push;
mod traits;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{Item, Metadata};

use crate::herald::Herald;
use crate::line::{Entry, Line};
use crate::room::Room;
use crate::sync::{Mutex, MutexGuard, lock};
use crate::time::Timeline;
use crate::waits::Waits;
use crate::{Counters, Element, ResisterBuilder};

/// Tells how many bytes a value weighs.
pub(crate) type SizeFn<T> = Arc<dyn Fn(&T) -> u64 + Send + Sync>;

/// A bounded priority queue in memory.
///
/// A handle: clones are the same queue, from any thread. Pushing is in [`try_push`](Self::try_push)
/// and [`push`](Self::push), popping in [`try_pop`](Self::try_pop) and [`pop`](Self::pop).
///
/// # Order
///
/// Higher priority first, and within a priority first in, first out. [`Aging`](crate::Aging) lets
/// those who wait move up. An element that is queued again goes to the end of its priority, so one
/// that keeps failing does not hold up the others.
///
/// # Keys
///
/// A push under the key of an element that *waits* replaces its value, priority and time to live,
/// and sets its retries to 0; the element keeps its place among its equals and its first-seen time.
/// The receipt of the former value is acknowledged: the newer value stands for it. An element that
/// has come out is no longer known by its key.
///
/// # Expiry
///
/// An overdue element does not come out of `pop`. It waits, in its place, for
/// [`drain_expired`](Self::drain_expired): nothing is dropped in silence.
///
/// # Last attempts
///
/// With [`with_max_attempts`](ResisterBuilder::with_max_attempts), an element that is queued again
/// after its last attempt waits, in a place of its own, for
/// [`drain_exhausted`](Self::drain_exhausted): so what fails for ever ends where somebody looks.
///
/// # Cancelling
///
/// Every future may be dropped at any time. One of `pop` has not taken an element then, one of
/// `push` has not queued its item, which is dropped with it; its receipt is a negative
/// acknowledgement. With [`push_batch`](Self::push_batch) the items stay with the caller.
///
/// The last handle that goes away drops what is queued, and so nacks it.
pub struct Resister<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    /// Those who wait for an element.
    items: Waits,
    /// Those who wait for room.
    room: Room,
    size: Option<SizeFn<T>>,
    ttl: Option<Duration>,
    time: Timeline,
    capacity: usize,
    herald: Herald,
}

struct State<T> {
    line: Line<Item<T>>,
    is_closed: bool,
}

// === impl Resister ===

impl<T> Resister<T> {
    /// A queue of at most `capacity` items, strictly by priority.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0 or does not fit 32 bits; [`builder`](Self::builder) returns an error.
    pub fn new(capacity: usize) -> Self {
        match Self::builder(capacity).build() {
            Ok(queue) => queue,
            Err(error) => panic!("{error}"),
        }
    }

    /// Configures a queue of at most `capacity` items. Its memory is allocated when it is built.
    pub const fn builder(capacity: usize) -> ResisterBuilder<T> {
        ResisterBuilder::new(capacity)
    }

    pub(crate) fn from_parts(builder: ResisterBuilder<T>, time: Timeline, herald: Herald) -> Self {
        let ResisterBuilder { capacity, budget, aging, ttl, max_attempts, .. } = builder;
        let (most, size) = match budget {
            Some((most, size)) => (most, Some(size)),
            None => (u64::MAX, None),
        };
        let mut line = Line::new(aging, capacity, most, capacity);
        line.limit_attempts(max_attempts);
        let state = State { line, is_closed: false };
        let shared = Shared {
            state: Mutex::new(state),
            items: Waits::default(),
            room: Room::default(),
            size,
            ttl,
            time,
            capacity,
            herald,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Name, kind and id.
    pub fn metadata(&self) -> &Metadata {
        &self.shared.herald.metadata
    }

    /// How many elements wait. Overdue and exhausted ones are not among them.
    pub fn len(&self) -> usize {
        self.shared.look(Line::waiting)
    }

    /// Whether no element waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many overdue elements are to be fetched by [`drain_expired`](Self::drain_expired).
    pub fn expired_len(&self) -> usize {
        self.shared.look(Line::expired)
    }

    /// How many elements that made their last attempt are to be fetched by
    /// [`drain_exhausted`](Self::drain_exhausted).
    pub fn exhausted_len(&self) -> usize {
        self.shared.look(Line::exhausted)
    }

    /// What the elements weigh, overdue ones included; 0 without a bound in bytes.
    pub fn bytes(&self) -> u64 {
        self.shared.lock().line.bytes()
    }

    /// How many elements fit.
    pub fn capacity(&self) -> usize {
        self.shared.capacity
    }

    /// What has happened so far.
    pub fn counters(&self) -> Counters {
        self.shared.lock().line.counters
    }

    /// Lets nothing more in; who waits for room is refused. What is inside can still be taken, and
    /// then `pop` yields `None`.
    pub fn close(&self) {
        self.shared.lock().is_closed = true;
        self.shared.items.wake_all();
        self.shared.room.wake();
    }

    /// Whether the queue was closed.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().is_closed
    }

    /// Takes everything out: the waiting in order, then the overdue, then the exhausted. The caller
    /// owes the verdicts.
    pub fn drain(&self) -> Vec<Element<T>> {
        let now = self.shared.time.now();
        let mut state = self.shared.lock();
        let line = &mut state.line;
        line.expire(now);
        let mut elements = Vec::with_capacity(line.occupied());
        while let Some(place) =
            line.first().or_else(|| line.first_expired()).or_else(|| line.first_exhausted())
        {
            let entry = line.release(place);
            elements.push(Element::new(entry.payload, entry.ticket, now));
        }
        line.counters.drained += elements.len() as u64;
        self.shared.leave(state);
        self.shared.room.wake();
        elements
    }

    /// Takes the overdue elements out, first to expire first. Their receipts are nacked
    /// ([`Rejected`](electrician_types::NackReason::Rejected)), and they make room.
    pub fn drain_expired(&self) -> Vec<Element<T>> {
        self.shared.fetch(Line::first_expired)
    }

    /// Takes out the elements that came back after their last attempt, first to come back first.
    /// Their receipts are nacked ([`Rejected`](electrician_types::NackReason::Rejected)), and they
    /// make room.
    pub fn drain_exhausted(&self) -> Vec<Element<T>> {
        self.shared.fetch(Line::first_exhausted)
    }

    /// Takes the waiting element of this name out, whose turn does not matter any more.
    #[cfg(feature = "tower")]
    pub(crate) fn withdraw(&self, key: &crate::Key) {
        let mut state = self.shared.lock();
        let withdrawn = state.line.withdraw(key);
        state.line.counters.drained += u64::from(withdrawn.is_some());
        self.shared.leave(state);
        if withdrawn.is_some() {
            self.shared.room.wake();
        }
    }
}

impl<T> Clone for Resister<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for Resister<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resister")
            .field("len", &self.len())
            .field("expired", &self.expired_len())
            .field("exhausted", &self.exhausted_len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }

    /// Unlocks, and tells the observer what has happened.
    fn leave(&self, mut state: MutexGuard<'_, State<T>>) {
        let news = if self.herald.is_heard() { state.line.news() } else { None };
        drop(state);
        if let Some(news) = news {
            self.herald.tell(news);
        }
    }

    /// Looks at the line as it is now.
    fn look<R>(&self, look: impl FnOnce(&Line<Item<T>>) -> R) -> R {
        let now = self.time.now();
        let mut state = self.lock();
        state.line.expire(now);
        let seen = look(&state.line);
        self.leave(state);
        seen
    }

    /// Takes out what does not wait any more, and nacks it.
    fn fetch(&self, next: fn(&mut Line<Item<T>>) -> Option<u32>) -> Vec<Element<T>> {
        let now = self.time.now();
        let mut state = self.lock();
        let line = &mut state.line;
        line.expire(now);
        let mut entries = Vec::new();
        while let Some(place) = next(line) {
            entries.push(line.release(place));
        }
        line.counters.fetched += entries.len() as u64;
        self.leave(state);
        self.room.wake();
        let nacked = entries.into_iter().map(|Entry { payload, ticket }| {
            let (value, receipt) = payload.into_parts();
            receipt.nack(electrician_types::NackReason::Rejected);
            Element::new(Item::new(value), ticket, now)
        });
        nacked.collect()
    }
}
