//! Elements that have a name.

use electrician_resister::{Element, Key};
use electrician_testkit::Verdicts;
use electrician_types::{Item, Refusal};

use super::{Queue, for_both, queue};

for_both!(
    the_newer_value_takes_the_place,
    priority_changes_with_the_value,
    the_former_receipt_is_acknowledged,
    a_full_queue_takes_a_newer_value,
    who_has_come_out_is_not_known_any_more,
    who_comes_back_does_not_take_the_name_away,
    text_and_number_are_different_names,
    what_was_retried_is_fresh_with_a_new_value,
);

fn the_newer_value_takes_the_place<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.try_push("a1".to_owned(), (0, "a")).unwrap();
    queue.fill(&["b"], 0);
    queue.try_push("a2".to_owned(), (0, "a")).unwrap();
    assert_eq!((queue.len(), queue.counters().replaced), (2, 1));
    assert_eq!(queue.rest(), ["a2", "b"]);
}

fn priority_changes_with_the_value<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.fill(&["x"], 5);
    queue.try_push("a".to_owned(), (0, 1)).unwrap();
    queue.try_push("a up".to_owned(), (9, 1)).unwrap();
    queue.try_push("b".to_owned(), (7, 2)).unwrap();
    queue.try_push("b down".to_owned(), (1, 2)).unwrap();
    assert_eq!(queue.rest(), ["a up", "x", "b down"]);
}

fn the_former_receipt_is_acknowledged<Q: Queue>() {
    let queue = queue::<Q>(10);
    let verdicts = Verdicts::counting();
    queue.try_push(verdicts.item(1, "a1".to_owned()), (0, "a")).unwrap();
    queue.try_push(verdicts.item(2, "a2".to_owned()), (0, "a")).unwrap();
    assert!(verdicts.is_acked(1));
    queue.try_pop().unwrap().accept();
    assert!(verdicts.is_acked(2) && verdicts.breaches().is_empty());
}

fn a_full_queue_takes_a_newer_value<Q: Queue>() {
    let queue = queue::<Q>(1);
    queue.try_push("a1".to_owned(), (0, "a")).unwrap();
    queue.try_push("a2".to_owned(), (0, "a")).unwrap();
    let refused = queue.try_push("b".to_owned(), (0, "b")).unwrap_err();
    assert_eq!(refused.reason, Refusal::Full);
    assert_eq!(queue.rest(), ["a2"]);
}

fn who_has_come_out_is_not_known_any_more<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.try_push("a1".to_owned(), (0, "a")).unwrap();
    let first = queue.try_pop().unwrap();
    queue.try_push("a2".to_owned(), (0, "a")).unwrap();
    assert_eq!(queue.counters().replaced, 0);
    assert_ne!(queue.try_pop().unwrap().id(), first.id());
}

/// Both stay: an attempt that failed does not undo what was pushed since.
fn who_comes_back_does_not_take_the_name_away<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.try_push("a1".to_owned(), (0, "a")).unwrap();
    let first = queue.try_pop().unwrap();
    queue.try_push("a2".to_owned(), (0, "a")).unwrap();
    queue.requeue(first).unwrap();
    queue.try_push("a3".to_owned(), (0, "a")).unwrap();
    assert_eq!(queue.rest(), ["a3", "a1"]);
}

fn text_and_number_are_different_names<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.try_push("text".to_owned(), (0, "7")).unwrap();
    queue.try_push("number".to_owned(), (0, 7)).unwrap();
    queue.try_push("string".to_owned(), (0, "8".to_owned())).unwrap();
    let keys: Vec<_> = queue.drain().iter().map(|element| element.key().cloned()).collect();
    assert_eq!(keys, [Some(Key::from("7")), Some(Key::from(7)), Some(Key::from("8"))]);
}

fn what_was_retried_is_fresh_with_a_new_value<Q: Queue>() {
    let queue = queue::<Q>(10);
    queue.try_push("a1".to_owned(), (0, "a")).unwrap();
    queue.requeue(queue.try_pop().unwrap()).unwrap();
    queue.try_push(Item::new("a2".to_owned()), (0, "a")).unwrap();
    let element: Element<String> = queue.try_pop().unwrap();
    assert_eq!((element.value().as_str(), element.retries()), ("a2", 0));
}
