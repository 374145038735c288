//! Who comes out first.

use std::time::Duration;

use electrician_resister::Aging;
use electrician_testkit::VirtualClock;

use super::{Queue, Spec, for_both, queue};

for_both!(
    first_in_first_out_within_a_priority,
    the_higher_priority_first,
    whoever_waits_moves_up,
    age_counts_once,
    a_step_of_zero_is_first_come_first_served,
    the_wait_of_a_low_priority_has_an_end,
    without_aging_time_changes_nothing,
    an_element_that_comes_back_goes_to_the_end_of_its_priority,
    what_is_known_of_an_element_stays_with_it,
    an_element_can_come_back_with_another_priority,
    extreme_priorities_are_in_order,
);

fn first_in_first_out_within_a_priority<Q: Queue>() {
    let queue = queue::<Q>(10);
    let values = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    queue.fill(&values, 3);
    assert_eq!(queue.rest(), values);
}

fn the_higher_priority_first<Q: Queue>() {
    let queue = queue::<Q>(10);
    for (value, priority) in [("low", -5), ("mid", 0), ("high", 7), ("mid 2", 0), ("high 2", 7)] {
        queue.fill(&[value], priority);
    }
    assert_eq!(queue.rest(), ["high", "high 2", "mid", "mid 2", "low"]);
}

fn aging<Q: Queue>(step: u64) -> (Q, VirtualClock) {
    let clock = VirtualClock::new();
    let aging = Aging::step(Duration::from_secs(step));
    (Q::make(&Spec { capacity: 100, aging, clock: clock.clone(), ..Spec::default() }), clock)
}

fn whoever_waits_moves_up<Q: Queue>() {
    let (queue, clock) = aging::<Q>(10);
    queue.fill(&["old"], 0);
    clock.advance(Duration::from_secs(29));
    queue.fill(&["three levels above, 29 s later"], 3);
    clock.advance(Duration::from_secs(2));
    queue.fill(&["three levels above, 31 s later"], 3);
    let order = ["three levels above, 29 s later", "old", "three levels above, 31 s later"];
    assert_eq!(queue.rest(), order);
}

/// Age is a matter of the order, and is not added to the priority again and again.
fn age_counts_once<Q: Queue>() {
    let (queue, clock) = aging::<Q>(1);
    queue.fill(&["failing"], 5);
    for _ in 0..10 {
        clock.advance(Duration::from_mins(1));
        let element = queue.try_pop().unwrap();
        assert_eq!(element.priority(), 5);
        queue.requeue(element).unwrap();
    }
    queue.fill(&["one level above"], 6);
    assert_eq!(queue.rest(), ["one level above", "failing"]);
}

fn a_step_of_zero_is_first_come_first_served<Q: Queue>() {
    let (queue, clock) = aging::<Q>(0);
    for (value, priority) in [("a", 1), ("b", 9), ("c", 5)] {
        queue.fill(&[value], priority);
        clock.advance(Duration::from_nanos(1));
    }
    assert_eq!(queue.rest(), ["a", "b", "c"]);
}

/// A flood of a higher priority passes for the difference of the priorities times the step.
fn the_wait_of_a_low_priority_has_an_end<Q: Queue>() {
    let (queue, clock) = aging::<Q>(1);
    queue.fill(&["low"], 0);
    let mut passed = 0;
    loop {
        queue.fill(&["flood"], 20);
        clock.advance(Duration::from_secs(1));
        queue.fill(&["flood"], 20);
        if queue.try_pop().unwrap().accept() == "low" {
            break;
        }
        passed += 1;
        assert!(passed <= 40, "it starves");
    }
    // Those pushed less than twenty seconds after it are before it: one at once, two a second then.
    assert_eq!(passed, 39);
}

fn without_aging_time_changes_nothing<Q: Queue>() {
    let clock = VirtualClock::new();
    let queue = Q::make(&Spec { capacity: 10, clock: clock.clone(), ..Spec::default() });
    queue.fill(&["low"], 0);
    clock.advance(Duration::from_secs(1_000_000));
    queue.fill(&["high"], 1);
    assert_eq!(queue.rest(), ["high", "low"]);
}

/// So one that fails for ever does not hold up the others.
fn an_element_that_comes_back_goes_to_the_end_of_its_priority<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.fill(&["failing", "second", "third"], 1);
    queue.fill(&["less"], 0);
    let failing = queue.try_pop().unwrap();
    assert_eq!(failing.value(), "failing");
    queue.requeue(failing).unwrap();
    assert_eq!(queue.rest(), ["second", "third", "failing", "less"]);
}

fn what_is_known_of_an_element_stays_with_it<Q: Queue>() {
    let clock = VirtualClock::new();
    let queue = Q::make(&Spec { capacity: 10, clock: clock.clone(), ..Spec::default() });
    queue.try_push("value".to_owned(), (4, "name")).unwrap();
    clock.advance(Duration::from_secs(5));
    let first = queue.try_pop().unwrap();
    let (id, seen) = (first.id(), first.first_seen());
    assert_eq!((first.retries(), first.priority()), (0, 4));
    assert_eq!((first.waited(), first.age()), (Duration::from_secs(5), Duration::from_secs(5)));
    queue.requeue(first).unwrap();
    clock.advance(Duration::from_secs(2));
    let second = queue.try_pop().unwrap();
    assert_eq!((second.retries(), second.priority()), (1, 4));
    assert_eq!((second.id(), second.first_seen()), (id, seen));
    assert_eq!((second.waited(), second.age()), (Duration::from_secs(2), Duration::from_secs(7)));
    assert_eq!(second.key(), Some(&"name".into()));
    assert_eq!(second.expires(), None);
}

fn an_element_can_come_back_with_another_priority<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.fill(&["demoted", "other"], 5);
    let element = queue.try_pop().unwrap().with_priority(-1);
    queue.requeue(element).unwrap();
    queue.fill(&["third"], 0);
    assert_eq!(queue.rest(), ["other", "third", "demoted"]);
}

fn extreme_priorities_are_in_order<Q: Queue>() {
    let (queue, clock) = aging::<Q>(u64::MAX);
    for (value, priority) in [("least", i32::MIN), ("most", i32::MAX), ("zero", 0)] {
        queue.fill(&[value], priority);
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(queue.rest(), ["most", "zero", "least"]);
}
