//! Calls, permits, and what an open breaker says.

use std::time::Duration;

use electrician_circuitbreaker::{BreakerState, CircuitBreakerError, Open, Outcome};
use electrician_types::{Error, ErrorKind};

use crate::support::{NEARLY, SECOND, breaker, builder, fail, succeed};

#[test]
fn a_breaker_goes_the_whole_round() {
    let (builder, clock) = builder();
    let breaker = builder.with_required_successes(2).build().unwrap();
    assert_eq!(breaker.state(), BreakerState::Closed);
    fail(&breaker, 3);
    assert_eq!(breaker.state(), BreakerState::Open);
    clock.advance(SECOND);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    succeed(&breaker, 1);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    succeed(&breaker, 1);
    assert_eq!(breaker.state(), BreakerState::Closed);
    succeed(&breaker, 100);
}

#[test]
fn a_refusal_says_how_long_until_the_next_probe() {
    let (breaker, clock) = breaker();
    fail(&breaker, 3);
    clock.advance(SECOND / 4);
    let open = breaker.try_acquire().unwrap_err();
    assert_eq!(open.retry_after(), Some(SECOND * 3 / 4));
    assert_eq!(open.to_string(), "the circuit is open: try again in 750ms");
    clock.advance(SECOND * 3 / 4);
    let probe = breaker.try_acquire().unwrap();
    assert!(probe.is_probe());
    // Nobody knows when the probe will be done.
    assert_eq!(breaker.try_acquire().unwrap_err().retry_after(), None);
    probe.failure();
    breaker.trip_for(Duration::MAX);
    let open = breaker.try_acquire_many(3).unwrap_err();
    assert_eq!(open.retry_after(), None);
    assert_eq!(open.to_string(), "the circuit is open: try again after a probe or a reset");
}

#[test]
fn a_refusal_is_an_error_that_may_be_retried() {
    let (breaker, _clock) = breaker();
    breaker.trip();
    let error = Error::from(breaker.try_acquire().unwrap_err());
    assert!(error.is_retryable());
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(error.cause::<Open>().is_some());

    let refused = breaker.call(|| Err::<(), _>("not called")).unwrap_err();
    assert!(Error::from(refused).cause::<Open>().is_some());
    let failed = Error::from(CircuitBreakerError::Failed("why"));
    assert_eq!((failed.kind(), failed.to_string()), (ErrorKind::Failed, "why".into()));
}

#[test]
fn an_open_breaker_calls_nothing() {
    let (breaker, _clock) = breaker();
    breaker.trip();
    let result = breaker.call(|| -> Result<(), ()> { panic!("called") });
    assert!(result.unwrap_err().is_open());
}

#[test]
fn a_classifier_decides_what_is_a_failure() {
    let (breaker, _clock) = breaker();
    let classify = |result: &Result<u16, &str>| match result {
        Ok(status) if *status >= 500 => Outcome::Failure,
        Err("bad request") => Outcome::Ignored,
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Failure,
    };
    for _ in 0..2 {
        assert_eq!(breaker.call_with(classify, || Ok(503)), Ok(503));
    }
    let ignored = breaker.call_with(classify, || Err("bad request"));
    assert_eq!(ignored, Err(CircuitBreakerError::Failed("bad request")));
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
    assert_eq!(breaker.call_with(classify, || Ok(200)), Ok(200));
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
}

#[test]
fn slow_calls_trip_whatever_comes_of_them() {
    let (builder, clock) = builder();
    let breaker = builder
        .with_slow_calls(SECOND, 0.5)
        .with_count_window(4)
        .with_minimum_calls(4)
        .build()
        .unwrap();
    // The permit measures.
    let permit = breaker.try_acquire().unwrap();
    clock.advance(SECOND);
    permit.success();
    let permit = breaker.try_acquire().unwrap();
    clock.advance(NEARLY);
    permit.success();
    // Or is told.
    breaker.try_acquire().unwrap().record(Outcome::Success, Duration::ZERO);
    assert_eq!(breaker.snapshot().window_slow, 1);
    breaker.try_acquire().unwrap().record(Outcome::Failure, SECOND);
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn a_batch_is_told_in_one_step() {
    let (breaker, _clock) = breaker();
    let mut permits = breaker.try_acquire_many(6).unwrap();
    assert_eq!((permits.granted(), permits.are_probes()), (6, false));
    permits.failure();
    permits.failure();
    permits.success();
    permits.ignore();
    permits.failure();
    permits.failure();
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
    // One too many.
    permits.failure();
    permits.finish();
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
    // The row goes on in the next batch, and ends there in the middle.
    let mut permits = breaker.try_acquire_many(64).unwrap();
    permits.record(Outcome::Failure, SECOND);
    permits.success();
    permits.finish();
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn counts_of_a_batch_are_its_successes_then_its_failures() {
    let (breaker, _clock) = breaker();
    fail(&breaker, 2);
    breaker.try_acquire_many(64).unwrap().record_many(62, 2);
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
    // More than was granted is not counted.
    breaker.try_acquire_many(0).unwrap().record_many(5, 5);
    assert_eq!(breaker.state(), BreakerState::Closed);
    breaker.try_acquire_many(64).unwrap().record_many(0, 1);
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn a_batch_of_probes_has_as_many_as_there_are_places() {
    let (builder, clock) = builder();
    let breaker = builder.with_probes(3).with_required_successes(5).build().unwrap();
    breaker.trip();
    clock.advance(SECOND);
    let one = breaker.try_acquire().unwrap();
    let two = breaker.try_acquire_many(64).unwrap();
    assert_eq!((two.granted(), two.are_probes()), (2, true));
    assert_eq!(breaker.snapshot().probes_out, 3);
    assert!(breaker.try_acquire_many(1).is_err());
    one.success();
    two.record_many(2, 0);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    breaker.try_acquire_many(64).unwrap().record_many(3, 0);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn manual_changes_say_whether_they_changed_anything() {
    let (breaker, _clock) = breaker();
    assert!(!breaker.reset());
    assert!(breaker.trip());
    assert!(!breaker.trip() && !breaker.trip_for(SECOND));
    assert!(breaker.reset());
    assert!(!breaker.reset());
    assert!(breaker.trip_for(SECOND));
    assert_eq!(breaker.snapshot().trips, 2);
}

#[test]
fn a_snapshot_tells_what_is_known() {
    let (builder, clock) = builder();
    let breaker = builder.with_failure_rate(0.9).build().unwrap();
    succeed(&breaker, 2);
    fail(&breaker, 1);
    clock.advance(SECOND);
    fail(&breaker, 1);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.window_calls, snapshot.window_failures), (4, 2));
    assert_eq!((snapshot.consecutive_failures, snapshot.failures), (2, 2));
    let at = electrician_types::Clock::now(&clock);
    assert_eq!((snapshot.last_failure, snapshot.retry_after), (Some(at), Some(Duration::ZERO)));
    fail(&breaker, 1);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.retry_after), (BreakerState::Open, Some(SECOND)));
    assert_eq!((snapshot.trips, snapshot.consecutive_trips, snapshot.failures), (1, 1, 3));
}
