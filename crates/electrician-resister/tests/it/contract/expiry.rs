//! What waited for too long.

use std::time::Duration;

use electrician_resister::{Element, Placement};
use electrician_testkit::VirtualClock;
use electrician_types::Refusal;

use super::{Queue, Spec, for_both};
use crate::support::Task;

for_both!(
    the_overdue_do_not_come_out_of_pop,
    an_item_can_have_a_time_of_its_own,
    the_overdue_keep_their_places_until_they_are_fetched,
    the_overdue_are_not_replaced,
    a_newer_value_has_its_own_time,
    coming_back_does_not_give_more_time,
    drain_takes_the_overdue_last,
);

fn with_ttl<Q: Queue>(capacity: usize) -> (Q, VirtualClock) {
    let clock = VirtualClock::new();
    let ttl = Some(Duration::from_secs(10));
    (Q::make(&Spec { capacity, ttl, clock: clock.clone(), ..Spec::default() }), clock)
}

const NINE: Duration = Duration::from_secs(9);
const ONE: Duration = Duration::from_secs(1);

fn values(elements: Vec<Element<String>>) -> Vec<String> {
    elements.into_iter().map(Element::accept).collect()
}

fn the_overdue_do_not_come_out_of_pop<Q: Queue>() {
    let (queue, clock) = with_ttl::<Q>(10);
    queue.fill(&["late"], 9);
    clock.advance(ONE);
    queue.fill(&["in time"], 0);
    clock.advance(NINE);
    assert_eq!((queue.len(), queue.expired_len()), (1, 1));
    assert_eq!(queue.rest(), ["in time"]);
    let overdue = queue.drain_expired();
    assert_eq!(overdue[0].waited(), Duration::from_secs(10));
    assert!(overdue[0].expires().is_some());
    assert_eq!(values(overdue), ["late"]);
    assert_eq!((queue.counters().expired, queue.counters().fetched), (1, 1));
    assert!(queue.drain_expired().is_empty());
}

fn an_item_can_have_a_time_of_its_own<Q: Queue>() {
    let (queue, clock) = with_ttl::<Q>(10);
    queue.try_push("short".to_owned(), Placement::new(0).with_ttl(ONE)).unwrap();
    queue.try_push("long".to_owned(), Placement::new(0).with_ttl(NINE * 9)).unwrap();
    queue.fill(&["usual"], 0);
    clock.advance(Duration::from_nanos(999_999_999));
    assert_eq!(queue.len(), 3);
    clock.advance(Duration::from_nanos(1));
    assert_eq!(queue.len(), 2);
    clock.advance(NINE);
    assert_eq!(values(queue.drain_expired()), ["short", "usual"]);
    assert_eq!(queue.rest(), ["long"]);
}

fn the_overdue_keep_their_places_until_they_are_fetched<Q: Queue>() {
    let (queue, clock) = with_ttl::<Q>(1);
    queue.fill(&["late"], 0);
    clock.advance(NINE * 2);
    assert_eq!(queue.try_push("new".to_owned(), 0).unwrap_err().reason, Refusal::Full);
    let mut pushing = Task::parked(queue.push("new".to_owned().into(), Placement::new(0)));
    assert_eq!(values(queue.drain_expired()), ["late"]);
    // On disk the place is free when the acknowledgement was looked at.
    queue.len();
    assert_eq!(pushing.wakes(), 1, "whoever waits for room is told");
    assert!(pushing.poll().is_some_and(|result| result.is_ok()));
    drop(pushing);
    assert_eq!(queue.rest(), ["new"]);
}

fn the_overdue_are_not_replaced<Q: Queue>() {
    let (queue, clock) = with_ttl::<Q>(10);
    queue.try_push("a1".to_owned(), (0, "a")).unwrap();
    clock.advance(NINE * 2);
    queue.try_push("a2".to_owned(), (0, "a")).unwrap();
    assert_eq!(queue.rest(), ["a2"]);
    assert_eq!(values(queue.drain_expired()), ["a1"]);
}

fn a_newer_value_has_its_own_time<Q: Queue>() {
    let (queue, clock) = with_ttl::<Q>(10);
    queue.try_push("a1".to_owned(), (0, "a")).unwrap();
    clock.advance(NINE);
    queue.try_push("a2".to_owned(), (0, "a")).unwrap();
    clock.advance(NINE);
    assert_eq!(queue.rest(), ["a2"]);
    assert_eq!(queue.counters().expired, 0);
}

fn coming_back_does_not_give_more_time<Q: Queue>() {
    let (queue, clock) = with_ttl::<Q>(10);
    queue.fill(&["a"], 0);
    clock.advance(NINE);
    queue.requeue(queue.try_pop().unwrap()).unwrap();
    assert_eq!(queue.len(), 1);
    clock.advance(ONE);
    assert_eq!((queue.len(), queue.expired_len()), (0, 1));
}

fn drain_takes_the_overdue_last<Q: Queue>() {
    let (queue, clock) = with_ttl::<Q>(10);
    queue.fill(&["late"], 9);
    clock.advance(NINE * 2);
    queue.fill(&["waiting"], 0);
    assert_eq!(values(queue.drain()), ["waiting", "late"]);
    assert_eq!((queue.len(), queue.expired_len(), queue.bytes()), (0, 0, 0));
}
