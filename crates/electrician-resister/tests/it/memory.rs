//! What only the queue in memory promises.

use std::time::Duration;

use electrician_resister::{Placement, Resister};
use electrician_testkit::{Verdicts, VirtualClock};
use electrician_types::{Batch, NackReason, Refusal, Verdict};

use crate::support::Task;

#[test]
fn the_receipt_rides_along() {
    let queue = Resister::<&str>::new(4);
    let verdicts = Verdicts::counting();
    queue.try_push(verdicts.item(1, "a"), 0).unwrap();
    queue.try_push(verdicts.item(2, "b"), 0).unwrap();
    assert_eq!(verdicts.open(), [1, 2]);
    queue.try_pop().unwrap().accept();
    assert!(verdicts.is_acked(1));
    let element = queue.try_pop().unwrap();
    queue.requeue(element).unwrap();
    assert_eq!(verdicts.open(), [2], "another attempt is no verdict");
    drop(queue.try_pop());
    assert!(verdicts.is_nacked(2) && verdicts.breaches().is_empty());
}

#[test]
fn the_last_handle_nacks_what_is_queued() {
    let queue = Resister::<&str>::new(4);
    let verdicts = Verdicts::counting();
    queue.try_push(verdicts.item(1, "a"), 0).unwrap();
    let other = queue.clone();
    drop(queue);
    assert_eq!(verdicts.open(), [1]);
    drop(other);
    assert_eq!(verdicts.verdict(1), Some(Verdict::Nack(NackReason::Dropped)));
}

#[test]
fn the_overdue_are_nacked_when_they_are_fetched() {
    let clock = VirtualClock::new();
    let queue = Resister::<&str>::builder(4).with_clock(clock.clone()).build().unwrap();
    let verdicts = Verdicts::counting();
    let placement = Placement::new(0).with_ttl(Duration::from_secs(1));
    queue.try_push(verdicts.item(1, "a"), placement).unwrap();
    clock.advance(Duration::from_secs(1));
    let overdue = queue.drain_expired();
    assert_eq!(verdicts.verdict(1), Some(Verdict::Nack(NackReason::Rejected)));
    assert!(!overdue[0].receipt().is_tracked());
}

#[test]
fn the_exhausted_are_nacked_when_they_are_fetched() {
    let queue = Resister::<&str>::builder(4).with_max_attempts(1).build().unwrap();
    let verdicts = Verdicts::counting();
    queue.try_push(verdicts.item(1, "a"), 0).unwrap();
    let element = queue.try_pop().unwrap();
    queue.requeue(element).unwrap();
    assert_eq!(verdicts.open(), [1]);
    let exhausted = queue.drain_exhausted();
    assert_eq!(verdicts.verdict(1), Some(Verdict::Nack(NackReason::Rejected)));
    assert!(!exhausted[0].receipt().is_tracked());
}

/// Each lets the next in.
#[test]
fn a_batch_that_leaves_lets_as_many_in() {
    let queue = Resister::<u32>::new(3);
    (0..3).for_each(|value| queue.try_push(value, 0).unwrap());
    let mut pushes: Vec<_> = (3..6).map(|value| Task::parked(queue.push(value, 0))).collect();
    let mut elements = Vec::new();
    assert_eq!(queue.try_pop_batch(&mut elements, 3), 3);
    for push in &mut pushes {
        assert!(push.wakes() > 0);
        push.poll().expect("there is room").unwrap();
    }
}

#[test]
fn a_size_function_that_panics_costs_one_item() {
    let queue = Resister::builder(4)
        .with_max_bytes(10, |value: &u64| if *value == 13 { panic!("13") } else { *value })
        .build()
        .unwrap();
    let refused = queue.try_push(13, 0).unwrap_err();
    assert_eq!((*refused.item.value(), refused.reason), (13, Refusal::Panicked));
    let mut batch = Batch::new();
    for value in [1, 13, 2] {
        batch.push(value);
    }
    assert_eq!(queue.try_push_batch(&mut batch, 0), Err(Refusal::Panicked));
    assert_eq!((batch.front(), queue.len()), (Some(&13), 1));
}

#[test]
fn a_configuration_that_cannot_work_says_everything() {
    let error = Resister::<u64>::builder(0)
        .with_max_bytes(0, |_| 1)
        .with_max_attempts(0)
        .build()
        .unwrap_err();
    assert_eq!(error.problems().len(), 3, "{error}");
    assert!(error.to_string().contains("the capacity is 0, it should be 1 to"), "{error}");
}

#[test]
fn handles_and_waits_go_anywhere() {
    fn send_sync<T: Send + Sync>() {}
    fn is_send<T: Send>(_: T) {}
    send_sync::<Resister<std::cell::Cell<u64>>>();
    let queue = Resister::new(1);
    is_send(queue.pop());
    is_send(queue.push(std::cell::Cell::new(1), 0));
}
