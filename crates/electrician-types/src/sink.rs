//! Where items end.

use std::future::Future;

use crate::{Batch, Result};

/// A place items end: a file, a topic, a table, a socket.
///
/// # Laws
///
/// - **Order.** Items are written in the order of the batch.
/// - **Responsibility.** The sink takes an item out of `batch` when it has written it, and owes
///   the verdict on its receipt from then on: [`Batch::accept`] when writing is enough, or
///   [`Batch::take`] and an ack in `flush` when it buffers. What it leaves in `batch` was not
///   written.
/// - **Errors.** `write` fails on the item at the front of `batch`, which must still be there. The
///   engine retries it or disposes of it by the failure policy and calls `write` with the rest.
/// - **Flush.** After `flush` returned `Ok`, everything taken so far is as safe as this sink makes
///   it. The engine flushes when its queue runs empty, at least every [`flush_every`] items, and before
///   `close`. If it fails, the items taken since the last flush count as failed, and the sink
///   nacks the receipts it holds (dropping them does).
/// - **Cancellation.** The future of `write` is dropped when the deadline of a stop strikes. Items
///   left in `batch` are handed back.
///
/// [`flush_every`]: Self::flush_every
pub trait Sink<T>: Send + 'static {
    /// Prepares for a run; called once at each start, before the first `write`. The default does
    /// nothing.
    fn open(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Writes items from the front of `batch`, taking out what is written.
    fn write(&mut self, batch: &mut Batch<T>) -> impl Future<Output = Result<()>> + Send;

    /// Makes safe what was taken so far. The default does nothing, right for sinks that do not
    /// buffer.
    fn flush(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// The most items it may hold between two flushes, at least 1; asked once in each run. A flush
    /// waits for all of them, so a sink that has many under way at a time gives a larger number. The
    /// default is 1024.
    fn flush_every(&self) -> u64 {
        1024
    }

    /// Ends the run; called once, after the last `flush`. The default does nothing.
    fn close(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}
