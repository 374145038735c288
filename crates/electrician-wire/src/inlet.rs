//! The way into a running pipeline.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use electrician_types::{Item, Refusal, Refused, Submit};

use crate::guards::Guards;
use crate::queue::{Pending, Queue};
use crate::sample::{Sampler, Sampling};
use crate::signal::Signal;
use crate::wait::Waiter;

/// A handle to submit items with: cheap to clone, usable from any task or thread. It does not keep
/// the run alive; after the stop has begun, every submit is refused and gives the item back.
pub struct Inlet<T> {
    queue: Arc<Queue<T>>,
    stopping: Arc<Signal>,
}

/// An inlet as a [`futures_sink::Sink`]: see [`Inlet::into_sink`].
pub struct InletSink<T> {
    inlet: Inlet<T>,
    slot: Option<Item<T>>,
    waiter: Waiter,
}

// === impl Inlet ===

impl<T> Inlet<T> {
    pub(crate) const fn new(queue: Arc<Queue<T>>, stopping: Arc<Signal>) -> Self {
        Self { queue, stopping }
    }

    /// Waits for room and takes `item` in; `Ok` means accepted.
    ///
    /// A full queue is refilled in strokes: who waits is woken when a quarter of the places is
    /// free. [`try_submit`](Self::try_submit) takes any free place.
    ///
    /// Cancelling drops the item unaccepted. To keep it, use [`submit_from`](Self::submit_from).
    pub async fn submit(&self, item: T) -> Result<(), Refused<T>> {
        let mut slot = Some(item);
        // Most find room at once, and need no future within this one.
        let result = match self.try_push(&mut slot) {
            Err(Refusal::Full) => self.push(&mut slot).await,
            result => result,
        };
        result.map_err(|reason| self.refused(slot, reason))
    }

    /// As [`submit`](Self::submit), for an item with a receipt.
    pub async fn submit_item(&self, item: Item<T>) -> Result<(), Refused<Item<T>>> {
        let mut slot = Some(item);
        let result = self.push(&mut slot).await;
        result.map_err(|reason| self.refused(slot, reason))
    }

    /// Waits for room and takes the item out of `slot`; with an empty slot it does nothing.
    ///
    /// Cancel-safe: until this resolves with `Ok`, the item is in `slot`.
    pub async fn submit_from(&self, slot: &mut Option<T>) -> Result<(), Refusal> {
        self.push(slot).await.inspect_err(|reason| self.queue.note_refusal(1, *reason))
    }

    /// Takes `item` in if there is room now.
    pub fn try_submit(&self, item: T) -> Result<(), Refused<T>> {
        let mut slot = Some(item);
        let result = self.try_push(&mut slot);
        result.map_err(|reason| self.refused(slot, reason))
    }

    /// As [`try_submit`](Self::try_submit), for an item with a receipt.
    pub fn try_submit_item(&self, item: Item<T>) -> Result<(), Refused<Item<T>>> {
        let mut slot = Some(item);
        let result = self.try_push(&mut slot);
        result.map_err(|reason| self.refused(slot, reason))
    }

    /// Waits for room and takes all of `items` in, front first; the vector is then empty and keeps
    /// its capacity. The cheapest way in: one synchronisation for many items.
    ///
    /// Cancel-safe: what was not accepted, by refusal or cancellation, is in `items`, in order.
    pub async fn submit_batch(&self, items: &mut Vec<T>) -> Result<(), Refusal> {
        let mut feed = Feed { rest: std::mem::take(items).into(), items };
        let result = self.push(&mut feed.rest).await;
        result.inspect_err(|reason| self.queue.note_refusal(feed.rest.len(), *reason))
    }

    async fn push(&self, pending: &mut impl Pending<T>) -> Result<(), Refusal> {
        if !self.queue.is_attended() {
            return self.queue.push(pending, Some(&self.stopping)).await;
        }
        self.check_guards()?;
        match self.due_sampler() {
            Some(sampler) => {
                let mut sampling = Sampling::new(sampler, pending);
                self.queue.push(&mut sampling, Some(&self.stopping)).await
            }
            None => self.queue.push(pending, Some(&self.stopping)).await,
        }
    }

    #[inline]
    fn try_push(&self, pending: &mut impl Pending<T>) -> Result<(), Refusal> {
        if self.stopping.is_raised() {
            return Err(Refusal::Closed);
        }
        if !self.queue.is_attended() {
            return self.queue.try_push(pending);
        }
        self.check_guards()?;
        match self.due_sampler() {
            Some(sampler) => self.queue.try_push(&mut Sampling::new(sampler, pending)),
            None => self.queue.try_push(pending),
        }
    }

