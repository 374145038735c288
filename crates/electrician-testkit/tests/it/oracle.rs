//! The oracle sees loss, duplication, wrong verdicts and a lying ledger: on doctored observations.

use electrician_testkit::{Fate, Oracle, Report, Terms, Trace, Verdicts};
use electrician_types::{Ledger, NackReason, Receipt};

/// A ledger with these columns.
fn ledger(columns: impl FnOnce(&mut Ledger)) -> Ledger {
    let mut ledger = Ledger::default();
    columns(&mut ledger);
    ledger
}

/// An oracle that has seen items 0 to 3 go in, with their receipts.
fn four() -> (Oracle, Vec<Receipt>) {
    let oracle = Oracle::new();
    let receipts = (0..4)
        .map(|id| {
            oracle.accepted(id);
            oracle.receipt(id)
        })
        .collect();
    (oracle, receipts)
}

fn delivered(oracle: &Oracle, ids: &[u64]) {
    ids.iter().for_each(|id| oracle.saw(Fate::Delivered, *id));
}

#[track_caller]
fn only(report: &Report, what: &[&str]) {
    let found: Vec<&str> = report.findings().iter().map(|finding| finding.what).collect();
    assert_eq!(found, what, "{report}");
}

#[test]
fn a_true_account_is_clean() {
    let (oracle, mut receipts) = four();
    receipts.remove(3).nack(NackReason::Failed);
    receipts.remove(2).nack(NackReason::Returned);
    receipts.into_iter().for_each(Receipt::ack);
    delivered(&oracle, &[0]);
    oracle.saw(Fate::Filtered, 1);
    oracle.saw(Fate::Returned, 2);
    oracle.refused(9);
    oracle.ledger(&ledger(|l| {
        (l.accepted, l.delivered, l.filtered, l.returned, l.failed) = (4, 1, 1, 1, 1);
    }));
    let report = oracle.check(&Terms::new());
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.unseen(), report.seen().delivered), (1, 1));
    oracle.assert(&Terms::new());
}

#[test]
fn a_lost_item_is_named() {
    let (oracle, receipts) = four();
    receipts.into_iter().for_each(Receipt::ack);
    delivered(&oracle, &[0, 1, 3]);
    oracle.ledger(&ledger(|l| (l.accepted, l.delivered) = (4, 4)));
    let report = oracle.check(&Terms::new());
    only(&report, &["wrong column", "lost", "wrongly acked"]);
    assert_eq!(
        report.to_string(),
        "the account does not add up, 3 finding(s):\n  \
         wrong column: the ledger counts 4 delivered, the oracle saw 3\n  \
         lost: 1 item(s) were accepted and never seen again, 1 more than the ledger's 0 failed and \
         0 abandoned: 2\n  \
         wrongly acked: 1 item(s) were acknowledged and are not done: 2 (2 never seen again)\n  \
         the ledger: accepted 4 = delivered 4\n  \
         the oracle: accepted 4 ≠ delivered 3 + never seen again 1"
    );
}

#[test]
fn a_ledger_that_does_not_balance_is_seen() {
    let (oracle, receipts) = four();
    drop(receipts);
    oracle.ledger(&ledger(|l| (l.accepted, l.returned) = (4, 3)));
    (0..3).for_each(|id| oracle.saw(Fate::Returned, id));
    only(&oracle.check(&Terms::new()), &["unbalanced", "lost"]);
}

#[test]
fn every_column_is_compared() {
    let lies: [fn(&mut Ledger); 9] = [
        |l| l.accepted += 1,
        |l| l.split += 1,
        |l| l.delivered += 1,
        |l| l.filtered += 1,
        |l| l.merged += 1,
        |l| l.diverted += 1,
        |l| l.dead_lettered += 1,
        |l| l.dropped += 1,
        |l| l.returned += 1,
    ];
    for lie in lies {
        let (oracle, receipts) = four();
        receipts.into_iter().for_each(Receipt::ack);
        delivered(&oracle, &[0, 1, 2, 3]);
        let mut ledger = ledger(|l| (l.accepted, l.delivered) = (4, 4));
        lie(&mut ledger);
        oracle.ledger(&ledger);
        let report = oracle.check(&Terms::new());
        only(&report, &["unbalanced", "wrong column"]);
    }
    let (oracle, receipts) = four();
    receipts.into_iter().for_each(Receipt::ack);
    delivered(&oracle, &[0, 1, 2, 3]);
    oracle.ledger(&ledger(|l| {
        (l.accepted, l.delivered, l.retried) = (4, 4, 2);
    }));
    only(&oracle.check(&Terms::new().retried(3)), &["wrong column"]);
    oracle.assert(&Terms::new().retried(2));
}

