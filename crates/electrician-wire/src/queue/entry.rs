//! What has to be known about the ends of a queue besides its items.

use crate::sync::{AtomicBool, AtomicU64};

/// What the account of a stage has to know about the ends of its queue.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// Items come from outside the run.
    pub(crate) is_entry: AtomicBool,
    /// Stages of the run deliver here as well, so what comes from outside has to be told apart.
    pub(crate) has_handoffs: AtomicBool,
    /// Items that stages of the run delivered, counted only if `has_handoffs`.
    pub(crate) handoffs: AtomicU64,
    /// Items that were in the queue when the run ended.
    pub(crate) rest: AtomicU64,
    /// Items read from a source that the queue did not take, handed back.
    pub(crate) returned: AtomicU64,
    /// Items of sources and other stages that the queue can never take.
    pub(crate) failed: AtomicU64,
    /// As `failed`, sent to the stage's dead-letter port.
    pub(crate) dead_lettered: AtomicU64,
}
