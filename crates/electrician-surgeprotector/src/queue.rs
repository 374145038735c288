//! Where items wait for their token.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use electrician_types::{Refusal, Refused};

use crate::wait::lock;

/// Holds items until the rate lets them go on. The resister is one; [`Fifo`] is the simplest.
///
/// # Laws
///
/// - **Bound.** A queue that is full refuses with [`Refusal::Full`] and gives the item back.
/// - **Loss.** What was pushed comes out of `pop` once, or is dropped by a policy of the queue that
///   the user named.
/// - **Threads.** All methods may be called at the same time, and none blocks for long.
pub trait Queue<T>: Send + Sync {
    /// Takes `item` in.
    fn push(&self, item: T) -> Result<(), Refused<T>>;

    /// Gives the next item out.
    fn pop(&self) -> Option<T>;

    /// Takes an item back that was popped and could not go on. It should come to where it was; the
    /// default is the end.
    fn restore(&self, item: T) -> Result<(), Refused<T>> {
        self.push(item)
    }

    /// How many items wait.
    fn len(&self) -> usize;

    /// Whether none waits.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A bounded queue, first in, first out.
pub struct Fifo<T> {
    capacity: usize,
    items: Mutex<VecDeque<T>>,
}

// === impl Fifo ===

impl<T> Fifo<T> {
    /// A queue for at most `capacity` items. One that was taken back may be beyond that.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { capacity: capacity.get(), items: Mutex::default() }
    }
}

impl<T: Send> Queue<T> for Fifo<T> {
    fn push(&self, item: T) -> Result<(), Refused<T>> {
        let mut items = lock(&self.items);
        if items.len() >= self.capacity {
            return Err(Refused::new(item, Refusal::Full));
        }
        items.push_back(item);
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        lock(&self.items).pop_front()
    }

    /// At the front, whatever the capacity: it was in here before.
    fn restore(&self, item: T) -> Result<(), Refused<T>> {
        lock(&self.items).push_front(item);
        Ok(())
    }

    fn len(&self) -> usize {
        lock(&self.items).len()
    }
}

impl<T> fmt::Debug for Fifo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fifo")
            .field("length", &lock(&self.items).len())
            .field("capacity", &self.capacity)
            .finish()
    }
}
