//! Requests that wait before a service.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use electrician_resister::{
    Resister, ResisterBuilder, ResisterError, ResisterLayer, ResisterService,
};
use electrician_testkit::VirtualClock;
use electrician_types::Refusal;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::Task;

/// Takes as many requests as it has room for, and notes them.
#[derive(Clone, Default)]
struct Door(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    room: usize,
    seen: Vec<Call>,
    waker: Option<Waker>,
    is_broken: bool,
}

/// A request and its priority.
type Call = (&'static str, i32);

impl Service<Call> for Door {
    type Response = &'static str;
    type Error = &'static str;
    type Future = Pin<Box<dyn Future<Output = Result<&'static str, &'static str>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        let mut inside = self.0.lock().unwrap();
        if inside.is_broken {
            return Poll::Ready(Err("broken"));
        }
        if inside.room == 0 {
            inside.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (name, priority): Call) -> Self::Future {
        assert_ne!(name, "panic", "as it was told to");
        let mut inside = self.0.lock().unwrap();
        inside.room = inside.room.checked_sub(1).expect("it was ready");
        inside.seen.push((name, priority));
        let response = if name == "bad" { Err("refused inside") } else { Ok(name) };
        Box::pin(std::future::ready(response))
    }
}

impl Door {
    fn add_room(&self, room: usize) {
        self.change(|inside| inside.room += room);
    }

    fn change(&self, change: impl FnOnce(&mut Inside)) {
        let waker = {
            let mut inside = self.0.lock().unwrap();
            change(&mut inside);
            inside.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn seen(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().seen.iter().map(|(name, _)| *name).collect()
    }
}

type Reply = Result<&'static str, ResisterError<Call, &'static str>>;

fn service(builder: ResisterBuilder<Call>) -> (ResisterService<Door, Call>, Door) {
    let door = Door::default();
    let layer = ResisterLayer::new(builder, |call: &Call| call.1).unwrap();
    (layer.layer(door.clone()), door)
}

/// A call that was made and polled, and waits.
fn waiting(service: &ResisterService<Door, Call>, call: Call) -> Task<'static, Reply> {
    let mut service = service.clone();
    Task::parked(service.call(call))
}

/// Polls whoever was woken, as a runtime would, until nobody is.
fn run(tasks: &mut [(Task<'static, Reply>, Option<Reply>)]) {
    loop {
        let mut moved = false;
        for (task, reply) in tasks.iter_mut() {
            if reply.is_none() && task.take_wakes() > 0 {
                *reply = task.poll();
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

#[test]
fn requests_go_on_by_priority() {
    let (service, door) = service(Resister::builder(8));
    let calls = [("low", -1), ("first", 0), ("urgent", 9), ("second", 0)];
    let mut tasks: Vec<_> = calls.into_iter().map(|call| (waiting(&service, call), None)).collect();
    assert_eq!((service.waiting(), door.seen().len()), (4, 0));
    door.add_room(2);
    run(&mut tasks);
    assert_eq!(door.seen(), ["urgent", "first"]);
    door.add_room(2);
    run(&mut tasks);
    assert_eq!(door.seen(), ["urgent", "first", "second", "low"]);
    let replies: Vec<_> =
        tasks.into_iter().map(|(_, reply)| reply.expect("it is done").unwrap()).collect();
    assert_eq!(replies, ["low", "first", "urgent", "second"]);
}

#[test]
fn a_service_that_is_ready_is_called_at_once() {
    let (mut service, door) = service(Resister::builder(1));
    door.add_room(2);
    let mut reply = Task::new(service.call(("a", 0)));
    assert_eq!(reply.poll().expect("it is ready").unwrap(), "a");
    let error = Task::new(service.call(("bad", 0))).poll().expect("it is ready").unwrap_err();
    assert!(matches!(error, ResisterError::Failed("refused inside")), "{error:?}");
    assert!(error.into_request().is_none());
}

#[test]
fn a_request_without_a_place_comes_back() {
    let (mut service, _door) = service(Resister::builder(1));
    let _waiting = waiting(&service, ("a", 0));
    let error = Task::new(service.call(("b", 5))).poll().expect("it waits not").unwrap_err();
    let ResisterError::Refused(refused) = &error else { panic!("{error:?}") };
    assert_eq!(refused.reason, Refusal::Full);
    assert_eq!(error.into_request(), Some(("b", 5)));
}

#[test]
fn a_response_that_is_dropped_frees_its_place() {
    let (service, door) = service(Resister::builder(2));
    let given_up = waiting(&service, ("a", 0));
    let unpolled = service.clone().call(("b", 0));
    assert_eq!(service.waiting(), 2);
    drop((given_up, unpolled));
    assert_eq!(service.waiting(), 0);
    let mut tasks = [(waiting(&service, ("c", 0)), None)];
    door.add_room(2);
    run(&mut tasks);
    assert_eq!(door.seen(), ["c"], "the service is not bothered with what was given up");
}

/// The one that the service wakes may be gone.
#[test]
fn who_was_woken_and_gives_up_wakes_the_next() {
    let (service, door) = service(Resister::builder(4));
    let first = waiting(&service, ("a", 0));
    let mut tasks = [(waiting(&service, ("b", 0)), None)];
    door.add_room(1);
    assert!(first.wakes() > 0);
    drop(first);
    run(&mut tasks);
    assert_eq!(door.seen(), ["b"]);
}

#[test]
fn an_overdue_request_comes_back() {
    let clock = VirtualClock::new();
    let builder = Resister::builder(1).with_clock(clock.clone()).with_ttl(Duration::from_secs(1));
    let (service, _door) = service(builder);
    let mut late = waiting(&service, ("late", 3));
    clock.advance(Duration::from_secs(1));
    let next = waiting(&service, ("next", 0));
    assert!(late.wakes() > 0, "its place was needed");
    let error = late.poll().expect("it is overdue").unwrap_err();
    assert!(matches!(error, ResisterError::Expired(_)), "{error:?}");
    assert_eq!(error.into_request(), Some(("late", 3)));
    drop(next);
}

#[test]
fn a_service_that_is_broken_fails_every_request() {
    let (service, door) = service(Resister::builder(4));
    let mut tasks = [("a", 0), ("b", 0)].map(|call| (waiting(&service, call), None));
    door.change(|inside| inside.is_broken = true);
    run(&mut tasks);
    for (_, reply) in tasks {
        let error = reply.expect("it is done").unwrap_err();
        assert!(matches!(error, ResisterError::Failed("broken")), "{error:?}");
    }
}

/// It reaches the caller whose request it was, whoever handed it on.
#[test]
fn a_panic_of_the_service_is_its_callers() {
    let (service, door) = service(Resister::builder(4));
    let mut other = waiting(&service, ("a", 0));
    let mut panics = waiting(&service, ("panic", 9));
    door.add_room(1);
    let reply = other.poll().expect("both were handed on");
    assert_eq!(reply.unwrap(), "a");
    assert!(panics.wakes() > 0);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panics.poll()));
    assert!(panicked.is_err());
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let error = ResisterLayer::new(Resister::<Call>::builder(0), |_| 0).unwrap_err();
    assert!(error.to_string().contains("the capacity is 0"), "{error}");
}

/// On real threads, a real limit inside: nobody is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_left_behind() {
    let (service, door) = service(Resister::builder(1000));
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let mut service = service.clone();
        set.spawn(async move { service.call(("x", 0)).await.is_ok() });
    }
    for round in 0..500 {
        door.add_room(1);
        if round % 7 == 0 {
            tokio::task::yield_now().await;
        }
    }
    while let Some(done) = set.join_next().await {
        assert!(done.unwrap());
    }
    assert_eq!(door.seen().len(), 500);
}
