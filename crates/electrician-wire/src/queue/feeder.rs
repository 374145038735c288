//! Who keeps a queue open.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use electrician_types::{Batch, Refusal, StageId};

use crate::guards::Guards;
use crate::queue::Queue;
use crate::reject;
use crate::sync::Ordering;

/// The right to push into a queue. When the last one is gone, the queue closes: that is how the
/// end travels from stage to stage.
pub struct Feeder<T>(Arc<Queue<T>>);

// === impl Feeder ===

impl<T> Feeder<T> {
    pub(crate) fn new(queue: &Arc<Queue<T>>) -> Self {
        queue.feeders.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(queue))
    }

    /// Waits for room and moves all of `batch` in, front first.
    ///
    /// An item that the queue can never take (larger than its byte budget, or one its key function
    /// panics on) fails as one of the stage: it goes to the stage's dead-letter port, or is counted
    /// as failed and logged. When the run is aborted, what is left in `batch` is handed back through
    /// the run, and the answer is `false`: stop feeding. Cancel-safe: what has not entered is in
    /// `batch`.
    pub async fn feed(&self, batch: &mut Batch<T>) -> bool {
        if let Some(sampler) = self.0.sampler() {
            sampler.sample_first(batch);
        }
        loop {
            let refusal = match self.0.push(batch, None).await {
                Ok(()) => return true,
                Err(refusal) => refusal,
            };
            if refusal == Refusal::Closed || !self.reject(batch, refusal).await {
                self.hand_back(batch);
                return false;
            }
        }
    }

    /// Disposes of the first item of `batch`, which the queue can never take. Waits for room at the
    /// stage's dead-letter port; `false` if the run was aborted meanwhile. Cancel-safe: until this
    /// resolves with `true`, the item is in `batch`.
    pub(crate) async fn reject(&self, batch: &mut Batch<T>, refusal: Refusal) -> bool {
        while let Some(item) = batch.take() {
            let Some(reject) = self.0.reject.get() else {
                self.0.entry().failed.fetch_add(1, Ordering::Relaxed);
                reject::nack(item);
                break;
            };
            let Err(item) = reject.reject(item, refusal) else {
                break;
            };
            batch.put_back(item);
            let Some(mut waiter) = reject.room_waiter() else {
                continue;
            };
            let mut abort = self.0.abort.watch();
            let is_aborted = poll_fn(|cx| {
                if abort.poll_raised(cx).is_ready() {
                    return Poll::Ready(true);
                }
                waiter.poll_until(cx, || reject.has_room().then_some(false))
            });
            if is_aborted.await {
                return false;
            }
        }
        true
    }

    /// Hands items that were read from a source and cannot enter any more back through the run.
    pub fn hand_back(&self, batch: &mut Batch<T>) {
        self.0.entry().returned.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.0.keep_out(std::mem::take(batch));
    }

    /// Waits until the queue has room, or is closed or cut off. Cancel-safe.
    pub async fn has_room(&self) {
        let may_go = || self.room() > 0 || self.0.is_closed() || self.0.abort.is_raised();
        self.0.space_waiter().until(|| may_go().then_some(())).await;
        // It looked and took nothing: the room is there for the next who waits.
        self.0.pass_room_on();
    }

    /// How many items the queue can take, as far as this thread can see.
    pub fn room(&self) -> usize {
        self.0.capacity().saturating_sub(self.0.len())
    }

    /// Has `guards` asked before items of this queue are worked on, unless its stage has guards of
    /// its own.
    pub fn guard(&self, guards: Guards<T>) {
        self.0.guard(guards);
    }

    /// The stage behind the queue.
    pub fn stage_id(&self) -> StageId {
        self.0.id
    }

    pub(crate) const fn queue(&self) -> &Arc<Queue<T>> {
        &self.0
    }
}

impl<T> Clone for Feeder<T> {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl<T> Drop for Feeder<T> {
    fn drop(&mut self) {
        if self.0.feeders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.close();
        }
    }
}

impl<T> fmt::Debug for Feeder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Feeder").field(&self.0).finish()
    }
}
