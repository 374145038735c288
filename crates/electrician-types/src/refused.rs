//! A submit that was refused gives the item back.

use std::fmt;
use std::io::ErrorKind;

use crate::Denial;

/// Why a submit was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Every place is taken. Only `try_submit` says so; `submit` waits.
    #[error("the queue is full: wait with submit, or try again later")]
    Full,
    /// The run has stopped or is stopping.
    #[error("the intake is closed: the run has stopped")]
    Closed,
    /// The item alone is larger than the byte budget of the queue.
    #[error("the item has {size} bytes, more than the byte budget of {budget}")]
    TooLarge {
        /// Size of the item, bytes.
        size: u64,
        /// Budget of the queue, bytes.
        budget: u64,
    },
    /// A guard in front gives no leave, and it was named that items are refused meanwhile.
    #[error("not admitted: {0}")]
    Denied(Denial),
    /// The key function or the size function of the queue panicked on this item.
    #[error("the key or size function of the queue panicked on the item")]
    Panicked,
    /// The queue keeps its items in storage, and that did not take this one. It may take it later.
    #[error("the item could not be stored: {0}")]
    NotStored(ErrorKind),
}

/// A refused submit, with the item that was not accepted.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused<T> {
    /// What was not accepted.
    pub item: T,
    /// Why.
    pub reason: Refusal,
}

// === impl Refusal ===

impl Refusal {
    /// The reason in a word, for labels: "full", `too_large`; that of a guard is the guard's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Closed => "closed",
            Self::TooLarge { .. } => "too_large",
            Self::Denied(denial) => denial.as_str(),
            Self::Panicked => "panicked",
            Self::NotStored(_) => "not_stored",
        }
    }
}

// === impl Refused ===

impl<T> Refused<T> {
    /// `item` refused for `reason`.
    pub const fn new(item: T, reason: Refusal) -> Self {
        Self { item, reason }
    }

    /// The item that was not accepted.
    pub fn into_item(self) -> T {
        self.item
    }

    /// Whether the run has stopped.
    pub const fn is_closed(&self) -> bool {
        matches!(self.reason, Refusal::Closed)
    }

    /// Whether the queue was full.
    pub const fn is_full(&self) -> bool {
        matches!(self.reason, Refusal::Full)
    }

    /// The same refusal of another form of the item.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Refused<U> {
        Refused { item: f(self.item), reason: self.reason }
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "submit refused: {}", self.reason)
    }
}

impl<T> std::error::Error for Refused<T> {}
