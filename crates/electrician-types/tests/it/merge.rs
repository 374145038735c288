//! Several receipts become one: its verdict settles each of them.

use electrician_types::{NackReason, Receipt, Verdict, Watermark};

use crate::verdicts::{ACK, DROPPED, FAILED, REASONS, Verdicts};

fn sorted(mut given: Vec<(u64, Verdict)>) -> Vec<(u64, Verdict)> {
    given.sort_by_key(|(token, _)| *token);
    given
}

#[test]
fn nothing_merged_is_untracked() {
    assert!(!Receipt::merge([]).is_tracked());
    assert!(!Receipt::merge([Receipt::none(), Receipt::none()]).is_tracked());
}

#[test]
fn one_merged_is_settled_once() {
    let verdicts = Verdicts::new();
    for verdict in REASONS.map(Verdict::Nack).into_iter().chain([ACK]) {
        let merged = Receipt::merge([Receipt::none(), verdicts.receipt(1), Receipt::none()]);
        assert!(merged.is_tracked());
        assert_eq!(verdicts.take(), []);
        merged.settle(verdict);
        assert_eq!(verdicts.take(), [(1, verdict)]);
    }
}

#[test]
fn several_merged_are_each_settled_once() {
    for count in [2, 3, 50] {
        for verdict in REASONS.map(Verdict::Nack).into_iter().chain([ACK]) {
            let verdicts = Verdicts::new();
            let merged = Receipt::merge((0..count).map(|token| verdicts.receipt(token)));
            assert_eq!(verdicts.take(), []);
            merged.settle(verdict);
            let expected: Vec<_> = (0..count).map(|token| (token, verdict)).collect();
            assert_eq!(sorted(verdicts.take()), expected);
        }
    }
}

#[test]
fn untracked_ones_among_them_change_nothing() {
    let verdicts = Verdicts::new();
    let receipts = (0..6).map(|token| match token % 2 {
        0 => Receipt::none(),
        _ => verdicts.receipt(token),
    });
    Receipt::merge(receipts).ack();
    assert_eq!(sorted(verdicts.take()), [(1, ACK), (3, ACK), (5, ACK)]);
}

#[test]
fn a_merged_receipt_that_is_dropped_nacks_each() {
    let verdicts = Verdicts::new();
    drop(Receipt::merge([verdicts.receipt(1), verdicts.receipt(2)]));
    assert_eq!(sorted(verdicts.take()), [(1, DROPPED), (2, DROPPED)]);
}

#[test]
fn merged_receipts_may_have_different_sources() {
    let (one, other) = (Verdicts::new(), Verdicts::counting());
    Receipt::merge([one.receipt(1), other.receipt(2)]).nack(NackReason::Failed);
    assert_eq!((one.take(), other.take()), (vec![(1, FAILED)], vec![(2, FAILED)]));
}

#[test]
fn merged_again_each_is_settled_once() {
    let verdicts = Verdicts::new();
    let inner = Receipt::merge([verdicts.receipt(1), verdicts.receipt(2)]);
    let outer = Receipt::merge([verdicts.receipt(3), inner, Receipt::none()]);
    assert_eq!(verdicts.take(), []);
    outer.ack();
    assert_eq!(sorted(verdicts.take()), [(1, ACK), (2, ACK), (3, ACK)]);
}

#[test]
fn merged_then_split_each_is_settled_once_after_the_last_part() {
    for verdict in [ACK, FAILED] {
        let verdicts = Verdicts::counting();
        let merged = Receipt::merge([verdicts.receipt(1), verdicts.receipt(2)]);
        let mut parts = merged.split(3);
        parts.next().unwrap().ack();
        parts.next().unwrap().settle(verdict);
        assert_eq!(verdicts.take(), []);
        parts.next().unwrap().ack();
        assert_eq!(sorted(verdicts.take()), [(1, verdict), (2, verdict)]);
    }
}

#[test]
fn split_then_merged_waits_for_the_part_that_went_elsewhere() {
    let verdicts = Verdicts::new();
    let mut parts = verdicts.receipt(1).split(2);
    let merged = Receipt::merge([parts.next().unwrap(), verdicts.receipt(2)]);
    let elsewhere = parts.next().unwrap();
    merged.ack();
    assert_eq!(verdicts.take(), [(2, ACK)]);
    elsewhere.nack(NackReason::Failed);
    assert_eq!(verdicts.take(), [(1, FAILED)]);
}

#[test]
fn parts_of_one_item_merged_again_are_one_verdict() {
    let verdicts = Verdicts::new();
    let merged = Receipt::merge(verdicts.receipt(1).split(3));
    assert_eq!(verdicts.take(), []);
    merged.ack();
    assert_eq!(verdicts.take(), [(1, ACK)]);
}

#[test]
fn merged_offsets_of_a_watermark_are_passed_together() {
    let mut watermark = Watermark::new(4);
    let receipts: Vec<_> = (0..3).map(|offset| watermark.track(offset).unwrap()).collect();
    let merged = Receipt::merge(receipts);
    assert_eq!(watermark.advance(), None);
    merged.ack();
    assert_eq!(watermark.advance(), Some(2));
}
