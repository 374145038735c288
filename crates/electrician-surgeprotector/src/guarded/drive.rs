//! Letting out of the queue what waits in it.

use std::future::poll_fn;
use std::task::Poll;

use electrician_types::Submit;

use super::outlet::Raised;
use super::{Guarded, Shared, put_back};
use crate::account::Fate;
use crate::overflow::Overflow;
use crate::queue::Queue;

/// Why [`Guarded::drive`] cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// The overflow policy is not [`Overflow::Queue`](crate::Overflow::Queue).
    #[error("there is no queue to drive: the overflow policy is another")]
    NoQueue,
    /// Another `drive` or `drain` of this entrance is under way.
    #[error("the queue is driven already: one at a time keeps the order")]
    Driven,
    /// The target is closed. What waits is in the queue.
    #[error("the target is closed: what waits is in the queue")]
    Closed,
}

// === impl Guarded ===

impl<T: Send + 'static, S: Submit<T>> Guarded<T, S> {
    /// Lets items out of the queue as the rate allows, one token for each, and waits for more when
    /// it is empty. Ends only when the target is closed. Run one of these beside the submits: a
    /// submit lets out what can go at once, but nothing comes out by itself.
    ///
    /// When it is dropped while the target has no room, the one item that it holds is dropped and
    /// counted as abandoned; at any other time nothing is lost.
    pub async fn drive(&self) -> Result<(), DriveError> {
        let queue = self.queue()?;
        let _driven = self.shared.outlet.drive().ok_or(DriveError::Driven)?;
        loop {
            self.shared.filled(queue).await;
            self.shared.forward(queue).await?;
        }
    }

    /// As [`drive`](Self::drive), but ends when the queue is empty.
    pub async fn drain(&self) -> Result<(), DriveError> {
        let queue = self.queue()?;
        let _driven = self.shared.outlet.drive().ok_or(DriveError::Driven)?;
        while !queue.is_empty() {
            self.shared.forward(queue).await?;
        }
        Ok(())
    }

    fn queue(&self) -> Result<&dyn Queue<T>, DriveError> {
        match &self.shared.overflow {
            Overflow::Queue(queue) => Ok(&**queue),
            _ => Err(DriveError::NoQueue),
        }
    }
}

// === impl Shared ===

impl<T: Send + 'static, S: Submit<T>> Shared<T, S> {
    /// Waits until there is something in the queue.
    async fn filled(&self, queue: &dyn Queue<T>) {
        let place = self.idle.enter();
        poll_fn(|cx| {
            place.wait(cx.waker());
            if queue.is_empty() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    /// Waits for the outlet; those who pump leave it soon, because they do not wait in it.
    async fn way_out(&self) -> Raised<'_> {
        poll_fn(|cx| {
            self.outlet.enter().map_or_else(
                || {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                },
                Poll::Ready,
            )
        })
        .await
    }

    /// Lets one item out, when there is a token for it.
    async fn forward(&self, queue: &dyn Queue<T>) -> Result<(), DriveError> {
        // One is never above the burst.
        let _admitted = self.protector.admit(1).await;
        let _busy = self.way_out().await;
        let Some(item) = queue.pop() else {
            return Ok(());
        };
        let passage = self.counters.unqueue();
        match self.target.submit(item).await {
            Ok(()) => {
                passage.end(Fate::Delivered);
                Ok(())
            }
            Err(refused) if refused.is_closed() => {
                put_back(queue, refused.item, passage);
                Err(DriveError::Closed)
            }
            Err(refused) => {
                // For itself, for good: too large, say.
                tracing::error!("dropped an item out of the queue: {}", refused.reason);
                passage.end(Fate::Abandoned);
                Ok(())
            }
        }
    }
}