    /// Who wants to measure the next item.
    fn due_sampler(&self) -> Option<&Sampler> {
        self.queue.sampler().filter(|sampler| sampler.is_due())
    }

    /// Refuses while a guard gives no leave that is to reject meanwhile. Who tries again until it
    /// does is to learn that the intake is closed.
    fn check_guards(&self) -> Result<(), Refusal> {
        match self.queue.guards().and_then(Guards::refusal) {
            Some(_) if self.is_closed() => Err(Refusal::Closed),
            Some(reason) => Err(Refusal::Denied(reason)),
            None => Ok(()),
        }
    }

    /// Gives the item back, and says so to whoever watches.
    fn refused<I>(&self, slot: Option<I>, reason: Refusal) -> Refused<I> {
        self.queue.note_refusal(1, reason);
        Refused::new(slot.expect("a refused item stays in its slot"), reason)
    }

    /// Waits until there is room (`true`) or the intake is closed (`false`).
    #[cfg(feature = "tower")]
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>, waiter: &mut Waiter) -> Poll<bool> {
        waiter.poll_until(cx, || {
            let has_room = self.len() < self.capacity();
            (self.is_closed() || has_room).then_some(!self.is_closed())
        })
    }

    #[cfg(feature = "tower")]
    pub(crate) fn room_waiter(&self) -> Waiter {
        self.queue.space_waiter()
    }

    /// Whether submits are refused for good.
    pub fn is_closed(&self) -> bool {
        self.stopping.is_raised() || self.queue.is_closed()
    }

    /// How many items wait in the queue.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no item waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How many items the queue holds at most.
    pub fn capacity(&self) -> usize {
        self.queue.capacity()
    }

    /// This inlet as a [`futures_sink::Sink`]. It holds one item at a time; flush it to be sure
    /// that the last one was accepted.
    pub fn into_sink(self) -> InletSink<T> {
        let waiter = self.queue.space_waiter();
        InletSink { inlet: self, slot: None, waiter }
    }
}

impl<T> Clone for Inlet<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.queue), Arc::clone(&self.stopping))
    }
}

impl<T: Send> Submit<T> for Inlet<T> {
    async fn submit(&self, item: T) -> Result<(), Refused<T>> {
        self.submit(item).await
    }

    fn try_submit(&self, item: T) -> Result<(), Refused<T>> {
        self.try_submit(item)
    }

    async fn submit_item(&self, item: Item<T>) -> Result<(), Refused<Item<T>>> {
        self.submit_item(item).await
    }
}

impl<T> fmt::Debug for Inlet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish()
    }
}

/// A batch that is being submitted. What is left goes back to its owner, however this ends; the
/// conversions keep the allocation.
struct Feed<'a, T> {
    rest: VecDeque<T>,
    items: &'a mut Vec<T>,
}

impl<T> Drop for Feed<'_, T> {
    fn drop(&mut self) {
        *self.items = std::mem::take(&mut self.rest).into();
    }
}

// === impl InletSink ===

impl<T> InletSink<T> {
    /// The inlet, and the item that was not accepted yet.
    pub fn into_parts(self) -> (Inlet<T>, Option<T>) {
        (self.inlet, self.slot.map(|item| item.into_parts().0))
    }

    fn poll_empty(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refused<T>>> {
        let Self { inlet, slot, waiter } = self;
        if slot.is_none() {
            return Poll::Ready(Ok(()));
        }
        let polled = inlet.queue.poll_push(cx, waiter, slot, Some(&inlet.stopping));
        let taken = |slot: &mut Option<Item<T>>| slot.take().map(|item| item.into_parts().0);
        Poll::Ready(ready!(polled).map_err(|reason| inlet.refused(taken(slot), reason)))
    }
}

impl<T: Unpin> futures_sink::Sink<T> for InletSink<T> {
    type Error = Refused<T>;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Refused<T>>> {
        self.get_mut().poll_empty(cx)
    }

    fn start_send(self: Pin<&mut Self>, item: T) -> Result<(), Refused<T>> {
        let this = self.get_mut();
        if this.slot.is_some() {
            return Err(Refused::new(item, Refusal::Full));
        }
        this.slot = Some(Item::new(item));
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Refused<T>>> {
        self.get_mut().poll_empty(cx)
    }

    /// Flushes. The inlet stays open: closing the run is its owner's business.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Refused<T>>> {
        self.get_mut().poll_empty(cx)
    }
}

impl<T> fmt::Debug for InletSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InletSink")
            .field("inlet", &self.inlet)
            .field("holds_item", &self.slot.is_some())
            .finish_non_exhaustive()
    }
}
