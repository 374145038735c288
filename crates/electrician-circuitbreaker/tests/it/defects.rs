//! What other breakers get wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use electrician_circuitbreaker::{BreakerState, CircuitBreaker};
use electrician_types::{Clock, Event, Timer};

use crate::support::{SECOND, breaker, builder, fail, soon, succeed};

/// A clock that counts how often it is read.
#[derive(Debug, Default)]
struct Counted {
    clock: electrician_testkit::VirtualClock,
    reads: AtomicUsize,
}

impl Clock for Counted {
    fn now(&self) -> std::time::Instant {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.clock.now()
    }

    fn timer(&self) -> Box<dyn Timer> {
        self.clock.timer()
    }
}

#[test]
fn failures_far_apart_do_not_add_up() {
    let (breaker, clock) = breaker();
    for _ in 0..100 {
        fail(&breaker, 1);
        succeed(&breaker, 1000);
        clock.advance(Duration::from_hours(1));
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn failures_leave_the_window_with_time() {
    let (builder, clock) = builder();
    let breaker = builder
        .with_consecutive_failures(100)
        .with_failure_rate(0.5)
        .with_minimum_calls(2)
        .with_time_window(10 * SECOND, 10)
        .build()
        .unwrap();
    for _ in 0..20 {
        fail(&breaker, 1);
        clock.advance(10 * SECOND);
    }
    assert_eq!(breaker.snapshot().window_failures, 1);
    fail(&breaker, 2);
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn full_load_does_not_return_at_once() {
    let (builder, clock) = builder();
    let breaker = builder.with_probes(2).with_required_successes(3).build().unwrap();
    fail(&breaker, 3);
    clock.advance(SECOND);
    let admitted: Vec<_> = (0..1000).filter_map(|_| breaker.try_acquire().ok()).collect();
    assert_eq!(admitted.len(), 2);
}

#[test]
fn looking_changes_nothing() {
    let (breaker, clock) = breaker();
    let look = || {
        let looks = (breaker.state(), breaker.snapshot());
        assert_eq!(looks, (breaker.state(), breaker.snapshot()));
        looks.0
    };
    assert_eq!(look(), BreakerState::Closed);
    fail(&breaker, 3);
    assert_eq!(look(), BreakerState::Open);
    clock.advance(SECOND);
    // Asking takes no place of a probe.
    assert_eq!((look(), look()), (BreakerState::HalfOpen, BreakerState::HalfOpen));
    assert!(breaker.try_acquire().is_ok());
}

#[test]
fn admission_and_success_read_no_clock_and_tell_nobody() {
    let clock = Arc::new(Counted::default());
    let seen = Arc::new(AtomicUsize::new(0));
    let observer = {
        let seen = Arc::clone(&seen);
        move |_: &Event<'_>| {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    };
    let breaker = CircuitBreaker::builder("b")
        .with_clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .with_observer(observer)
        .build()
        .unwrap();
    let before = clock.reads.load(Ordering::Relaxed);
    succeed(&breaker, 100);
    breaker.try_acquire_many(64).unwrap().record_many(64, 0);
    assert_eq!(clock.reads.load(Ordering::Relaxed), before);
    assert_eq!(seen.load(Ordering::Relaxed), 0);
    fail(&breaker, 5);
    assert!(clock.reads.load(Ordering::Relaxed) > before);
    assert_eq!(seen.load(Ordering::Relaxed), 1);
}

#[test]
fn a_debounce_may_be_shorter_than_a_second() {
    let (builder, clock) = builder();
    let breaker = builder.with_debounce(Duration::from_micros(10)).build().unwrap();
    fail(&breaker, 10);
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
    for _ in 0..2 {
        clock.advance(Duration::from_micros(10));
        fail(&breaker, 1);
    }
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[tokio::test]
async fn recovery_is_noticed_although_nobody_calls() {
    let (breaker, clock) = breaker();
    let mut watch = breaker.watch();
    fail(&breaker, 3);
    assert_eq!(watch.changed().await, BreakerState::Open);
    let waiting = tokio::spawn(async move { watch.changed().await });
    clock.wait_for_timers(1).await;
    clock.advance(SECOND);
    assert_eq!(soon(waiting).await.unwrap(), BreakerState::HalfOpen);
}

#[test]
fn a_new_breaker_tells_nobody() {
    let (builder, _clock) = builder();
    let build = builder.with_observer(|event: &Event<'_>| panic!("{event:?}"));
    assert_eq!(build.build().unwrap().snapshot().trips, 0);
}

#[test]
fn recorded_failures_are_known_with_their_time() {
    let (builder, clock) = builder();
    let breaker = builder.with_debounce(SECOND).build().unwrap();
    let late = breaker.try_acquire().unwrap();
    fail(&breaker, 2);
    breaker.trip();
    clock.advance(SECOND / 2);
    late.failure();
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.failures, snapshot.last_failure), (3, Some(clock.now())));
}
