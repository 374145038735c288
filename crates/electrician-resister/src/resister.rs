//! The queue in memory.

mod pop;
mod push;
mod traits;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use electrician_types::Item;

use crate::line::Line;
use crate::time::Timeline;
use crate::waits::Waits;
use crate::{Counters, Element, ResisterBuilder, lock};

/// Tells how many bytes a value weighs.
pub(crate) type SizeFn<T> = Box<dyn Fn(&T) -> u64 + Send + Sync>;

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
    room: Waits,
    size: Option<SizeFn<T>>,
    ttl: Option<Duration>,
    time: Timeline,
    capacity: usize,
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

    pub(crate) fn from_parts(builder: ResisterBuilder<T>, time: Timeline) -> Self {
        let ResisterBuilder { capacity, budget, aging, ttl, .. } = builder;
        let (most, size) = match budget {
            Some((most, size)) => (most, Some(size)),
            None => (u64::MAX, None),
        };
        let state = State { line: Line::new(aging, capacity, most, capacity), is_closed: false };
        let shared = Shared {
            state: Mutex::new(state),
            items: Waits::default(),
            room: Waits::default(),
            size,
            ttl,
            time,
            capacity,
        };
        Self { shared: Arc::new(shared) }
    }

    /// How many elements wait. Overdue ones are not among them.
    pub fn len(&self) -> usize {
        let now = self.shared.time.now();
        let mut state = self.shared.lock();
        state.line.expire(now);
        state.line.waiting()
    }

    /// Whether no element waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many overdue elements are to be fetched by [`drain_expired`](Self::drain_expired).
    pub fn expired_len(&self) -> usize {
        let now = self.shared.time.now();
        let mut state = self.shared.lock();
        state.line.expire(now);
        state.line.expired()
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
        self.shared.room.wake_all();
    }

    /// Whether the queue was closed.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().is_closed
    }

    /// Takes everything out: the waiting in order, then the overdue. The caller owes the verdicts.
    pub fn drain(&self) -> Vec<Element<T>> {
        let now = self.shared.time.now();
        let mut state = self.shared.lock();
        let line = &mut state.line;
        line.expire(now);
        let mut elements = Vec::with_capacity(line.occupied());
        while let Some(place) = line.first().or_else(|| line.first_expired()) {
            let entry = line.release(place);
            elements.push(Element::new(entry.payload, entry.ticket, now));
        }
        line.counters.drained += elements.len() as u64;
        drop(state);
        self.shared.room.wake_all();
        elements
    }

    /// Takes the overdue elements out, first to expire first. Their receipts are nacked
    /// ([`Rejected`](electrician_types::NackReason::Rejected)), and they make room.
    pub fn drain_expired(&self) -> Vec<Element<T>> {
        let now = self.shared.time.now();
        let mut state = self.shared.lock();
        let line = &mut state.line;
        line.expire(now);
        let mut entries = Vec::with_capacity(line.expired());
        while let Some(place) = line.first_expired() {
            entries.push(line.release(place));
        }
        line.counters.fetched += entries.len() as u64;
        drop(state);
        self.shared.room.wake(entries.len());
        let nacked = entries.into_iter().map(|entry| {
            let (value, receipt) = entry.payload.into_parts();
            receipt.nack(electrician_types::NackReason::Rejected);
            Element::new(Item::new(value), entry.ticket, now)
        });
        nacked.collect()
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
}
