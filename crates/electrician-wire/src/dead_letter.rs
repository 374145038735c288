//! Where items go that failed for good.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::SystemTime;

use electrician_types::{Batch, Error, Item, Receive};

use crate::queue::{Feeder, Queue, QueueSpec};
use crate::signal::{Signal, Watch};
use crate::wait::Waiter;

/// An item that failed for good, with all that is known about it.
///
/// Its receipt is still open: [`accept`](Self::accept) tells the source that the item is safe,
/// dropping the letter tells it that it is not.
#[derive(Debug)]
pub struct DeadLetter<T> {
    /// The item as the failing stage got it.
    pub item: Item<T>,
    /// Why the last attempt failed.
    pub error: Error,
    /// How many attempts were made; none if the stage's queue could not take the item.
    pub attempts: u32,
    /// The name of the stage.
    pub stage: Arc<str>,
    /// When the stage first failed on it, wall-clock time.
    pub first_seen: SystemTime,
}

/// The stage's end of a dead-letter channel. Clones lead to the same [`DeadLetters`]; one port may
/// serve several stages of the same input type, and outlives their runs.
pub struct DeadLetterPort<T> {
    feeder: Feeder<DeadLetter<T>>,
}

/// The reader's end of a dead-letter channel.
///
/// The channel is bounded: when it is full, the worker that fails waits; outputs that it finished
/// before are handed on first. When the reader is dropped, failures go to the ledger and the log
/// instead.
pub struct DeadLetters<T> {
    queue: Arc<Queue<DeadLetter<T>>>,
    waiter: Waiter,
    batch: Batch<DeadLetter<T>>,
}

/// The most dead letters a channel holds, for its room is allocated at once.
const MAX_LETTERS: usize = 1 << 20;

/// A bounded channel for at most `capacity` dead letters: at least one, and no more than 2^20
/// however large `capacity` is.
pub fn dead_letters<T>(capacity: usize) -> (DeadLetterPort<T>, DeadLetters<T>) {
    let capacity = capacity.min(MAX_LETTERS);
    let spec = QueueSpec { capacity, consumers: 1, key: None, budget: None };
    let queue = Queue::new(spec, Arc::new(Signal::default()));
    let port = DeadLetterPort { feeder: Feeder::new(&queue) };
    let waiter = queue.item_waiter(0);
    (port, DeadLetters { queue, waiter, batch: Batch::new() })
}

// === impl DeadLetter ===

impl<T> DeadLetter<T> {
    /// Tells the source that the item is taken care of, and gives its value.
    pub fn accept(self) -> T {
        self.item.accept()
    }
}

impl<T: fmt::Debug> fmt::Display for DeadLetter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { item, error, attempts, stage, .. } = self;
        write!(f, "{stage} failed after {attempts} attempt(s): {error}: {:?}", item.value())
    }
}

// === impl DeadLetterPort ===

impl<T> DeadLetterPort<T> {
    /// Whether somebody can still read what is sent.
    pub fn is_open(&self) -> bool {
        !self.feeder.queue().is_closed()
    }

    /// Sends `letter` if there is room now, or gives it back.
    pub(crate) fn try_send(&self, letter: DeadLetter<T>) -> Result<(), Box<DeadLetter<T>>> {
        let mut slot = Some(Item::new(letter));
        // Whatever the reason of a refusal is, the letter tells of it.
        let _: Result<_, _> = self.feeder.queue().try_push(&mut slot);
        slot.map_or(Ok(()), |item| Err(Box::new(item.into_parts().0)))
    }

    /// Whether a letter could be sent, or nobody would read it, so that waiting is in vain.
    pub(crate) fn has_room(&self) -> bool {
        let queue = self.feeder.queue();
        queue.is_closed() || queue.len() < queue.capacity()
    }

    pub(crate) fn room_waiter(&self) -> Waiter {
        self.feeder.queue().space_waiter()
    }

    /// Sends `letter`, or gives it back when the reader is gone or `abort` was raised.
    pub(crate) async fn send(
        &self,
        letter: DeadLetter<T>,
        abort: &mut Watch,
    ) -> Result<(), Box<DeadLetter<T>>> {
        let queue = self.feeder.queue();
        let mut slot = Some(Item::new(letter));
        let mut waiter = queue.space_waiter();
        let sent = poll_fn(|cx| match queue.poll_push(cx, &mut waiter, &mut slot, None) {
            Poll::Pending => abort.poll_raised(cx).map(|()| false),
            Poll::Ready(result) => Poll::Ready(result.is_ok()),
        })
        .await;
        match slot {
            Some(item) if !sent => Err(Box::new(item.into_parts().0)),
            _ => Ok(()),
        }
    }
}

impl<T> Clone for DeadLetterPort<T> {
    fn clone(&self) -> Self {
        Self { feeder: self.feeder.clone() }
    }
}

impl<T> fmt::Debug for DeadLetterPort<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetterPort").field("open", &self.is_open()).finish()
    }
}

// === impl DeadLetters ===

impl<T> DeadLetters<T> {
    /// The next letter; `None` when every port is gone and all letters are read. Cancel-safe.
    pub async fn recv(&mut self) -> Option<DeadLetter<T>> {
        let Self { queue, waiter, batch } = self;
        queue.pop(waiter, 0, 1, batch).await?;
        batch.take().map(|item| item.into_parts().0)
    }

    /// The next letter if there is one now.
    pub fn try_recv(&mut self) -> Option<DeadLetter<T>> {
        // Empty when there is nothing now, or never will be.
        let _: Poll<_> = self.queue.try_pop(0, 1, &mut self.batch);
        self.batch.take().map(|item| item.into_parts().0)
    }

    /// How many letters wait.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no letter waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

impl<T: Send> Receive<DeadLetter<T>> for DeadLetters<T> {
    async fn receive(&mut self) -> Option<Item<DeadLetter<T>>> {
        self.recv().await.map(Item::new)
    }
}

impl<T> Drop for DeadLetters<T> {
    fn drop(&mut self) {
        self.queue.close();
        let unread = self.queue.take_rest().len();
        if unread > 0 {
            tracing::warn!(unread, "dead letters were dropped unread; their sources were told");
        }
    }
}

impl<T> fmt::Debug for DeadLetters<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").field("len", &self.len()).finish_non_exhaustive()
    }
}
