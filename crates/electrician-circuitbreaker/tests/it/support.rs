//! What many tests need.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use electrician_circuitbreaker::{CircuitBreaker, CircuitBreakerBuilder};
use electrician_testkit::{VirtualClock, within};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A second but for a nanosecond.
pub(crate) const NEARLY: Duration = Duration::from_nanos(999_999_999);

/// A builder on a clock that stands still: three failures in a row open for a second.
pub(crate) fn builder() -> (CircuitBreakerBuilder, VirtualClock) {
    let clock = VirtualClock::new();
    let builder = CircuitBreaker::builder("test")
        .with_consecutive_failures(3)
        .with_open_for(SECOND)
        .with_clock(Arc::new(clock.clone()));
    (builder, clock)
}

pub(crate) fn breaker() -> (CircuitBreaker, VirtualClock) {
    let (builder, clock) = builder();
    (builder.build().unwrap(), clock)
}

pub(crate) fn fail(breaker: &CircuitBreaker, times: usize) {
    for _ in 0..times {
        breaker.try_acquire().unwrap().failure();
    }
}

pub(crate) fn succeed(breaker: &CircuitBreaker, times: usize) {
    for _ in 0..times {
        breaker.try_acquire().unwrap().success();
    }
}

/// Awaits what must not hang: the limit is an alarm, not a measure.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    within(Duration::from_secs(20), future).await.expect("it hangs")
}

/// Polls once.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}
