//! The way out of a running pipeline.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use electrician_types::{Batch, Item, Receive};
use futures_core::Stream;

use crate::queue::{MAX_BATCH, Queue};
use crate::sync::Ordering;
use crate::wait::Waiter;

/// Reads what comes out of a pipeline: with [`recv`](Self::recv), in batches, or as a [`Stream`].
///
/// Several outputs of one run share its items, each going to one of them. An output takes a share
/// of the queue at a time; dropping it gives back what it has not handed out. While at least one
/// output exists, only outputs are read from: when they stop reading, the pipeline fills up and
/// its inlets wait.
pub struct Output<T> {
    queue: Arc<Queue<T>>,
    waiter: Waiter,
    batch: Batch<T>,
}

// === impl Output ===

impl<T> Output<T> {
    pub(crate) fn new(queue: &Arc<Queue<T>>) -> Self {
        queue.add_reader();
        let waiter = queue.item_waiter(0);
        Self { queue: Arc::clone(queue), waiter, batch: Batch::with_capacity(MAX_BATCH) }
    }

    /// The next value; `None` when the run is over and everything was read. The item is thereby
    /// delivered: its receipt is acknowledged. Cancel-safe.
    pub async fn recv(&mut self) -> Option<T> {
        self.recv_item().await.map(Item::accept)
    }

    /// The next item with its receipt, which the caller settles when it is done. Cancel-safe.
    pub async fn recv_item(&mut self) -> Option<Item<T>> {
        if let Some(item) = self.batch.take() {
            return Some(item);
        }
        poll_fn(|cx| self.poll_recv_item(cx)).await
    }

    /// Appends at least one and at most `max` values to `into` and says how many; 0 when the run
    /// is over and everything was read, or `max` is 0. The items are thereby delivered.
    /// Cancel-safe.
    pub async fn recv_batch(&mut self, into: &mut Vec<T>, max: usize) -> usize {
        if max == 0 || (self.batch.is_empty() && !poll_fn(|cx| self.poll_fill(cx, max)).await) {
            return 0;
        }
        let before = into.len();
        while into.len() - before < max
            && let Some(value) = self.batch.accept()
        {
            into.push(value);
        }
        into.len() - before
    }

    /// The next value if there is one now.
    pub fn try_recv(&mut self) -> Option<T> {
        if self.batch.is_empty() {
            self.queue.try_pop(0, MAX_BATCH, &mut self.batch)??;
        }
        self.batch.accept()
    }

    /// Reads until the run is over.
    pub async fn collect(mut self) -> Vec<T> {
        let mut all = Vec::new();
        while self.recv_batch(&mut all, usize::MAX).await > 0 {}
        all
    }

    /// How many items wait to be read.
    pub fn len(&self) -> usize {
        self.queue.len() + self.batch.len()
    }

    /// Whether nothing waits to be read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn poll_recv_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item<T>>> {
        if self.batch.is_empty() && !std::task::ready!(self.poll_fill(cx, MAX_BATCH)) {
            return Poll::Ready(None);
        }
        Poll::Ready(self.batch.take())
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, max: usize) -> Poll<bool> {
        let Self { queue, waiter, batch } = self;
        queue.poll_pop(cx, waiter, 0, max, batch).map(|taken| taken.is_some())
    }
}

impl<T> Stream for Output<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().poll_recv_item(cx).map(|item| item.map(Item::accept))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.batch.len(), None)
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
        let unread = std::mem::take(&mut self.batch);
        self.queue.entry().returned.fetch_add(unread.len() as u64, Ordering::Relaxed);
        self.queue.leave_behind(unread);
        self.queue.remove_reader();
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("len", &self.len()).finish_non_exhaustive()
    }
}
