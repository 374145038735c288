//! A sink that fails on plan, and watches how it is treated.

use std::fmt;
use std::sync::{Arc, Mutex};

use electrician_types::{Batch, Receipt, Result, Sink};

use crate::changes::lock;
use crate::fault::{Fault, FaultPlan};
use crate::faults::{Faults, Times};

/// A sink that meets faults and records what it wrote.
///
/// By default it writes whole batches, acknowledges each item as it writes it, and never fails.
pub struct FaultySink<T, N> {
    number: N,
    faults: Faults,
    open_faults: Faults,
    flush_faults: Faults,
    close_faults: Faults,
    chunk: usize,
    is_buffering: bool,
    receipts: Vec<Receipt>,
    is_open: bool,
    calls: Calls,
    record: SinkRecord<T>,
}

/// What a [`FaultySink`] has written. Clones are the same record; it outlives the sink.
pub struct SinkRecord<T> {
    book: Arc<Mutex<Book<T>>>,
}

/// What became of an item that a [`FaultySink`] took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// Written, and flushed if the sink buffers.
    Safe,
    /// Written and not flushed yet.
    Unflushed,
    /// Written, but the flush failed.
    FlushFailed,
    /// Taken and dropped: [`Fault::Drop`].
    Swallowed,
}

struct Book<T> {
    entries: Vec<Entry<T>>,
    breaches: Vec<String>,
}

/// Entries that are being flushed: where they stand, and what they are if that succeeds.
type Flushing = Vec<(usize, Written)>;

struct Entry<T> {
    number: u64,
    written: Written,
    /// Whether the next flush decides.
    is_pending: bool,
    /// `None` in the second entry of a duplicate.
    value: Option<T>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    opened: u64,
    flushed: u64,
    closed: u64,
}

// === impl FaultySink ===

impl<T, N: Fn(&T) -> u64> FaultySink<T, N> {
    /// A sink for items whose numbers `number` tells.
    pub fn new(number: N) -> Self {
        let fine = || Faults::new(FaultPlan::none());
        Self {
            number,
            faults: fine(),
            open_faults: fine(),
            flush_faults: fine(),
            close_faults: fine(),
            chunk: usize::MAX,
            is_buffering: false,
            receipts: Vec::new(),
            is_open: false,
            calls: Calls::default(),
            record: SinkRecord::default(),
        }
    }

    /// What `write` meets when an item is at the front, by the item's number. Items before it are
    /// written first: a write that fails may have written a part.
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// What `open` meets, by the number of the call, from 0.
    pub fn with_open_faults(mut self, faults: Faults) -> Self {
        self.open_faults = faults;
        self
    }

    /// What `flush` meets, by the number of the call, from 0. Only a sink that buffers has anything
    /// to flush.
    pub fn with_flush_faults(mut self, faults: Faults) -> Self {
        self.flush_faults = faults;
        self
    }

    /// What `close` meets, by the number of the call, from 0.
    pub fn with_close_faults(mut self, faults: Faults) -> Self {
        self.close_faults = faults;
        self
    }

    /// Takes at most `items` a write, at least one.
    pub fn with_chunk(mut self, items: usize) -> Self {
        self.chunk = items.max(1);
        self
    }

    /// Acknowledges items when they are flushed.
    pub const fn buffering(mut self) -> Self {
        self.is_buffering = true;
        self
    }

    /// What it writes.
    pub fn record(&self) -> SinkRecord<T> {
        self.record.clone()
    }

    fn take(&mut self, batch: &mut Batch<T>, number: u64, times: Times) {
        let Some((value, receipt)) = batch.take().map(electrician_types::Item::into_parts) else {
            return;
        };
        let written = match times {
            Times::Never => {
                drop(receipt);
                Written::Swallowed
            }
            _ if self.is_buffering => {
                self.receipts.push(receipt);
                Written::Unflushed
            }
            _ => {
                receipt.ack();
                Written::Safe
            }
        };
        let is_pending = self.is_buffering;
        let mut entries = vec![Entry { number, written, is_pending, value: Some(value) }];
        if times == Times::Twice {
            entries.push(Entry { number, written, is_pending, value: None });
        }
        lock(&self.record.book).entries.extend(entries);
    }

    fn breach(&self, is_breach: bool, what: &str) {
        if is_breach {
            lock(&self.record.book).breaches.push(what.to_owned());
        }
    }
}

impl<T, N> Sink<T> for FaultySink<T, N>
where
    T: Send + Sync + 'static,
    N: Fn(&T) -> u64 + Send + Sync + 'static,
{
    async fn open(&mut self) -> Result<()> {
        self.breach(self.is_open, "open was called on an open sink");
        let number = self.calls.opened;
        self.calls.opened += 1;
        self.open_faults.attempt_async(number).await?;
        self.is_open = true;
        Ok(())
    }

    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        self.breach(!self.is_open, "write was called on a sink that is not open");
        self.breach(batch.is_empty(), "write was called without an item");
        let mut room = self.chunk;
        while let Some(front) = batch.front().filter(|_| room > 0) {
            let number = (self.number)(front);
            let strike = self.faults.strike(number);
            if strike.fault == Some(Fault::Idle) {
                return Ok(());
            }
            let times = self.faults.delayed(strike).await?;
            self.take(batch, number, times);
            room -= 1;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        self.breach(!self.is_open, "flush was called on a sink that is not open");
        if !self.is_buffering {
            return Ok(());
        }
        let number = self.calls.flushed;
        self.calls.flushed += 1;
        // If this fails, cancelled or not, the receipts are dropped with it.
        let receipts = std::mem::take(&mut self.receipts);
        let flushing = self.record.begin_flush();
        self.flush_faults.attempt_async(number).await?;
        self.record.end_flush(flushing);
        receipts.into_iter().for_each(Receipt::ack);
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        self.breach(!self.is_open, "close was called on a sink that is not open");
        self.breach(!self.receipts.is_empty(), "close was called before flush");
        self.is_open = false;
        let number = self.calls.closed;
        self.calls.closed += 1;
        self.close_faults.attempt_async(number).await?;
        Ok(())
    }
}

impl<T, N> fmt::Debug for FaultySink<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultySink")
            .field("faults", self.faults.plan())
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
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

    /// Where the laws of [`Sink`] were broken by whoever writes, in words.
    pub fn breaches(&self) -> Vec<String> {
        lock(&self.book).breaches.clone()
    }

    /// Lets the flush of everything that is pending fail, until it has succeeded.
    fn begin_flush(&self) -> Flushing {
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

    fn end_flush(&self, flushing: Flushing) {
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
