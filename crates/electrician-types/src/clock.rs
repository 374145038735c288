//! Time enters through a clock.

use std::any::Any;
use std::fmt;
use std::ptr;
use std::task::{Context, Poll};
use std::time::Instant;

/// Where a component gets its time from, so that tests can bring their own.
///
/// # Laws
///
/// `now` never goes backwards. A timer of this clock elapses when `now` has reached its deadline,
/// not before.
pub trait Clock: Any + fmt::Debug + Send + Sync {
    /// The present.
    fn now(&self) -> Instant;

    /// A timer that has not been set. A worker makes one and uses it again and again, so waiting
    /// allocates nothing.
    fn timer(&self) -> Box<dyn Timer>;

    /// Whether `other` is the same clock, so that what goes by the one goes by the other.
    ///
    /// The default says so of one and the same value, and of any two of a type without fields. A
    /// clock whose clones share their time says so of its clones, too.
    fn is_same_as(&self, other: &dyn Clock) -> bool {
        let is_alike = size_of_val(self) == 0 && self.type_id() == (other as &dyn Any).type_id();
        is_alike || ptr::addr_eq(self, other)
    }
}

/// A timer that can be set again.
pub trait Timer: Send {
    /// Sets the moment at which the timer elapses.
    fn reset(&mut self, deadline: Instant);

    /// Ready when the deadline has passed. A timer that was never set does not elapse.
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}
