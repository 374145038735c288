//! What items are taken into.

use electrician_types::{Batch, Item, Receipt};

use crate::ring::Ring;

/// A place for items that come out of a queue.
pub(crate) trait Basket<T> {
    /// Adds an item at the back.
    fn put(&mut self, item: Item<T>);

    /// Takes up to `max` items out of `ring`; tells the first position and how many.
    fn take_run(&mut self, ring: &Ring<T>, max: usize) -> Option<(u64, u64)>;
}

/// Values for their reader, and the receipts that are settled when the reader has them.
#[derive(Debug)]
pub(crate) struct Delivery<'a, T> {
    pub(crate) values: &'a mut Vec<T>,
    pub(crate) receipts: &'a mut Vec<Receipt>,
}

impl<T> Basket<T> for Batch<T> {
    fn put(&mut self, item: Item<T>) {
        self.push(item);
    }

    fn take_run(&mut self, ring: &Ring<T>, max: usize) -> Option<(u64, u64)> {
        self.as_vecs(|values, receipts| {
            // (Values without a size always have room, for more than there can be receipts.)
            let room = if size_of::<T>() == 0 { 0 } else { values.capacity() };
            let room = room.max(values.len() + max.min(ring.capacity()));
            ring.pop_into(max, values, |index, receipt| {
                // For all at once.
                receipts.reserve(room.saturating_sub(receipts.len()));
                // Of the values before it, which have none.
                receipts.resize_with(index, Receipt::none);
                receipts.push(receipt);
            })
        })
    }
}

impl<T> Basket<T> for Delivery<'_, T> {
    fn put(&mut self, item: Item<T>) {
        let (value, receipt) = item.into_parts();
        self.values.push(value);
        if receipt.is_tracked() {
            self.receipts.push(receipt);
        }
    }

    fn take_run(&mut self, ring: &Ring<T>, max: usize) -> Option<(u64, u64)> {
        ring.pop_into(max, self.values, |_, receipt| self.receipts.push(receipt))
    }
}

/// For one item.
impl<T> Basket<T> for Option<Item<T>> {
    fn put(&mut self, item: Item<T>) {
        *self = Some(item);
    }

    fn take_run(&mut self, ring: &Ring<T>, _max: usize) -> Option<(u64, u64)> {
        let mut start = None;
        let count = ring.pop(1, |position, item| {
            start = Some(position);
            self.put(item);
        });
        start.map(|start| (start, count as u64))
    }
}
