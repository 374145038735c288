//! No queue without an end.

use electrician_resister::Element;
use electrician_types::{Batch, Refusal};

use super::{Queue, Spec, for_both, queue};

for_both!(
    a_full_queue_gives_the_item_back,
    bytes_are_a_bound_as_well,
    what_can_never_fit_is_refused_for_good,
    a_place_is_free_when_the_element_is_done_with,
    a_batch_enters_as_far_as_there_is_room,
    a_batch_waits_for_the_rest,
    nothing_is_waiting_in_an_empty_queue,
    every_element_is_accounted_for,
    equal_values_are_different_elements,
);

fn a_full_queue_gives_the_item_back<Q: Queue>() {
    let queue = queue::<Q>(2);
    queue.fill(&["a", "b"], 0);
    let refused = queue.try_push("c".to_owned(), 9).unwrap_err();
    assert_eq!((refused.item.value().as_str(), refused.reason), ("c", Refusal::Full));
    assert_eq!((queue.len(), queue.counters().refused), (2, 1));
    assert_eq!(queue.rest(), ["a", "b"]);
}

fn heavy<Q: Queue>(count: u64) -> Q {
    Q::make(&Spec { capacity: 1000, heavy: Some(count), ..Spec::default() })
}

fn bytes_are_a_bound_as_well<Q: Queue>() {
    let queue = heavy::<Q>(3);
    let value = "x".repeat(100);
    queue.fill(&[&value, &value, &value], 0);
    let bytes = queue.bytes();
    assert!(bytes >= 300, "{bytes}");
    assert_eq!(queue.try_push("y".to_owned(), 0).unwrap_err().reason, Refusal::Full);
    queue.try_pop().unwrap().accept();
    assert_eq!(queue.bytes(), bytes / 3 * 2);
    queue.fill(&["y"], 0);
    assert_eq!(queue.rest().len(), 3);
    assert_eq!(queue.bytes(), 0);
}

fn what_can_never_fit_is_refused_for_good<Q: Queue>() {
    let queue = heavy::<Q>(1);
    let refused = queue.try_push("x".repeat(101), 0).unwrap_err();
    assert!(matches!(refused.reason, Refusal::TooLarge { .. }), "{refused}");
    assert_eq!(refused.item.value().len(), 101);
    let mut batch: Batch<String> = Batch::new();
    batch.push("small".to_owned());
    batch.push("x".repeat(101));
    let refused = queue.try_push_batch(&mut batch, 0).unwrap_err();
    assert!(matches!(refused, Refusal::TooLarge { .. } | Refusal::Full), "{refused}");
    assert_eq!((batch.len(), queue.rest()), (1, vec!["small".to_owned()]));
}

fn a_place_is_free_when_the_element_is_done_with<Q: Queue>() {
    let queue = queue::<Q>(1);
    for round in 0..100 {
        queue.fill(&[&round.to_string()], 0);
        assert!(queue.try_push("more".to_owned(), 0).is_err());
        assert_eq!(queue.try_pop().map(Element::accept), Some(round.to_string()));
    }
}

fn batch(values: &[&str]) -> Batch<String> {
    let mut batch = Batch::new();
    for value in values {
        batch.push((*value).to_owned());
    }
    batch
}

fn a_batch_enters_as_far_as_there_is_room<Q: Queue>() {
    let queue = queue::<Q>(3);
    let mut items = batch(&["a", "b", "c", "d", "e"]);
    assert_eq!(queue.try_push_batch(&mut items, 2), Err(Refusal::Full));
    assert_eq!(items.values().collect::<Vec<_>>(), ["d", "e"]);
    assert_eq!(queue.rest(), ["a", "b", "c"]);
    assert_eq!(queue.try_push_batch(&mut items, 2), Ok(()));
    assert_eq!(queue.rest(), ["d", "e"]);
}

fn a_batch_waits_for_the_rest<Q: Queue>() {
    let queue = queue::<Q>(2);
    let mut items = batch(&["a", "b", "c", "d", "e"]);
    let mut out = Vec::new();
    {
        let mut pushing = crate::support::Task::parked(queue.push_batch(&mut items, 0));
        while pushing.poll().is_none() {
            out.extend(queue.try_pop().map(Element::accept));
        }
    }
    out.extend(queue.rest());
    assert_eq!(out, ["a", "b", "c", "d", "e"]);
    // Given up, the rest stays with the caller.
    let mut items = batch(&["a", "b", "c"]);
    drop(crate::support::Task::parked(queue.push_batch(&mut items, 0)));
    assert_eq!((items.len(), queue.rest().len()), (1, 2));
}

fn nothing_is_waiting_in_an_empty_queue<Q: Queue>() {
    let queue = queue::<Q>(2);
    assert!(queue.try_pop().is_none());
    assert!(queue.drain().is_empty() && queue.drain_expired().is_empty());
    assert_eq!((queue.len(), queue.expired_len(), queue.bytes()), (0, 0, 0));
}

fn every_element_is_accounted_for<Q: Queue>() {
    let queue = queue::<Q>(3);
    queue.fill(&["a", "b"], 0);
    queue.try_push("c".to_owned(), (0, 7)).unwrap();
    queue.try_push("c2".to_owned(), (0, 7)).unwrap();
    queue.try_push("d".to_owned(), 0).unwrap_err();
    queue.requeue(queue.try_pop().unwrap()).unwrap();
    queue.try_pop().unwrap().accept();
    let rest: Vec<String> = queue.drain().into_iter().map(Element::accept).collect();
    assert_eq!(rest, ["c2", "a"]);
    let counters = queue.counters();
    let numbers = [counters.pushed, counters.replaced, counters.refused, counters.requeued];
    assert_eq!(numbers, [3, 1, 1, 1]);
    assert_eq!([counters.popped, counters.drained, counters.expired], [2, 2, 0]);
}

/// Without a key nobody takes two elements for one, whatever their values.
fn equal_values_are_different_elements<Q: Queue>() {
    let queue = queue::<Q>(3);
    queue.fill(&["same", "same"], 1);
    let (one, two) = (queue.try_pop().unwrap(), queue.try_pop().unwrap());
    assert_eq!(one.value(), two.value());
    assert_ne!(one.id(), two.id());
}
