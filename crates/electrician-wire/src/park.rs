//! Where items wait for their next attempt, beside the worker that goes on.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Instant, SystemTime};

use electrician_types::{Batch, Item};

use crate::panics;
use crate::queue::KeyFn;

/// The items of one worker that wait for another attempt. Bounded: when it is full the worker
/// waits with the item in its hands, as it does where outputs are ordered.
///
/// Where items are ordered by key, those that follow a waiting item of their key wait behind it.
pub(crate) struct Park<In> {
    waiting: BinaryHeap<Parked<In>>,
    /// By key, what came after a waiting item.
    behind: HashMap<u64, Batch<In>>,
    key: Option<KeyFn<In>>,
    /// Items in here, waiting and behind.
    len: usize,
    limit: usize,
    /// Numbers the items, so that of two that are due at once the first goes first.
    next: u64,
}

/// An item that failed and will be tried again.
pub(crate) struct Parked<In> {
    pub(crate) item: Item<In>,
    /// Attempts so far.
    pub(crate) attempts: u32,
    pub(crate) first_seen: SystemTime,
    due: Instant,
    number: u64,
    key: Option<u64>,
}

// === impl Park ===

impl<In> Park<In> {
    /// For up to `limit` items, none if it is 0.
    pub(crate) fn new(limit: usize, key: Option<KeyFn<In>>) -> Self {
        Self { waiting: BinaryHeap::new(), behind: HashMap::new(), key, len: 0, limit, next: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn has_room(&self) -> bool {
        self.len < self.limit
    }

    /// When the next item is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.waiting.peek().map(|parked| parked.due)
    }

    /// Takes an item in until `due`.
    pub(crate) fn add(
        &mut self,
        item: Item<In>,
        attempts: u32,
        first_seen: SystemTime,
        due: Instant,
    ) {
        let key = self.key_of(item.value());
        if let Some(key) = key {
            self.behind.entry(key).or_default();
        }
        let number = self.next;
        self.next += 1;
        self.len += 1;
        self.waiting.push(Parked { item, attempts, first_seen, due, number, key });
    }

    /// Takes those of `items` in that have to wait behind an item of their key.
    pub(crate) fn hold_back(&mut self, items: &mut Batch<In>) {
        if self.behind.is_empty() {
            return;
        }
        let mut free = Batch::with_capacity(items.len());
        while let Some(item) = items.take() {
            match self.key_of(item.value()).and_then(|key| self.behind.get_mut(&key)) {
                Some(behind) => {
                    self.len += 1;
                    behind.push(item);
                }
                None => free.push(item),
            }
        }
        *items = free;
    }

    /// The first item that is due at `now`, and what waits behind it.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(Parked<In>, Batch<In>)> {
        if self.next_due()? > now {
            return None;
        }
        let parked = self.waiting.pop()?;
        let behind = parked.key.and_then(|key| self.behind.remove(&key)).unwrap_or_default();
        self.len -= 1 + behind.len();
        Some((parked, behind))
    }

    /// Puts what was behind an item with `key` there again, if the item waits again. What may be
    /// worked on instead stays in `behind`.
    pub(crate) fn put_behind(&mut self, key: Option<u64>, behind: &mut Batch<In>) {
        if let Some(waiting) = key.and_then(|key| self.behind.get_mut(&key)) {
            self.len += behind.len();
            waiting.append(behind);
        }
    }

    /// Everything, each key's items in their order.
    pub(crate) fn drain(&mut self) -> Vec<Item<In>> {
        self.len = 0;
        let mut all = Vec::new();
        while let Some(parked) = self.waiting.pop() {
            let behind = parked.key.and_then(|key| self.behind.remove(&key));
            all.push(parked.item);
            all.extend(behind.into_iter().flatten());
        }
        all.extend(self.behind.drain().flat_map(|(_, behind)| behind));
        all
    }

    /// A key function that panics now did not when the item came in; it then has no key.
    fn key_of(&self, value: &In) -> Option<u64> {
        let key = self.key.as_ref()?;
        panics::caught(|| key(value)).ok()
    }
}

// === impl Parked ===

impl<In> Parked<In> {
    pub(crate) const fn key(&self) -> Option<u64> {
        self.key
    }
}

/// The greatest is due first.
impl<In> Ord for Parked<In> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.number).cmp(&(self.due, self.number))
    }
}

impl<In> PartialOrd for Parked<In> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<In> PartialEq for Parked<In> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<In> Eq for Parked<In> {}

#[cfg(all(test, not(loom)))]
mod tests;
