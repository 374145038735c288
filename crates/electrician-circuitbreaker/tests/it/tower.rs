//! A breaker around a service.

use std::convert::Infallible;
use std::future::{Pending, Ready, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use electrician_circuitbreaker::{BreakerState, CircuitBreakerError, CircuitBreakerLayer, Outcome};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{SECOND, breaker, builder, fail, poll};

/// A service made of a function.
#[derive(Clone)]
struct Fun<F>(F);

impl<R, F, U, T, E> Service<R> for Fun<F>
where
    F: FnMut(R) -> U,
    U: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = U;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> U {
        (self.0)(request)
    }
}

fn even(n: u32) -> Ready<Result<u32, String>> {
    ready(if n.is_multiple_of(2) { Ok(n) } else { Err(format!("{n} is odd")) })
}

fn hang((): ()) -> Pending<Result<(), Infallible>> {
    pending()
}

#[tokio::test]
async fn a_layer_guards_all_its_services() {
    let (breaker, clock) = breaker();
    let layer = CircuitBreakerLayer::new(breaker.clone());
    let (mut one, mut two) = (layer.layer(Fun(even)), layer.layer(Fun(even)));
    assert_eq!(one.call(2).await, Ok(2));
    for n in [1, 3, 5] {
        let failed = CircuitBreakerError::Failed(format!("{n} is odd"));
        assert_eq!(one.call(n).await, Err(failed));
    }
    let refused = two.call(2).await.unwrap_err();
    assert!(refused.is_open(), "{refused}");
    clock.advance(SECOND);
    assert_eq!(two.call(4).await, Ok(4));
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test]
async fn a_refused_call_does_not_reach_the_service() {
    let (breaker, _clock) = breaker();
    breaker.trip();
    let called = |(): ()| -> Ready<Result<(), Infallible>> { panic!("called") };
    let mut service = CircuitBreakerLayer::new(breaker).layer(Fun(called));
    assert!(service.call(()).await.unwrap_err().is_open());
}

#[tokio::test]
async fn a_classifier_sees_the_response() {
    let (breaker, _clock) = breaker();
    let classify = |result: &Result<u32, String>| match result {
        Ok(n) if *n >= 500 => Outcome::Failure,
        _ => Outcome::Success,
    };
    let layer = CircuitBreakerLayer::new(breaker.clone()).with_classifier(classify);
    let mut service = layer.layer(Fun(even));
    for _ in 0..3 {
        assert_eq!(service.call(500).await, Ok(500));
    }
    assert!(service.call(2).await.unwrap_err().is_open());
}

#[test]
fn a_cancelled_call_gives_its_place_back() {
    let (builder, clock) = builder();
    let breaker = builder.build().unwrap();
    fail(&breaker, 3);
    clock.advance(SECOND);
    let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(Fun(hang));
    let mut call = Box::pin(service.call(()));
    assert!(poll(&mut call).is_pending() && poll(&mut call).is_pending());
    assert_eq!(breaker.snapshot().probes_out, 1);
    drop(call);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.probes_out, snapshot.state), (0, BreakerState::HalfOpen));
}

/// The future is dropped only later, when nothing unwinds any more.
#[test]
fn a_future_that_panics_has_failed() {
    let (breaker, _clock) = breaker();
    let panics = |(): ()| async { panic!("a future that panics") as Result<(), Infallible> };
    let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(Fun(panics));
    let mut call = Box::pin(service.call(()));
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut call))).is_err());
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
    drop(call);
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
}

/// So does a service that panics before there is a future.
#[test]
fn a_service_that_panics_has_failed() {
    let (breaker, _clock) = breaker();
    let called = |(): ()| -> Ready<Result<(), Infallible>> { panic!("a service that panics") };
    let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(Fun(called));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(())))).is_err());
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
}
