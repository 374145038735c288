//! A value and its receipt stay together.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use electrician_types::{Item, NackReason};

use crate::verdicts::{ACK, DROPPED, FAILED, Verdicts};

#[test]
fn an_item_that_nobody_waits_for() {
    for item in [Item::new(5), Item::from(5)] {
        assert_eq!(*item.value(), 5);
        assert!(!item.receipt().is_tracked());
        assert_eq!(item.accept(), 5);
    }
}

#[test]
fn accepting_acknowledges_once() {
    let verdicts = Verdicts::new();
    let item = Item::with_receipt("a", verdicts.receipt(1));
    assert!(item.receipt().is_tracked());
    assert_eq!(verdicts.take(), []);
    assert_eq!(item.accept(), "a");
    assert_eq!(verdicts.take(), [(1, ACK)]);
}

#[test]
fn a_dropped_item_is_a_nack() {
    let verdicts = Verdicts::new();
    drop(Item::with_receipt((), verdicts.receipt(1)));
    assert_eq!(verdicts.take(), [(1, DROPPED)]);
}

#[test]
fn attaching_drops_the_former_receipt_and_only_that() {
    let verdicts = Verdicts::new();
    let mut item = Item::with_receipt((), verdicts.receipt(1));
    item.attach(verdicts.receipt(2));
    assert_eq!(verdicts.take(), [(1, DROPPED)]);
    item.accept();
    assert_eq!(verdicts.take(), [(2, ACK)]);
}

#[test]
fn another_value_has_the_same_receipt() {
    let verdicts = Verdicts::new();
    let item = Item::with_receipt(2, verdicts.receipt(1)).map(|n| n.to_string());
    assert_eq!(item.value(), "2");
    assert_eq!(verdicts.take(), []);
    item.accept();
    assert_eq!(verdicts.take(), [(1, ACK)]);
}

#[test]
fn a_panic_while_mapping_is_a_nack() {
    let verdicts = Verdicts::new();
    let item = Item::with_receipt(2, verdicts.receipt(1));
    let mapped = catch_unwind(AssertUnwindSafe(|| {
        item.map(|_| -> u64 { resume_unwind(Box::new("user code")) })
    }));
    assert!(mapped.is_err());
    assert_eq!(verdicts.take(), [(1, DROPPED)]);
}

#[test]
fn values_change_in_place() {
    let mut item = Item::new(vec![1]);
    item.value_mut().push(2);
    assert_eq!(item.accept(), [1, 2]);
}

#[test]
fn whoever_takes_it_apart_owes_the_verdict() {
    let verdicts = Verdicts::new();
    let (value, receipt) = Item::with_receipt(9, verdicts.receipt(1)).into_parts();
    assert_eq!((value, verdicts.take()), (9, vec![]));
    receipt.nack(NackReason::Failed);
    assert_eq!(verdicts.take(), [(1, FAILED)]);
}
