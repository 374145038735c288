//! Exactly one verdict leaves a receipt.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use electrician_types::{Acknowledge, NackReason, Receipt, Verdict};

use crate::verdicts::{ACK, DROPPED, FAILED, REASONS, Verdicts};

#[test]
fn an_ack_is_one_ack() {
    let verdicts = Verdicts::new();
    let receipt = verdicts.receipt(7);
    assert!(receipt.is_tracked());
    assert_eq!(verdicts.take(), [], "a receipt that is held says nothing");
    receipt.ack();
    assert_eq!(verdicts.take(), [(7, ACK)]);
}

#[test]
fn a_nack_is_one_nack_with_its_reason() {
    let verdicts = Verdicts::new();
    for reason in REASONS {
        verdicts.receipt(u64::MAX).nack(reason);
        assert_eq!(verdicts.take(), [(u64::MAX, Verdict::Nack(reason))]);
    }
}

#[test]
fn settling_gives_the_verdict_as_it_is() {
    let verdicts = Verdicts::new();
    for verdict in REASONS.map(Verdict::Nack).into_iter().chain([ACK]) {
        verdicts.receipt(0).settle(verdict);
        assert_eq!(verdicts.take(), [(0, verdict)]);
    }
}

#[test]
fn a_dropped_receipt_is_one_nack() {
    let verdicts = Verdicts::new();
    drop(verdicts.receipt(3));
    assert_eq!(verdicts.take(), [(3, DROPPED)]);
}

#[test]
fn a_receipt_that_is_lost_in_a_panic_is_a_nack() {
    let verdicts = Verdicts::new();
    let receipt = verdicts.receipt(3);
    let lost = catch_unwind(AssertUnwindSafe(move || {
        let _held = receipt;
        resume_unwind(Box::new("user code"));
    }));
    assert!(lost.is_err());
    assert_eq!(verdicts.take(), [(3, DROPPED)]);
}

#[test]
fn what_is_taken_leaves_an_untracked_receipt_behind() {
    let verdicts = Verdicts::new();
    let mut receipt = verdicts.receipt(5);
    let taken = receipt.take();
    assert!(taken.is_tracked() && !receipt.is_tracked());
    assert!(!receipt.take().is_tracked());
    drop(receipt);
    assert_eq!(verdicts.take(), [], "the duty went with what was taken");
    taken.nack(NackReason::Failed);
    assert_eq!(verdicts.take(), [(5, FAILED)]);
}

#[test]
fn a_receipt_that_nobody_waits_for_takes_everything() {
    for receipt in [Receipt::none(), Receipt::default()] {
        assert!(!receipt.is_tracked());
        drop(receipt);
    }
    Receipt::none().ack();
    Receipt::none().nack(NackReason::Returned);
    Receipt::none().settle(FAILED);
}

#[test]
fn each_receipt_settles_its_own_token_at_its_own_target() {
    let (one, other) = (Verdicts::new(), Verdicts::new());
    let (a, b, c) = (one.receipt(1), other.receipt(1), one.receipt(2));
    c.ack();
    b.nack(NackReason::Failed);
    drop(a);
    assert_eq!(one.take(), [(2, ACK), (1, DROPPED)]);
    assert_eq!(other.take(), [(1, FAILED)]);
}

#[test]
fn a_receipt_keeps_its_target_until_it_has_spoken() {
    let verdicts = Verdicts::new();
    let receipt = verdicts.receipt(1);
    assert_eq!(Arc::strong_count(&verdicts), 2);
    receipt.ack();
    assert_eq!(Arc::strong_count(&verdicts), 1);
}

#[test]
fn a_target_does_not_count_parts_unless_it_says_so() {
    #[derive(Debug)]
    struct Minimal;
    impl Acknowledge for Minimal {
        fn settle(&self, _token: u64, _verdict: Verdict) {}
    }
    assert!(!Minimal.split(1, 1));
}

#[test]
fn receipts_and_reasons_say_what_they_are() {
    let verdicts = Verdicts::new();
    let receipt = verdicts.receipt(42);
    assert_eq!(format!("{receipt:?}"), "Receipt(42)");
    assert_eq!(format!("{:?}", Receipt::none()), "Receipt(untracked)");
    receipt.ack();
    let said: HashSet<_> = REASONS.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), REASONS.len(), "{said:?}");
    assert_eq!(NackReason::Dropped.to_string(), "dropped without a verdict");
}