#[test]
fn what_is_delivered_and_counted_as_failed_is_seen() {
    let (oracle, receipts) = four();
    receipts.into_iter().for_each(Receipt::ack);
    delivered(&oracle, &[0, 1, 2, 3]);
    oracle.ledger(&ledger(|l| (l.accepted, l.delivered, l.failed) = (4, 3, 1)));
    only(&oracle.check(&Terms::new()), &["wrong column", "counted twice"]);
}

#[test]
fn abandoned_items_need_a_deadline() {
    let (oracle, receipts) = four();
    drop(receipts);
    oracle.ledger(&ledger(|l| (l.accepted, l.abandoned) = (4, 4)));
    only(&oracle.check(&Terms::new()), &["abandoned"]);
    oracle.assert(&Terms::new().may_abandon());
}

#[test]
fn only_expected_failures_are_forgiven() {
    let (oracle, receipts) = four();
    drop(receipts);
    oracle.ledger(&ledger(|l| (l.accepted, l.failed) = (4, 4)));
    oracle.assert(&Terms::new());
    (0..3).for_each(|id| oracle.may_fail(id));
    let report = oracle.check(&Terms::new().only_expected_failures());
    only(&report, &["unexpected"]);
    assert!(report.to_string().contains("nothing had happened to them: 3\n"), "{report}");
}

#[test]
fn duplicates_and_strangers_are_seen() {
    let (oracle, receipts) = four();
    receipts.into_iter().for_each(Receipt::ack);
    oracle.refused(7);
    delivered(&oracle, &[0, 1, 2, 3, 3, 7, 8]);
    oracle.ledger(&ledger(|l| (l.accepted, l.delivered) = (4, 7)));
    let report = oracle.check(&Terms::new());
    only(&report, &["invented", "duplicated", "unbalanced"]);
    let text = report.to_string();
    assert!(text.contains("7 (refused, then Delivered), 8 (unknown, then Delivered)"), "{text}");
    assert!(text.contains("went in: 3 (+1), 7 (+1), 8 (+1)"), "{text}");
}

#[test]
fn what_a_source_gives_twice_may_come_out_twice() {
    let oracle = Oracle::new();
    for _ in 0..2 {
        oracle.item(1, ()).accept();
        oracle.accepted(1);
    }
    // One of the two was split, the other failed.
    oracle.became(1, 2);
    oracle.saw(Fate::Delivered, Trace::new(1).part(0, 2));
    oracle.saw(Fate::Delivered, Trace::new(1).part(1, 2));
    oracle.ledger(&ledger(|l| {
        (l.accepted, l.split, l.delivered, l.failed) = (2, 1, 2, 1);
    }));
    let report = oracle.check(&Terms::new());
    only(&report, &["wrongly acked"]);
    assert_eq!(report.unseen(), 1);
}

#[test]
fn diverted_items_have_a_column_and_the_verdict_of_their_way() {
    let (oracle, mut receipts) = four();
    receipts.remove(3).nack(NackReason::Failed);
    receipts.into_iter().for_each(Receipt::ack);
    delivered(&oracle, &[0]);
    oracle.saw(Fate::Diverted, 1);
    oracle.saw(Fate::Diverted, 2);
    oracle.saw(Fate::DiversionRejected, 3);
    oracle.ledger(&ledger(|l| (l.accepted, l.delivered, l.diverted) = (4, 1, 3)));
    oracle.assert(&Terms::new());
    let (oracle, receipts) = four();
    receipts.into_iter().for_each(Receipt::ack);
    delivered(&oracle, &[0, 1, 2]);
    oracle.saw(Fate::DiversionRejected, 3);
    oracle.ledger(&ledger(|l| (l.accepted, l.delivered) = (4, 4)));
    only(&oracle.check(&Terms::new()), &["wrong column", "wrong column", "wrongly acked"]);
}

#[test]
fn wrong_verdicts_are_seen() {
    let (oracle, mut receipts) = four();
    receipts.remove(3).nack(NackReason::Failed);
    receipts.into_iter().for_each(Receipt::ack);
    oracle.saw(Fate::Returned, 0);
    oracle.saw(Fate::LetterRejected, 1);
    oracle.saw(Fate::Rejected, 2);
    oracle.saw(Fate::Delivered, 3);
    oracle.ledger(&ledger(|l| {
        (l.accepted, l.delivered, l.returned, l.dead_lettered) = (4, 2, 1, 1);
    }));
    let report = oracle.check(&Terms::new());
    only(&report, &["wrongly acked", "wrongly nacked"]);
    let text = report.to_string();
    assert!(text.contains("0 (0 Returned), 1 (1 LetterRejected), 2 (2 Rejected)"), "{text}");
    assert!(text.contains("3 ([Nack(Failed)])"), "{text}");
}

