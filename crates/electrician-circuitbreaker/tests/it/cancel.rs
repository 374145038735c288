//! Permits that panics and cancelled futures drop.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};

use electrician_circuitbreaker::{BreakerState, CircuitBreaker, Outcome};

use crate::support::{SECOND, breaker, builder, fail, poll};

fn panics(f: impl FnOnce()) {
    catch_unwind(AssertUnwindSafe(f)).unwrap_err();
}

#[test]
fn a_permit_that_a_panic_drops_has_failed() {
    let (breaker, _clock) = breaker();
    panics(|| {
        let _permit = breaker.try_acquire().unwrap();
        panic!("a call that panics");
    });
    panics(|| {
        breaker.call(|| -> Result<(), ()> { panic!("a call that panics") }).unwrap();
    });
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
    panics(|| {
        let classify = |_: &Result<(), ()>| -> Outcome { panic!("a classifier that panics") };
        breaker.call_with(classify, || Ok(())).unwrap();
    });
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[tokio::test]
async fn a_future_that_panics_has_failed() {
    let (breaker, _clock) = breaker();
    let clone = breaker.clone();
    let task = tokio::spawn(async move {
        let future = async { panic!("a future that panics") };
        clone.call_async::<(), ()>(future).await.unwrap();
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
}

#[test]
fn a_batch_that_a_panic_drops_has_failed_once_more() {
    let (breaker, _clock) = breaker();
    panics(|| {
        let mut permits = breaker.try_acquire_many(10).unwrap();
        permits.failure();
        panic!("a call that panics");
    });
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
}

/// What unwinding drops may make calls of its own.
#[test]
fn a_permit_that_was_given_while_unwinding_is_no_witness() {
    struct Cleans(CircuitBreaker);
    impl Drop for Cleans {
        fn drop(&mut self) {
            drop(self.0.try_acquire().unwrap());
            drop(self.0.try_acquire_many(3).unwrap());
        }
    }
    let (breaker, _clock) = breaker();
    panics(|| {
        let _cleans = Cleans(breaker.clone());
        panic!("something else");
    });
    assert_eq!(breaker.snapshot().failures, 0);
}

fn half_open(outcome: Option<Outcome>) -> CircuitBreaker {
    let (mut builder, clock) = builder();
    if let Some(outcome) = outcome {
        builder = builder.with_cancel_outcome(outcome);
    }
    let breaker = builder.with_probes(2).build().unwrap();
    breaker.trip();
    clock.advance(SECOND);
    breaker
}

#[test]
fn a_cancelled_probe_gives_its_place_back() {
    let breaker = half_open(None);
    {
        let call = |breaker: CircuitBreaker| async move {
            breaker.call_async(pending::<Result<(), ()>>()).await
        };
        let (mut one, mut two) = (Box::pin(call(breaker.clone())), Box::pin(call(breaker.clone())));
        assert!(poll(&mut one).is_pending() && poll(&mut two).is_pending());
        assert!(breaker.try_acquire().is_err());
        drop(one);
        assert_eq!(breaker.snapshot().probes_out, 1);
    }
    let permits = breaker.try_acquire_many(9).unwrap();
    assert_eq!(permits.granted(), 2);
    drop(permits);
    assert_eq!((breaker.snapshot().probes_out, breaker.state()), (0, BreakerState::HalfOpen));
    breaker.try_acquire().unwrap().ignore();
    assert_eq!((breaker.snapshot().probes_out, breaker.state()), (0, BreakerState::HalfOpen));
}

#[test]
fn a_cancelled_call_says_what_it_was_told_to() {
    let breaker = half_open(Some(Outcome::Failure));
    drop(breaker.try_acquire().unwrap());
    assert_eq!(breaker.state(), BreakerState::Open);

    let breaker = half_open(Some(Outcome::Success));
    drop(breaker.try_acquire().unwrap());
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn what_a_dropped_batch_was_not_told_is_cancelled() {
    let batch = |outcome| {
        let (builder, _clock) = builder();
        let breaker = builder.with_cancel_outcome(outcome).build().unwrap();
        fail(&breaker, 1);
        let mut permits = breaker.try_acquire_many(2).unwrap();
        permits.failure();
        drop(permits);
        breaker.snapshot().consecutive_failures
    };
    assert_eq!(batch(Outcome::Ignored), 2);
    assert_eq!(batch(Outcome::Success), 0);
    // The third in a row: open, where nothing is counted.
    assert_eq!(batch(Outcome::Failure), 0);
}

#[test]
fn a_refused_future_is_not_polled() {
    let (breaker, _clock) = breaker();
    breaker.trip();
    let mut call = Box::pin(breaker.call_async(async { panic!("polled") as Result<(), ()> }));
    assert!(poll(&mut call).is_ready());
}
