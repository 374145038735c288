//! Waiting for the breaker.

use std::time::Duration;

use electrician_circuitbreaker::BreakerState::{Closed, HalfOpen, Open};
use electrician_circuitbreaker::CircuitBreaker;
use electrician_types::Guard;

use crate::support::{NEARLY, SECOND, breaker, builder, fail, poll, soon};

#[tokio::test]
async fn no_change_is_lost_and_several_are_one() {
    let (breaker, _clock) = breaker();
    let mut watch = breaker.watch();
    assert!(poll(&mut Box::pin(watch.changed())).is_pending());
    breaker.trip();
    breaker.reset();
    assert_eq!(soon(watch.changed()).await, Closed);
    assert!(poll(&mut Box::pin(watch.changed())).is_pending());
    breaker.trip();
    assert_eq!((watch.current(), watch.changed().await), (Open, Open));
}

#[tokio::test]
async fn every_watcher_is_woken() {
    let (breaker, _clock) = breaker();
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let mut watch = breaker.watch();
            tokio::spawn(async move { watch.changed().await })
        })
        .collect();
    tokio::task::yield_now().await;
    fail(&breaker, 3);
    for task in tasks {
        assert_eq!(soon(task).await.unwrap(), Open);
    }
}

#[tokio::test]
async fn a_new_watch_begins_with_what_is() {
    let (breaker, clock) = breaker();
    breaker.trip();
    clock.advance(SECOND);
    let mut watch = breaker.watch();
    assert_eq!(watch.current(), HalfOpen);
    assert!(poll(&mut Box::pin(watch.changed())).is_pending());
    breaker.try_acquire().unwrap().success();
    assert_eq!(soon(watch.changed()).await, Closed);
}

#[tokio::test]
async fn a_watch_follows_an_opening_that_is_made_longer() {
    let (breaker, clock) = breaker();
    breaker.trip();
    let mut watch = breaker.watch();
    let waiting = tokio::spawn(async move { watch.changed().await });
    clock.wait_for_timers(1).await;
    breaker.trip_for(3 * SECOND);
    clock.advance(2 * SECOND);
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    soon(clock.wait_for_timers(1)).await;
    clock.advance(SECOND);
    assert_eq!(soon(waiting).await.unwrap(), HalfOpen);
}

#[tokio::test]
async fn a_closed_breaker_admits_without_waiting() {
    let (breaker, _clock) = breaker();
    assert!(poll(&mut Box::pin(breaker.until_admitting())).is_ready());
    breaker.acquire().await.success();
}

#[tokio::test]
async fn waiting_ends_when_the_time_has_passed() {
    let (breaker, clock) = breaker();
    fail(&breaker, 3);
    let mut waiting = Box::pin(breaker.until_admitting());
    assert!(poll(&mut waiting).is_pending());
    assert_eq!(clock.pending(), 1);
    clock.advance(NEARLY);
    assert!(poll(&mut waiting).is_pending());
    clock.advance(Duration::from_nanos(1));
    assert!(poll(&mut waiting).is_ready());
    drop(waiting);
    assert_eq!(clock.pending(), 0);
}

#[tokio::test]
async fn waiting_ends_with_a_reset() {
    let (breaker, _clock) = breaker();
    breaker.trip_for(Duration::MAX);
    let mut waiting = Box::pin(breaker.until_admitting());
    assert!(poll(&mut waiting).is_pending());
    breaker.reset();
    assert!(poll(&mut waiting).is_ready());
}

/// Tasks that all wait for leave: every one gets it, one probe at a time.
#[tokio::test]
async fn everybody_gets_a_permit_in_the_end() {
    let (builder, clock) = builder();
    let breaker = builder.with_required_successes(20).build().unwrap();
    breaker.trip();
    let call = |breaker: CircuitBreaker, index: usize| async move {
        let permit = breaker.acquire().await;
        assert!(permit.is_probe());
        tokio::task::yield_now().await;
        // A place that is given back without an outcome wakes the others, too.
        if index.is_multiple_of(3) { drop(permit) } else { permit.success() }
    };
    let tasks: Vec<_> = (0..10).map(|index| tokio::spawn(call(breaker.clone(), index))).collect();
    clock.wait_for_timers(10).await;
    clock.advance(SECOND);
    for task in tasks {
        soon(task).await.unwrap();
    }
    assert_eq!((breaker.state(), breaker.snapshot().probes_out), (HalfOpen, 0));
}

#[tokio::test]
async fn a_wait_that_is_dropped_takes_no_permit() {
    let (breaker, clock) = breaker();
    breaker.trip();
    let mut waiting = Box::pin(breaker.acquire());
    assert!(poll(&mut waiting).is_pending());
    clock.advance(SECOND);
    drop(waiting);
    assert!(breaker.try_acquire().is_ok());
}

#[tokio::test]
async fn the_clock_of_the_system_will_do() {
    let breaker = CircuitBreaker::builder("b").with_open_for(Duration::from_millis(1));
    let breaker = breaker.build().unwrap();
    let mut watch = breaker.watch();
    breaker.trip();
    assert_eq!(watch.changed().await, Open);
    assert_eq!(soon(watch.changed()).await, HalfOpen);
    soon(breaker.acquire()).await.success();
    assert_eq!(breaker.state(), Closed);
}

#[test]
fn whoever_looks_at_the_pipeline_sees_its_state() {
    let (breaker, clock) = breaker();
    let seen = || Guard::view(&breaker).map(|view| (view.state, view.is_admitting));
    assert_eq!(seen(), Some(("closed".into(), true)));
    breaker.trip_for(SECOND);
    assert_eq!(seen(), Some(("open".into(), false)));
    clock.advance(SECOND);
    assert_eq!(seen(), Some(("half-open".into(), true)));
}
