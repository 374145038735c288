//! Observers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_circuitbreaker::BreakerState;
use electrician_types::Event;

use crate::support::{SECOND, builder, fail, succeed};

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Tripped(Option<Duration>, u32),
    HalfOpened,
    Reset,
}

type Log = Arc<Mutex<Vec<Seen>>>;

fn observer(log: &Log) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
    let log = Arc::clone(log);
    move |event| {
        let (name, seen) = match *event {
            Event::Tripped { component, open_for, trips } => {
                (component, Seen::Tripped(open_for, trips))
            }
            Event::HalfOpened { component } => (component, Seen::HalfOpened),
            Event::Reset { component } => (component, Seen::Reset),
            _ => panic!("{event:?}"),
        };
        assert_eq!(name, "test");
        log.lock().unwrap().push(seen);
    }
}

#[test]
fn every_change_is_told_once() {
    let log = Log::default();
    let (builder, clock) = builder();
    let breaker =
        builder.with_observer(observer(&log)).with_open_growth(2, 3 * SECOND).build().unwrap();
    let told = || std::mem::take(&mut *log.lock().unwrap());
    breaker.reset();
    assert_eq!(told(), []);
    fail(&breaker, 3);
    assert!(breaker.try_acquire().is_err());
    breaker.trip();
    assert_eq!(told(), [Seen::Tripped(Some(SECOND), 1)]);
    for trips in 2..4 {
        clock.advance(3 * SECOND);
        breaker.try_acquire().unwrap().failure();
        let open_for = (SECOND * 2_u32.pow(trips - 1)).min(3 * SECOND);
        assert_eq!(told(), [Seen::HalfOpened, Seen::Tripped(Some(open_for), trips)]);
    }
    clock.advance(3 * SECOND);
    succeed(&breaker, 2);
    assert_eq!(told(), [Seen::HalfOpened, Seen::Reset]);
    breaker.trip_for(Duration::MAX);
    breaker.reset();
    breaker.reset();
    assert_eq!(told(), [Seen::Tripped(None, 0), Seen::Reset]);
}

#[test]
fn an_observer_that_panics_ends_nothing() {
    let (builder, _clock) = builder();
    let breaker = builder.with_observer(|_: &Event<'_>| panic!("an observer")).build().unwrap();
    fail(&breaker, 3);
    assert_eq!(breaker.state(), BreakerState::Open);
    assert!(breaker.reset());
}

/// It is called without the lock.
#[test]
fn an_observer_may_use_the_breaker() {
    let shared: Arc<Mutex<Option<electrician_circuitbreaker::CircuitBreaker>>> = Arc::default();
    let (builder, _clock) = builder();
    let mine = Arc::clone(&shared);
    let observer = move |event: &Event<'_>| {
        if let Event::Tripped { .. } = event {
            let breaker = mine.lock().unwrap().clone().unwrap();
            assert_eq!(breaker.snapshot().state, BreakerState::Open);
            breaker.reset();
        }
    };
    let breaker = builder.with_observer(observer).build().unwrap();
    *shared.lock().unwrap() = Some(breaker.clone());
    breaker.trip();
    assert_eq!(breaker.state(), BreakerState::Closed);
    *shared.lock().unwrap() = None;
}
