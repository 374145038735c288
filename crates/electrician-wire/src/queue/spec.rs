//! How a queue is laid out.

use std::fmt;
use std::sync::Arc;

/// Tells which key an item belongs to.
pub(crate) type KeyFn<T> = Arc<dyn Fn(&T) -> u64 + Send + Sync>;

/// Tells how many bytes an item weighs.
pub(crate) type SizeFn<T> = Arc<dyn Fn(&T) -> u64 + Send + Sync>;

/// How a queue is laid out.
pub(crate) struct QueueSpec<T> {
    /// The most items it holds, over all lanes.
    pub(crate) capacity: usize,
    /// How many workers take from it.
    pub(crate) consumers: usize,
    /// One lane per consumer, chosen by this key; `None` for a single lane.
    pub(crate) key: Option<KeyFn<T>>,
    /// The most bytes it holds, and how to weigh an item.
    pub(crate) budget: Option<(u64, SizeFn<T>)>,
}

impl<T> fmt::Debug for QueueSpec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSpec")
            .field("capacity", &self.capacity)
            .field("consumers", &self.consumers)
            .field("keyed", &self.key.is_some())
            .field("byte_budget", &self.budget.as_ref().map(|(limit, _)| limit))
            .finish()
    }
}
