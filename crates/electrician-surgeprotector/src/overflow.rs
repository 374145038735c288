//! What happens to an item that is not admitted now.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::backup::Backup;
use crate::queue::Queue;

/// What happens to an item that is not admitted now. There is no default: whoever limits a rate
/// says what becomes of the rest.
#[non_exhaustive]
pub enum Overflow<T, S> {
    /// It waits, and with it whoever submits: the source pauses.
    Wait,
    /// It comes back in the error.
    Reject,
    /// It waits among at most so many; when one more comes, the one that waits longest is dropped
    /// and counted.
    DropOldest(NonZeroUsize),
    /// It is dropped and counted.
    DropNewest,
    /// It waits in a queue, such as a resister, and whoever submits goes on. When the queue is full
    /// the item comes back in the error.
    Queue(Arc<dyn Queue<T>>),
    /// It goes elsewhere.
    Divert(Backup<T, S>),
}

// === impl Overflow ===

impl<T, S> Overflow<T, S> {
    /// The name of the policy, for logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Reject => "reject",
            Self::DropOldest(_) => "drop oldest",
            Self::DropNewest => "drop newest",
            Self::Queue(_) => "queue",
            Self::Divert(_) => "divert",
        }
    }
}

impl<T, S> fmt::Debug for Overflow<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Overflow({})", self.name())
    }
}
