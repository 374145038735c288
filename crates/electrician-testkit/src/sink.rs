//! A sink that fails on plan, and watches how it is treated.

mod record;

use std::fmt;

use electrician_types::{Batch, Receipt, Result, Sink};

use crate::fault::{Fault, FaultPlan};
use crate::faults::{Faults, Times};
use record::Entry;

pub use record::{SinkRecord, Written};

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
        self.record.enter(entries);
    }

    fn breach(&self, is_breach: bool, what: &str) {
        if is_breach {
            self.record.breach(what);
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
