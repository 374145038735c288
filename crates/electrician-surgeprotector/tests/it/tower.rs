//! The layers.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use electrician_surgeprotector::{
    Adaptive, Admission, Bulkhead, BulkheadLayer, ConcurrencyLayer, SurgeProtectorError,
    SurgeProtectorLayer,
};
use electrician_testkit::VirtualClock;
use electrician_types::BoxError;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Task, count, limited, ms, now};

/// Answers as it is told: `Some(true)` well, `Some(false)` with an error, `None` never.
#[derive(Clone)]
struct Echo;

type Reply = Pin<Box<dyn Future<Output = Result<u32, String>> + Send>>;

impl Service<Option<bool>> for Echo {
    type Response = u32;
    type Error = String;
    type Future = Reply;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), String>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Option<bool>) -> Reply {
        Box::pin(async move {
            match request {
                Some(true) => Ok(7),
                Some(false) => Err("told to".to_owned()),
                None => {
                    let never: Infallible = std::future::pending().await;
                    match never {}
                }
            }
        })
    }
}

async fn ready<S: Service<Option<bool>>>(service: &mut S) -> Result<(), S::Error> {
    poll_fn(|cx| service.poll_ready(cx)).await
}

#[test]
fn a_service_is_ready_when_there_is_a_token() {
    let (protector, clock) = limited(ms(10), 1);
    let mut service = SurgeProtectorLayer::new(protector.clone()).layer(Echo);
    now(ready(&mut service)).unwrap();
    now(ready(&mut service)).unwrap();
    assert_eq!(now(service.call(Some(true))).unwrap(), 7);
    let mut waiting = service.clone();
    let mut task = Task::waiting(async move {
        ready(&mut waiting).await?;
        waiting.call(Some(true)).await
    });
    clock.advance(ms(10));
    assert_eq!(task.run().expect("there is a token").unwrap(), 7);
    assert_eq!(protector.try_admit(1), Admission::Wait(ms(10)), "one for each call");
}

#[test]
fn a_tripped_service_is_an_error() {
    let (protector, _clock) = limited(ms(10), 1);
    let mut service = SurgeProtectorLayer::new(protector.clone()).layer(Echo);
    protector.trip();
    let error: BoxError = now(ready(&mut service)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&SurgeProtectorError::Tripped));
    protector.reset();
    now(ready(&mut service)).unwrap();
    assert_eq!(now(service.call(Some(false))).unwrap_err().to_string(), "told to");
}

#[test]
fn concurrency_is_limited_and_learns_from_responses() {
    let clock = VirtualClock::new();
    let builder = Adaptive::builder().with_initial(4).with_backoff(0.5);
    let limit = builder.with_clock(clock.clone()).build().unwrap();
    let mut service = ConcurrencyLayer::new(limit.clone()).layer(Echo);

    now(ready(&mut service)).unwrap();
    now(service.call(Some(true))).unwrap();
    assert_eq!((limit.limit(), limit.in_flight()), (4, 0));
    now(ready(&mut service)).unwrap();
    now(service.call(Some(false))).unwrap_err();
    assert_eq!((limit.limit(), limit.in_flight()), (2, 0));

    let mut calls = Vec::new();
    for _ in 0..2 {
        now(ready(&mut service)).unwrap();
        calls.push(Task::waiting(service.call(None)));
    }
    let mut waiting = service.clone();
    let mut task = Task::waiting(async move { ready(&mut waiting).await.is_ok() });
    drop(calls.pop());
    assert_eq!(task.run(), Some(true));
    drop(calls);
    assert_eq!((limit.limit(), limit.in_flight()), (2, 0), "a call given up says nothing");
}

#[test]
fn a_bulkhead_is_held_until_the_response() {
    let bulkhead = Bulkhead::new(count(2));
    let mut service = BulkheadLayer::new(bulkhead.clone()).layer(Echo);
    now(ready(&mut service)).unwrap();
    now(ready(&mut service)).unwrap();
    assert_eq!(bulkhead.in_flight(), 1, "one for each call");
    assert_eq!(now(service.call(Some(true))), Ok(7));
    now(ready(&mut service)).unwrap();
    let answered = service.call(Some(false));
    now(ready(&mut service)).unwrap();
    let call = Task::waiting(service.call(None));
    let mut waiting = service.clone();
    let mut task = Task::waiting(async move { ready(&mut waiting).await });
    let mut answered = std::pin::pin!(answered);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let reply = answered.as_mut().poll(&mut cx);
    assert_eq!(reply, Poll::Ready(Err("told to".to_owned())), "an error as it is");
    assert_eq!(task.run(), Some(Ok(())), "also while the response is still held");
    drop((call, task, service));
    assert_eq!(bulkhead.in_flight(), 0);
}