#[test]
fn missing_and_surplus_verdicts_are_seen() {
    let verdicts = Verdicts::counting();
    let oracle = Oracle::with_verdicts(verdicts.clone());
    std::mem::forget(oracle.receipt(5));
    let receipt = oracle.receipt(6);
    oracle.accepted(5);
    oracle.accepted(6);
    delivered(&oracle, &[5, 6]);
    oracle.ledger(&ledger(|l| (l.accepted, l.delivered) = (2, 2)));
    receipt.ack();
    let report = oracle.check(&Terms::new());
    only(&report, &["no verdict"]);
    assert!(report.to_string().contains("never got a verdict: 5"), "{report}");
    assert_eq!(verdicts.breaches(), Vec::<String>::new());
}

#[test]
fn a_refused_item_must_not_be_acknowledged() {
    let oracle = Oracle::new();
    oracle.refused(1);
    oracle.item(1, ()).accept();
    oracle.ledger(&Ledger::default());
    only(&oracle.check(&Terms::new()), &["wrongly acked"]);
}

#[test]
fn a_lost_part_is_named() {
    let oracle = Oracle::new();
    oracle.accepted(1);
    oracle.accepted(2);
    let inner = Trace::new(1).part(2, 3);
    oracle.saw(Fate::Delivered, Trace::new(1).part(0, 3));
    oracle.saw(Fate::Delivered, inner.part(1, 2));
    oracle.became(2, 2);
    oracle.ledger(&ledger(|l| (l.accepted, l.split, l.delivered) = (2, 4, 6)));
    let report = oracle.check(&Terms::new());
    only(&report, &["wrong column", "lost"]);
    assert!(report.to_string().contains("0 abandoned: 1.1/3, 1.2/3.0/2, 2.0/2, 2.1/2"), "{report}");
}

#[test]
fn parts_that_nobody_saw_may_have_been() {
    // Item 1 became two, and both failed before anybody saw them.
    let oracle = Oracle::new();
    oracle.accepted(1);
    oracle.ledger(&ledger(|l| (l.accepted, l.split, l.failed) = (1, 1, 2)));
    oracle.assert(&Terms::new());
    let lying = Oracle::new();
    lying.accepted(1);
    lying.saw(Fate::Delivered, 1);
    lying.ledger(&ledger(|l| {
        (l.accepted, l.split, l.delivered, l.failed) = (1, 1, 1, 1);
    }));
    only(&lying.check(&Terms::new()), &["wrong column", "counted twice"]);
}

#[test]
fn batches_count_as_one_and_share_their_verdict() {
    let (oracle, receipts) = four();
    let traces: Vec<Trace> = (0..4).map(Trace::new).collect();
    drop(receipts);
    oracle.unbatched(&traces[..2]);
    delivered(&oracle, &[0]);
    oracle.saw(Fate::Returned, 1);
    oracle.saw_batch(Fate::Returned, &traces[2..]);
    oracle.ledger(&ledger(|l| {
        (l.accepted, l.split, l.merged) = (4, 1, 2);
        (l.delivered, l.returned) = (1, 2);
    }));
    // Item 0 is done and was not acknowledged, because it was in one batch with item 1.
    oracle.assert(&Terms::new());
}

#[test]
fn order_is_checked_by_place_and_group() {
    let oracle = Oracle::new();
    for (place, id) in [("left", 1), ("left", 4), ("right", 2), ("left", 3), ("right", 6)] {
        oracle.accepted(id);
        oracle.saw_in_turn(place, Fate::Delivered, id);
    }
    oracle.ledger(&ledger(|l| (l.accepted, l.delivered) = (5, 5)));
    oracle.assert(&Terms::new());
    oracle.assert(&Terms::new().ordered_by(|trace| trace.id() % 2));
    let report = oracle.check(&Terms::new().ordered_by(|_| 0));
    only(&report, &["out of order"]);
    assert!(report.to_string().contains("out of left behind a later one: 3 after 4"), "{report}");
}

#[test]
fn without_a_ledger_the_run_must_have_been_dropped() {
    let (oracle, receipts) = four();
    drop(receipts);
    only(&oracle.check(&Terms::new()), &["no ledger"]);
    oracle.assert(&Terms::new().was_dropped());
}
