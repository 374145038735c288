//! A run of items on its way into a sink or out of a source.

use std::collections::VecDeque;

use crate::{Item, Receipt};

/// Items in order, front first.
///
/// A sink takes items from the front as it makes itself responsible for them; what it leaves is
/// still the engine's. Reused from call to call, so a steady state allocates nothing.
///
/// Values and receipts are kept apart: where nobody waits for a receipt, none is stored or moved.
#[derive(Debug)]
pub struct Batch<T> {
    values: VecDeque<T>,
    /// Of the first values; the others are untracked. Never more than there are values.
    receipts: VecDeque<Receipt>,
}

/// The items of a batch, front first: see [`Batch::into_iter`].
#[derive(Debug)]
pub struct BatchIter<T>(Batch<T>);

// === impl Batch ===

impl<T> Batch<T> {
    /// An empty batch.
    pub const fn new() -> Self {
        Self { values: VecDeque::new(), receipts: VecDeque::new() }
    }

    /// An empty batch with room for `capacity` items.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { values: VecDeque::with_capacity(capacity), receipts: VecDeque::new() }
    }

    /// How many items are left.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of the first item.
    pub fn front(&self) -> Option<&T> {
        self.values.front()
    }

    /// The values, front first.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }

    /// The receipts that somebody waits for, front first.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.receipts.iter().filter(|receipt| receipt.is_tracked())
    }

    /// Takes the first item; the taker owes the verdict on its receipt.
    #[inline]
    pub fn take(&mut self) -> Option<Item<T>> {
        let value = self.values.pop_front()?;
        let receipt = self.receipts.pop_front().unwrap_or_default();
        Some(Item::with_receipt(value, receipt))
    }

    /// Takes and acknowledges the first item.
    pub fn accept(&mut self) -> Option<T> {
        self.take().map(Item::accept)
    }

    /// Acknowledges all items and drops their values.
    pub fn accept_all(&mut self) {
        while self.accept().is_some() {}
    }

    /// Puts an item back that was taken: it is the first again.
    pub fn put_back(&mut self, item: Item<T>) {
        let (value, receipt) = item.into_parts();
        self.values.push_front(value);
        if receipt.is_tracked() || !self.receipts.is_empty() {
            self.receipts.push_front(receipt);
        }
    }

    /// Adds an item at the back.
    #[inline]
    pub fn push(&mut self, item: impl Into<Item<T>>) {
        let (value, receipt) = item.into().into_parts();
        self.push_tracked(value, receipt);
    }

    /// Adds a value with its receipt at the back.
    #[inline]
    pub fn push_tracked(&mut self, value: T, receipt: Receipt) {
        self.values.push_back(value);
        if receipt.is_tracked() {
            self.attach(self.values.len() - 1, receipt);
        }
    }

    /// Drops all but the first `len` items.
    pub fn truncate(&mut self, len: usize) {
        self.receipts.truncate(len);
        self.values.truncate(len);
    }

    /// Gives the last item `receipt`; its former receipt is dropped. In an empty batch, `receipt` is.
    pub fn attach_last(&mut self, receipt: Receipt) {
        if let Some(last) = self.values.len().checked_sub(1) {
            self.attach(last, receipt);
        }
    }

    /// Gives the last `count` items `receipts`, one each, in order; their former receipts are
    /// dropped.
    pub fn attach_last_n(&mut self, count: usize, receipts: impl IntoIterator<Item = Receipt>) {
        let first = self.values.len().saturating_sub(count);
        for (index, receipt) in (first..self.values.len()).zip(receipts) {
            self.attach(index, receipt);
        }
    }

    /// Gives the item at `index`, which exists, `receipt`.
    fn attach(&mut self, index: usize, receipt: Receipt) {
        if let Some(former) = self.receipts.get_mut(index) {
            *former = receipt;
        } else {
            // Room for all at once: from then on, nothing is allocated until the values need more.
            // (Values without a size always have room, for more than there can be receipts.)
            let room = if size_of::<T>() == 0 { 0 } else { self.values.capacity() };
            let room = room.max(index + 1);
            self.receipts.reserve(room - self.receipts.len());
            self.receipts.resize_with(index, Receipt::none);
            self.receipts.push_back(receipt);
        }
    }

    /// Moves all items of `other` to the back, in order.
    pub fn append(&mut self, other: &mut Self) {
        if !other.receipts.is_empty() {
            self.receipts.resize_with(self.values.len(), Receipt::none);
            self.receipts.append(&mut other.receipts);
        }
        self.values.append(&mut other.values);
    }

    /// Lets `change` work on the values and the receipts as vectors, front first; free when the
    /// batch is empty or was only ever pushed to.
    ///
    /// The receipts are those of the first values; values beyond them are untracked, and there must
    /// not be more receipts than values when `change` returns (those are dropped).
    pub fn as_vecs<R>(&mut self, change: impl FnOnce(&mut Vec<T>, &mut Vec<Receipt>) -> R) -> R {
        let mut values = Vec::from(std::mem::take(&mut self.values));
        let mut receipts = Vec::from(std::mem::take(&mut self.receipts));
        let result = change(&mut values, &mut receipts);
        receipts.truncate(values.len());
        self.values = values.into();
        self.receipts = receipts.into();
        result
    }

    /// Makes room for `more` items.
    pub fn reserve(&mut self, more: usize) {
        self.values.reserve(more);
    }
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Extend<Item<T>> for Batch<T> {
    fn extend<I: IntoIterator<Item = Item<T>>>(&mut self, items: I) {
        let items = items.into_iter();
        self.reserve(items.size_hint().0);
        for item in items {
            self.push(item);
        }
    }
}

impl<T> FromIterator<Item<T>> for Batch<T> {
    fn from_iter<I: IntoIterator<Item = Item<T>>>(items: I) -> Self {
        let mut batch = Self::new();
        batch.extend(items);
        batch
    }
}

impl<T> From<Vec<Item<T>>> for Batch<T> {
    fn from(items: Vec<Item<T>>) -> Self {
        items.into_iter().collect()
    }
}

impl<T> From<Batch<T>> for Vec<Item<T>> {
    fn from(batch: Batch<T>) -> Self {
        batch.into_iter().collect()
    }
}

impl<T> IntoIterator for Batch<T> {
    type Item = Item<T>;
    type IntoIter = BatchIter<T>;

    fn into_iter(self) -> BatchIter<T> {
        BatchIter(self)
    }
}

// === impl BatchIter ===

impl<T> Iterator for BatchIter<T> {
    type Item = Item<T>;

    fn next(&mut self) -> Option<Item<T>> {
        self.0.take()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl<T> ExactSizeIterator for BatchIter<T> {}
