//! One verdict, whoever comes last.

use std::sync::Arc;

use loom::thread;

use super::{Verdicts, explore};
use crate::{NackReason, Receipt, Verdict};

const NACK: Verdict = Verdict::Nack(NackReason::Failed);

/// Settles each receipt on a thread of its own; the last one here.
fn settle_all<const N: usize>(receipts: [(Receipt, Verdict); N]) {
    let mut threads: Vec<_> =
        receipts.into_iter().map(|(receipt, verdict)| move || receipt.settle(verdict)).collect();
    let here = threads.pop().expect("there is one");
    let threads: Vec<_> = threads.into_iter().map(|settle| thread::spawn(settle)).collect();
    here();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn parts<const N: usize>(receipt: Receipt) -> [Receipt; N] {
    let parts: Vec<_> = receipt.split(N).collect();
    parts.try_into().expect("as many as asked for")
}

/// No bound.
#[test]
fn three_acks_are_one() {
    loom::model(|| {
        let verdicts = Arc::<Verdicts>::default();
        let all = parts::<3>(verdicts.receipt(7));
        settle_all(all.map(|part| (part, Verdict::Ack)));
        assert_eq!(verdicts.given(), [(7, Verdict::Ack)]);
    });
}

/// No bound. A nack among acks is seen, whichever comes last.
#[test]
fn one_nack_is_seen() {
    loom::model(|| {
        let verdicts = Arc::<Verdicts>::default();
        let [a, b, c] = parts(verdicts.receipt(7));
        settle_all([(a, Verdict::Ack), (b, NACK), (c, Verdict::Ack)]);
        assert_eq!(verdicts.given(), [(7, NACK)]);
    });
}

/// No bound. Two nacks are one, for the reason of either.
#[test]
fn two_nacks_are_one() {
    loom::model(|| {
        let verdicts = Arc::<Verdicts>::default();
        let [a, b] = parts(verdicts.receipt(7));
        let other = Verdict::Nack(NackReason::Returned);
        settle_all([(a, NACK), (b, other)]);
        let given = verdicts.given();
        assert!(given == [(7, NACK)] || given == [(7, other)], "{given:?}");
    });
}

/// No bound. A part is split again while another settles.
#[test]
fn parts_of_parts_count() {
    loom::model(|| {
        let verdicts = Arc::<Verdicts>::default();
        let [a, b] = parts(verdicts.receipt(7));
        let thread = thread::spawn(move || a.ack());
        let [c, d] = parts(b);
        let other = thread::spawn(move || c.settle(NACK));
        d.ack();
        thread.join().unwrap();
        other.join().unwrap();
        assert_eq!(verdicts.given(), [(7, NACK)]);
    });
}

/// No bound. A merged receipt that is split again settles each of its parents once.
#[test]
fn a_merged_receipt_settles_all_its_parents() {
    loom::model(|| {
        let verdicts = Arc::<Verdicts>::default();
        let merged = Receipt::merge([verdicts.receipt(1), verdicts.receipt(2)]);
        let [a, b] = parts(merged);
        settle_all([(a, Verdict::Ack), (b, Verdict::Ack)]);
        assert_eq!(verdicts.given(), [(1, Verdict::Ack), (2, Verdict::Ack)]);
    });
}

/// 3 preemptions. Two merged batches share an item, by its parts.
#[test]
fn batches_that_share_an_item() {
    explore(3, || {
        let verdicts = Arc::<Verdicts>::default();
        let [a, b] = parts(verdicts.receipt(1));
        let first = Receipt::merge([a, verdicts.receipt(2)]);
        let second = Receipt::merge([verdicts.receipt(3), b]);
        settle_all([(first, Verdict::Ack), (second, NACK)]);
        assert_eq!(verdicts.given(), [(1, NACK), (2, Verdict::Ack), (3, NACK)]);
    });
}
