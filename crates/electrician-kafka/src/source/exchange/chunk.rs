//! Records on their way into the pipeline, in a form that is handed over as a whole.

use std::collections::VecDeque;
use std::mem;

use electrician_types::{Batch, Receipt};

/// Records, and where they came from, front first.
pub(crate) struct Chunk<T> {
    items: Batch<T>,
    /// As many as there are items.
    origins: VecDeque<Origin>,
}

/// A record on its way into the pipeline.
pub(crate) struct Entry<T> {
    /// Which assignment of which partition it came from.
    pub(crate) seat: u32,
    pub(crate) offset: i64,
    pub(crate) value: T,
    pub(crate) receipt: Receipt,
}

#[derive(Clone, Copy)]
struct Origin {
    seat: u32,
    offset: i64,
}

// === impl Chunk ===

impl<T> Chunk<T> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { items: Batch::with_capacity(capacity), origins: VecDeque::with_capacity(capacity) }
    }

    pub(crate) fn len(&self) -> usize {
        self.origins.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    /// Adds a record at the back.
    pub(crate) fn push(&mut self, entry: Entry<T>) {
        let Entry { seat, offset, value, receipt } = entry;
        self.items.push_tracked(value, receipt);
        self.origins.push_back(Origin { seat, offset });
    }

    pub(crate) fn pop(&mut self) -> Option<Entry<T>> {
        let Origin { seat, offset } = self.origins.pop_front()?;
        let (value, receipt) = self.items.take()?.into_parts();
        Some(Entry { seat, offset, value, receipt })
    }

    /// Moves all of `other` to the back.
    pub(super) fn append(&mut self, other: &mut Self) {
        self.items.append(&mut other.items);
        self.origins.append(&mut other.origins);
    }

    /// Moves up to `demand` records into `batch`: where it can, by exchanging the two.
    pub(super) fn move_into(&mut self, batch: &mut Batch<T>, demand: usize) {
        if demand < self.len() {
            for item in (0..demand).map_while(|_| self.items.take()) {
                batch.push(item);
            }
            self.origins.drain(..demand);
            return;
        }
        if batch.is_empty() {
            mem::swap(batch, &mut self.items);
        } else {
            batch.append(&mut self.items);
        }
        self.origins.clear();
    }
}
