//! Time enters through a clock.

use std::fmt;
use std::task::{Context, Poll};
use std::time::Instant;

/// Where a component gets its time from, so that tests can bring their own.
///
/// # Laws
///
/// `now` never goes backwards. A timer of this clock elapses when `now` has reached its deadline,
/// not before.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present.
    fn now(&self) -> Instant;

    /// A timer that has not been set. A worker makes one and uses it again and again, so waiting
    /// allocates nothing.
    fn timer(&self) -> Box<dyn Timer>;
}

/// A timer that can be set again.
pub trait Timer: Send {
    /// Sets the moment at which the timer elapses.
    fn reset(&mut self, deadline: Instant);

    /// Ready when the deadline has passed. A timer that was never set does not elapse.
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}
