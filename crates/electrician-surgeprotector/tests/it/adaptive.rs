//! A limit of concurrency that finds itself.

use electrician_surgeprotector::{Adaptive, Permit};
use electrician_testkit::VirtualClock;

use crate::support::{Task, ms, now};

fn limit(initial: usize) -> (Adaptive, VirtualClock) {
    let clock = VirtualClock::new();
    let builder = Adaptive::builder()
        .with_min(1)
        .with_max(50)
        .with_initial(initial)
        .with_backoff(0.5)
        .with_clock(clock.clone());
    (builder.build().unwrap(), clock)
}

fn acquire(limit: &Adaptive) -> impl Future<Output = Permit> + Send + 'static {
    let limit = limit.clone();
    async move { limit.acquire().await }
}

#[test]
fn no_more_than_the_limit_are_under_way() {
    let (limit, _clock) = limit(3);
    let permits: Vec<_> = std::iter::from_fn(|| limit.try_acquire()).collect();
    assert_eq!((permits.len(), limit.in_flight()), (3, 3));
    permits.into_iter().for_each(Permit::ignore);
    assert_eq!((limit.limit(), limit.in_flight()), (3, 0));
}

#[test]
fn first_come_first_served() {
    let (limit, _clock) = limit(1);
    let permit = now(limit.acquire());
    let mut first = Task::waiting(acquire(&limit));
    let given_up = Task::waiting(acquire(&limit));
    let mut last = Task::waiting(acquire(&limit));
    permit.ignore();
    assert!(limit.try_acquire().is_none(), "it is the turn of those who wait");
    drop(given_up);
    let permit = first.run().expect("it was woken");
    assert!(last.run().is_none());
    permit.ignore();
    last.run().expect("it was woken").ignore();
    assert_eq!(limit.in_flight(), 0);
}

#[test]
fn who_was_woken_and_gives_up_wakes_the_next() {
    let (limit, _clock) = limit(1);
    let permit = now(limit.acquire());
    let first = Task::waiting(acquire(&limit));
    let mut second = Task::waiting(acquire(&limit));
    permit.ignore();
    drop(first);
    second.run().expect("it was woken").ignore();
}

#[test]
fn dropped_without_a_word_it_counts_as_a_failure() {
    let (limit, _clock) = limit(10);
    drop(limit.try_acquire());
    assert_eq!((limit.limit(), limit.in_flight()), (5, 0));
}

#[test]
fn a_higher_limit_lets_more_of_those_who_wait_go() {
    let (limit, clock) = limit(1);
    let permit = now(limit.acquire());
    let mut tasks: Vec<_> = (0..2).map(|_| Task::waiting(acquire(&limit))).collect();
    clock.advance(ms(1));
    permit.succeed();
    assert_eq!(limit.limit(), 2);
    let permits: Vec<Permit> =
        tasks.iter_mut().map(|task| task.run().expect("there is one for each")).collect();
    permits.into_iter().for_each(Permit::ignore);
}

/// A service that gets slow above twenty calls at once: the limit finds about that.
#[test]
fn it_finds_what_the_service_can_do() {
    let (limit, clock) = limit(2);
    let mut seen = Vec::new();
    for round in 0..400 {
        let permits: Vec<_> = std::iter::from_fn(|| limit.try_acquire()).collect();
        clock.advance(if permits.len() > 20 { ms(50) } else { ms(10) });
        permits.into_iter().for_each(Permit::succeed);
        if round > 100 {
            seen.push(limit.limit());
        }
    }
    let (min, max) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
    assert!(*min >= 10 && *max <= 21, "from {min} to {max}");
}
