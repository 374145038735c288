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
///   it. The engine flushes when its queue runs empty, at least every 1024 items, and before
///   `close`; a sink for which that is too often says so by `flushing`. If it fails, the items taken
///   since the last flush count as failed, and the sink nacks the receipts it holds (dropping them
///   does).
/// - **Cancellation.** The future of `write` is dropped when the deadline of a stop strikes. Items
///   left in `batch` are handed back.
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

    /// How often the engine flushes, asked once in each run, after `open`. The default is right
    /// where a flush is cheap.
    fn flushing(&self) -> Flushing {
        Flushing::EAGER
    }

    /// Ends the run; called once, after the last `flush`. The default does nothing.
    fn close(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// How often a sink is flushed, apart from the end of a run, when it always is.
///
/// Rare flushes are for sinks whose flush ends something that should be large: a file, a part of an
/// upload. Until then the receipts of what was written are not settled, so a source that waits for
/// them must allow for as many items under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flushing {
    /// After so many items that were written and not flushed.
    pub items: u64,
    /// Whenever the queue runs empty.
    pub when_idle: bool,
}

// === impl Flushing ===

impl Flushing {
    /// After 1024 items, and when the queue runs empty.
    pub const EAGER: Self = Self { items: 1024, when_idle: true };

    /// After so many items, 1 at least.
    pub const fn with_items(mut self, items: u64) -> Self {
        self.items = if items == 0 { 1 } else { items };
        self
    }

    /// Whether also when the queue runs empty.
    pub const fn with_when_idle(mut self, when_idle: bool) -> Self {
        self.when_idle = when_idle;
        self
    }
}

impl Default for Flushing {
    fn default() -> Self {
        Self::EAGER
    }
}
