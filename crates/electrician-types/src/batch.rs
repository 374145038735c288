//! A run of items on its way into a sink or out of a source.

use std::collections::VecDeque;

use crate::{Item, Receipt};

/// Items in order, front first.
///
/// A sink takes items from the front as it makes itself responsible for them; what it leaves is
/// still the engine's. Reused from call to call, so a steady state allocates nothing.
#[derive(Debug)]
pub struct Batch<T> {
    items: VecDeque<Item<T>>,
}

// === impl Batch ===

impl<T> Batch<T> {
    /// An empty batch.
    pub const fn new() -> Self {
        Self { items: VecDeque::new() }
    }

    /// An empty batch with room for `capacity` items.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { items: VecDeque::with_capacity(capacity) }
    }

    /// How many items are left.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The value of the first item.
    pub fn front(&self) -> Option<&T> {
        self.items.front().map(Item::value)
    }

    /// The values, front first.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(Item::value)
    }

    /// Takes the first item; the taker owes the verdict on its receipt.
    pub fn take(&mut self) -> Option<Item<T>> {
        self.items.pop_front()
    }

    /// Takes and acknowledges the first item.
    pub fn accept(&mut self) -> Option<T> {
        self.take().map(Item::accept)
    }

    /// Acknowledges all items and drops their values.
    pub fn accept_all(&mut self) {
        while self.accept().is_some() {}
    }

    /// Adds an item at the back.
    pub fn push(&mut self, item: impl Into<Item<T>>) {
        self.items.push_back(item.into());
    }

    /// Adds a value with its receipt at the back.
    pub fn push_tracked(&mut self, value: T, receipt: Receipt) {
        self.items.push_back(Item::with_receipt(value, receipt));
    }

    /// Drops all but the first `len` items.
    pub fn truncate(&mut self, len: usize) {
        self.items.truncate(len);
    }

    /// Gives the last item `receipt`; its former receipt is dropped.
    pub fn attach_last(&mut self, receipt: Receipt) {
        if let Some(item) = self.items.back_mut() {
            item.attach(receipt);
        }
    }

    /// Gives the last `count` items `receipts`, one each, in order.
    pub fn attach_last_n(&mut self, count: usize, receipts: impl IntoIterator<Item = Receipt>) {
        let first = self.items.len().saturating_sub(count);
        for (item, receipt) in self.items.range_mut(first..).zip(receipts) {
            item.attach(receipt);
        }
    }

    /// Lets `change` work on the items as a vector, front first; free when the batch is empty or was
    /// only ever pushed to.
    pub fn as_vec<R>(&mut self, change: impl FnOnce(&mut Vec<Item<T>>) -> R) -> R {
        let mut items = Vec::from(std::mem::take(&mut self.items));
        let result = change(&mut items);
        self.items = items.into();
        result
    }

    /// Makes room for `more` items.
    pub fn reserve(&mut self, more: usize) {
        self.items.reserve(more);
    }
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Extend<Item<T>> for Batch<T> {
    fn extend<I: IntoIterator<Item = Item<T>>>(&mut self, items: I) {
        self.items.extend(items);
    }
}

impl<T> From<Vec<Item<T>>> for Batch<T> {
    fn from(items: Vec<Item<T>>) -> Self {
        Self { items: items.into() }
    }
}

impl<T> From<Batch<T>> for Vec<Item<T>> {
    fn from(batch: Batch<T>) -> Self {
        batch.items.into()
    }
}

impl<T> IntoIterator for Batch<T> {
    type Item = Item<T>;
    type IntoIter = std::collections::vec_deque::IntoIter<Item<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}
