//! The way out of a running pipeline.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use electrician_types::{ComponentKind, Inspect, Item, Receipt, Receive, StageView};
use futures_core::Stream;

use crate::queue::{Delivery, Queue};
use crate::sync::Ordering;
use crate::wait::Waiter;

/// Reads what comes out of a pipeline: with [`recv`](Self::recv), in batches, or as a [`Stream`].
///
/// Several outputs of one run share its items, each going to one of them. An output holds no item
/// of its own. While at least one exists, only outputs are read from: when they stop reading, the
/// pipeline fills up and its inlets wait, and a stop waits for them until its deadline.
pub struct Output<T> {
    queue: Arc<Queue<T>>,
    waiter: Waiter,
    /// Empty between calls; kept for its allocation.
    receipts: Vec<Receipt>,
}

/// The queue of the outputs, as whoever looks at the run sees it.
pub(crate) struct Exit<T>(pub(crate) Arc<Queue<T>>);

// === impl Output ===

impl<T> Output<T> {
    pub(crate) fn new(queue: &Arc<Queue<T>>) -> Self {
        queue.add_reader();
        let waiter = queue.item_waiter(0);
        Self { queue: Arc::clone(queue), waiter, receipts: Vec::new() }
    }

    /// The next value; `None` when the run is over and everything was read. The item is thereby
    /// delivered: its receipt is acknowledged. Cancel-safe.
    pub async fn recv(&mut self) -> Option<T> {
        self.recv_item().await.map(Item::accept)
    }

    /// The next item with its receipt, which the caller settles when it is done. Cancel-safe.
    pub async fn recv_item(&mut self) -> Option<Item<T>> {
        let mut item = None;
        self.queue.pop(&mut self.waiter, 0, 1, &mut item).await?;
        item
    }

    /// Appends at least one and at most `max` values to `into` and says how many; 0 when the run
    /// is over and everything was read, or `max` is 0. The items are thereby delivered. The
    /// cheapest way out. Cancel-safe.
    pub async fn recv_batch(&mut self, into: &mut Vec<T>, max: usize) -> usize {
        let Self { queue, waiter, receipts } = self;
        let before = into.len();
        let mut delivery = Delivery { values: into, receipts };
        if max == 0 || queue.pop(waiter, 0, max, &mut delivery).await.is_none() {
            return 0;
        }
        receipts.drain(..).for_each(Receipt::ack);
        into.len() - before
    }

    /// The next value if there is one now.
    pub fn try_recv(&mut self) -> Option<T> {
        let mut item = None;
        // Empty when there is nothing now, or never will be.
        let _: Poll<_> = self.queue.try_pop(0, 1, &mut item);
        item.map(Item::accept)
    }

    /// Reads until the run is over. The items are delivered, and acknowledged, as they are read: a
    /// source with a bounded window goes on. So cancelling this loses what was read; where it may
    /// be cancelled, use [`collect_into`](Self::collect_into).
    pub async fn collect(mut self) -> Vec<T> {
        let mut all = Vec::new();
        self.collect_into(&mut all).await;
        all
    }

    /// Reads until the run is over and appends everything to `into`. Cancel-safe: what was read is
    /// in `into`, the rest can still be read.
    pub async fn collect_into(&mut self, into: &mut Vec<T>) {
        while self.recv_batch(into, usize::MAX).await > 0 {}
    }

    /// How many items wait to be read.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing waits to be read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Stream for Output<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { queue, waiter, .. } = self.get_mut();
        let mut item = None;
        queue.poll_pop(cx, waiter, 0, 1, &mut item).map(|_| item.map(Item::accept))
    }
}

impl<T> Unpin for Output<T> {}

impl<T: Send> Receive<T> for Output<T> {
    async fn receive(&mut self) -> Option<Item<T>> {
        self.recv_item().await
    }
}

impl<T> Drop for Output<T> {
    fn drop(&mut self) {
        self.queue.remove_reader();
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("len", &self.len()).finish_non_exhaustive()
    }
}

// === impl Exit ===

impl<T: Send + 'static> Inspect for Exit<T> {
    fn view(&self) -> StageView {
        let mut view = StageView::new(self.0.id, ComponentKind::Output, "output");
        view.queued = self.0.len();
        view.capacity = self.0.capacity();
        view.ledger.accepted = self.0.accepted();
        view.ledger.returned = self.0.entry().returned.load(Ordering::Relaxed);
        view.ledger.delivered = self.0.taken() - view.ledger.returned;
        view
    }
}
