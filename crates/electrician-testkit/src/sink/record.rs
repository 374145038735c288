//! What a faulty sink has written.

use std::fmt;
use std::sync::{Arc, Mutex};

use crate::changes::lock;

/// What a [`FaultySink`](crate::FaultySink) has written. Clones are the same record; it outlives the sink.
pub struct SinkRecord<T> {
    book: Arc<Mutex<Book<T>>>,
}

/// What became of an item that a [`FaultySink`](crate::FaultySink) took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// Written, and flushed if the sink buffers.
    Safe,
    /// Written and not flushed yet.
    Unflushed,
    /// Written, but the flush failed.
    FlushFailed,
    /// Taken and dropped: [`Fault::Drop`](crate::Fault::Drop).
    Swallowed,
}

struct Book<T> {
    entries: Vec<Entry<T>>,
    breaches: Vec<String>,
}

/// Entries that are being flushed: where they stand, and what they are if that succeeds.
pub(super) type Flushing = Vec<(usize, Written)>;

pub(super) struct Entry<T> {
    pub(super) number: u64,
    pub(super) written: Written,
    /// Whether the next flush decides.
    pub(super) is_pending: bool,
    /// `None` in the second entry of a duplicate.
    pub(super) value: Option<T>,
}

// === impl SinkRecord ===

impl<T> SinkRecord<T> {
    /// The numbers of the items that are safe, in the order they were written; a duplicate stands
    /// there twice.
    pub fn delivered(&self) -> Vec<u64> {
        let book = lock(&self.book);
        let safe = book.entries.iter().filter(|entry| entry.written == Written::Safe);
        safe.map(|entry| entry.number).collect()
    }

    /// The values taken so far, with what became of each, in order; the record is then empty.
    pub fn drain(&self) -> Vec<(Written, T)> {
        let entries = std::mem::take(&mut lock(&self.book).entries);
        let values = entries.into_iter();
        values.filter_map(|entry| Some((entry.written, entry.value?))).collect()
    }

    /// Where the laws of [`Sink`](electrician_types::Sink) were broken by whoever writes, in words.
    pub fn breaches(&self) -> Vec<String> {
        lock(&self.book).breaches.clone()
    }

    pub(super) fn enter(&self, entries: impl IntoIterator<Item = Entry<T>>) {
        lock(&self.book).entries.extend(entries);
    }

    pub(super) fn breach(&self, what: &str) {
        lock(&self.book).breaches.push(what.to_owned());
    }

    /// Lets the flush of everything that is pending fail, until it has succeeded.
    pub(super) fn begin_flush(&self) -> Flushing {
        let mut book = lock(&self.book);
        let pending = book.entries.iter_mut().enumerate();
        let pending = pending.filter(|(_, entry)| entry.is_pending);
        let fail = |(place, entry): (usize, &mut Entry<T>)| {
            entry.is_pending = false;
            let after = match std::mem::replace(&mut entry.written, Written::FlushFailed) {
                Written::Unflushed => Written::Safe,
                other => other,
            };
            (place, after)
        };
        pending.map(fail).collect()
    }

    pub(super) fn end_flush(&self, flushing: Flushing) {
        let mut book = lock(&self.book);
        for (place, written) in flushing {
            if let Some(entry) = book.entries.get_mut(place) {
                entry.written = written;
            }
        }
    }
}

impl<T> Clone for SinkRecord<T> {
    fn clone(&self) -> Self {
        Self { book: Arc::clone(&self.book) }
    }
}

impl<T> Default for SinkRecord<T> {
    fn default() -> Self {
        let book = Book { entries: Vec::new(), breaches: Vec::new() };
        Self { book: Arc::new(Mutex::new(book)) }
    }
}

impl<T> fmt::Debug for SinkRecord<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkRecord")
            .field("taken", &lock(&self.book).entries.len())
            .finish_non_exhaustive()
    }
}
