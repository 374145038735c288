//! The last attempt.

use std::time::Duration;

use electrician_resister::Element;
use electrician_testkit::VirtualClock;
use electrician_types::Refusal;

use super::{Queue, Spec, for_both};
use crate::support::Task;

for_both!(
    what_fails_to_the_last_attempt_waits_no_more,
    one_attempt_is_one,
    the_exhausted_come_first_back_first,
    the_exhausted_take_a_place_until_they_are_fetched,
    the_exhausted_are_known_by_no_name,
    a_drain_takes_the_exhausted_last,
    what_is_exhausted_does_not_expire,
    a_pop_does_not_wait_for_the_exhausted,
    the_counters_add_up,
    a_restart_forgets_no_attempt,
    with_more_attempts_it_waits_again,
);

fn limited<Q: Queue>(capacity: usize, attempts: u32) -> Q {
    Q::make(&spec(capacity, attempts))
}

fn spec(capacity: usize, attempts: u32) -> Spec {
    Spec { capacity, max_attempts: Some(attempts), ..Spec::default() }
}

/// Pops the first and queues it again.
fn fail<Q: Queue>(queue: &Q) {
    let element = queue.try_pop().expect("one waits");
    queue.requeue(element).unwrap();
}

fn values(elements: Vec<Element<String>>) -> Vec<String> {
    elements.into_iter().map(Element::accept).collect()
}

fn what_fails_to_the_last_attempt_waits_no_more<Q: Queue>() {
    let queue = limited::<Q>(4, 3);
    queue.try_push("poison".to_owned(), (7, "name")).unwrap();
    for _ in 0..2 {
        fail(&queue);
        assert_eq!((queue.len(), queue.exhausted_len()), (1, 0));
    }
    fail(&queue);
    assert_eq!((queue.len(), queue.exhausted_len()), (0, 1));
    assert!(queue.try_pop().is_none());
    let exhausted = queue.drain_exhausted();
    let [element] = &exhausted[..] else { panic!("{exhausted:?}") };
    assert_eq!((element.value().as_str(), element.retries(), element.priority()), ("poison", 3, 7));
    assert_eq!(element.key(), Some(&"name".into()));
    assert_eq!(queue.exhausted_len(), 0);
}

fn one_attempt_is_one<Q: Queue>() {
    let queue = limited::<Q>(4, 1);
    queue.fill(&["once"], 0);
    fail(&queue);
    assert_eq!((queue.len(), queue.exhausted_len()), (0, 1));
}

fn the_exhausted_come_first_back_first<Q: Queue>() {
    let queue = limited::<Q>(4, 1);
    queue.fill(&["a", "b", "c"], 0);
    queue.fill(&["urgent"], 9);
    let mut elements: Vec<_> = std::iter::from_fn(|| queue.try_pop()).collect();
    elements.swap(0, 2);
    for element in elements {
        queue.requeue(element).unwrap();
    }
    assert_eq!(values(queue.drain_exhausted()), ["b", "a", "urgent", "c"]);
}

fn the_exhausted_take_a_place_until_they_are_fetched<Q: Queue>() {
    let queue = limited::<Q>(1, 1);
    queue.fill(&["poison"], 0);
    fail(&queue);
    let refused = queue.try_push("next".to_owned(), 0).unwrap_err();
    assert_eq!(refused.reason, Refusal::Full);
    let mut push = Task::parked(queue.push("next".to_owned().into(), 0.into()));
    assert_eq!(values(queue.drain_exhausted()), ["poison"]);
    // On disk the verdict is looked at with the next call.
    assert_eq!(queue.exhausted_len(), 0);
    assert!(push.wakes() > 0);
    push.poll().expect("there is room").unwrap();
}

fn the_exhausted_are_known_by_no_name<Q: Queue>() {
    let queue = limited::<Q>(4, 1);
    queue.try_push("old".to_owned(), (0, "name")).unwrap();
    fail(&queue);
    queue.try_push("new".to_owned(), (0, "name")).unwrap();
    assert_eq!(queue.rest(), ["new"]);
    assert_eq!(values(queue.drain_exhausted()), ["old"]);
}

fn a_drain_takes_the_exhausted_last<Q: Queue>() {
    let queue = limited::<Q>(4, 1);
    queue.fill(&["poison"], 9);
    fail(&queue);
    queue.fill(&["low"], -1);
    assert_eq!(values(queue.drain()), ["low", "poison"]);
    assert_eq!(queue.exhausted_len(), 0);
}

fn what_is_exhausted_does_not_expire<Q: Queue>() {
    let clock = VirtualClock::new();
    let ttl = Some(Duration::from_secs(1));
    let queue = Q::make(&Spec { ttl, clock: clock.clone(), ..spec(4, 1) });
    queue.fill(&["poison"], 0);
    fail(&queue);
    clock.advance(Duration::from_secs(2));
    assert_eq!((queue.expired_len(), queue.exhausted_len()), (0, 1));
    assert_eq!(values(queue.drain_exhausted()), ["poison"]);
}

fn a_pop_does_not_wait_for_the_exhausted<Q: Queue>() {
    let queue = limited::<Q>(4, 1);
    queue.fill(&["poison"], 0);
    let element = queue.try_pop().unwrap();
    let mut pop = Task::parked(queue.pop());
    queue.requeue(element).unwrap();
    assert!(pop.poll().is_none());
    queue.close();
    assert!(pop.poll().expect("closed and empty").is_none());
    drop(pop);
    assert_eq!(values(queue.drain_exhausted()), ["poison"], "also of a closed queue");
}

fn the_counters_add_up<Q: Queue>() {
    let queue = limited::<Q>(8, 2);
    queue.fill(&["a", "b", "c"], 0);
    for _ in 0..4 {
        fail(&queue);
    }
    let exhausted = queue.drain_exhausted();
    assert_eq!(exhausted.len(), 1);
    let counters = queue.counters();
    assert_eq!((counters.pushed, counters.popped), (3, 4));
    assert_eq!((counters.requeued, counters.exhausted, counters.fetched), (3, 1, 1));
    assert_eq!(queue.len(), 2);
}

fn a_restart_forgets_no_attempt<Q: Queue>() {
    let spec = spec(8, 2);
    let mut queue = Q::make(&spec);
    if !queue.survives() {
        return;
    }
    queue.fill(&["a", "b", "c"], 0);
    fail(&queue);
    queue = queue.reopen(&spec);
    assert_eq!(queue.len(), 3);
    // `b` and `c` once, then `a` for the second time.
    (0..3).for_each(|_| fail(&queue));
    assert_eq!(queue.exhausted_len(), 1);
    fail(&queue);
    queue = queue.reopen(&spec);
    assert_eq!((queue.len(), queue.exhausted_len()), (1, 2));
    // Nacked, it is there again, in another life, too.
    drop(queue.drain_exhausted());
    assert_eq!(queue.exhausted_len(), 2);
    queue = queue.reopen(&spec);
    assert_eq!(values(queue.drain_exhausted()), ["a", "b"]);
    queue = queue.reopen(&spec);
    assert_eq!((queue.rest(), queue.exhausted_len()), (vec!["c".to_owned()], 0));
}

fn with_more_attempts_it_waits_again<Q: Queue>() {
    let mut queue = limited::<Q>(8, 1);
    if !queue.survives() {
        return;
    }
    queue.fill(&["a"], 0);
    fail(&queue);
    queue = queue.reopen(&spec(8, 2));
    assert_eq!((queue.len(), queue.exhausted_len()), (1, 0));
    fail(&queue);
    assert_eq!((queue.len(), queue.exhausted_len()), (0, 1));
}
