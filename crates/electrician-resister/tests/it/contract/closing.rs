//! The end.

use electrician_resister::{Element, Placement};
use electrician_types::{Item, Refusal};

use super::{Queue, for_both, queue};
use crate::support::Task;

for_both!(
    a_closed_queue_takes_nothing_and_gives_the_rest,
    who_waits_is_told,
    drain_gives_everything_in_order,
    drain_makes_room,
);

fn a_closed_queue_takes_nothing_and_gives_the_rest<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.fill(&["a", "b"], 0);
    queue.close();
    let refused = queue.try_push("c".to_owned(), 0).unwrap_err();
    assert_eq!((refused.item.value().as_str(), refused.reason), ("c", Refusal::Closed));
    for expected in [Some("a"), Some("b"), None, None] {
        let element = Task::new(queue.pop()).poll().expect("no wait after the end");
        assert_eq!(element.map(Element::accept).as_deref(), expected);
    }
    let mut elements = Vec::new();
    assert_eq!(Task::new(queue.pop_batch(&mut elements, 5)).poll(), Some(0));
}

fn who_waits_is_told<Q: Queue>() {
    let empty = queue::<Q>(1);
    let mut popping = Task::parked(empty.pop());
    empty.close();
    assert_eq!(popping.wakes(), 1);
    assert!(popping.poll().is_some_and(|element| element.is_none()));

    let full = queue::<Q>(1);
    full.fill(&["a"], 0);
    let mut pushing = Task::parked(full.push(Item::new("b".to_owned()), Placement::new(0)));
    full.close();
    assert_eq!(pushing.wakes(), 1);
    let refused = pushing.poll().unwrap().unwrap_err();
    assert_eq!((refused.item.value().as_str(), refused.reason), ("b", Refusal::Closed));
}

fn drain_gives_everything_in_order<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.fill(&["c", "d"], 0);
    queue.fill(&["a", "b"], 1);
    queue.close();
    let all: Vec<String> = queue.drain().into_iter().map(Element::accept).collect();
    assert_eq!(all, ["a", "b", "c", "d"]);
    assert_eq!((queue.len(), queue.bytes(), queue.counters().drained), (0, 0, 4));
}

fn drain_makes_room<Q: Queue>() {
    let queue = queue::<Q>(1);
    queue.fill(&["a"], 0);
    let mut pushing = Task::parked(queue.push(Item::new("b".to_owned()), Placement::new(0)));
    queue.drain().into_iter().for_each(|element| drop(element.accept()));
    assert!(pushing.poll().is_some_and(|result| result.is_ok()));
}
