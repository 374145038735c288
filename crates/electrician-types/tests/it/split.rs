//! One receipt becomes several: the item has one verdict when all of them have.

use electrician_types::{NackReason, Receipt, Verdict};

use crate::seeds::for_each_seed;
use crate::verdicts::{ACK, DROPPED, FAILED, REASONS, Verdicts};

#[test]
fn split_into_nothing_is_a_nack_at_once() {
    for verdicts in [Verdicts::new(), Verdicts::counting()] {
        let mut parts = verdicts.receipt(1).split(0);
        assert_eq!(verdicts.take(), [(1, DROPPED)]);
        assert_eq!(parts.len(), 0);
        assert!(parts.next().is_none());
        drop(parts);
        assert_eq!(verdicts.take(), []);
    }
}

#[test]
fn split_into_one_is_the_receipt_itself() {
    for verdicts in [Verdicts::new(), Verdicts::counting()] {
        for verdict in REASONS.map(Verdict::Nack).into_iter().chain([ACK]) {
            let mut parts = verdicts.receipt(1).split(1);
            assert_eq!(parts.len(), 1);
            let part = parts.next().unwrap();
            assert!(parts.next().is_none());
            drop(parts);
            assert_eq!(verdicts.take(), []);
            part.settle(verdict);
            assert_eq!(verdicts.take(), [(1, verdict)]);
        }
        assert_eq!(verdicts.take_asked(), [], "one verdict was expected anyway");
    }
}

#[test]
fn acked_parts_are_one_ack_when_the_last_has_spoken() {
    for count in [2, 3, 17] {
        let verdicts = Verdicts::new();
        let parts: Vec<_> = verdicts.receipt(1).split(count).collect();
        assert_eq!(parts.len(), count);
        for (spoken, part) in parts.into_iter().enumerate() {
            assert_eq!(verdicts.take(), [], "{spoken} of {count} parts have spoken");
            assert!(part.is_tracked());
            part.ack();
        }
        assert_eq!(verdicts.take(), [(1, ACK)]);
    }
}

#[test]
fn one_nack_among_acks_is_one_nack_when_the_last_has_spoken() {
    for reason in REASONS {
        for nacked in 0..4 {
            let verdicts = Verdicts::new();
            for (index, part) in verdicts.receipt(1).split(4).enumerate() {
                assert_eq!(verdicts.take(), [], "part {index} is still out");
                part.settle(if index == nacked { Verdict::Nack(reason) } else { ACK });
            }
            assert_eq!(verdicts.take(), [(1, Verdict::Nack(reason))]);
        }
    }
}

#[test]
fn several_nacks_are_one_for_a_reason_that_was_given() {
    let verdicts = Verdicts::new();
    let mut parts = verdicts.receipt(1).split(3);
    parts.next().unwrap().nack(NackReason::Failed);
    parts.next().unwrap().nack(NackReason::Returned);
    parts.next().unwrap().ack();
    let given = verdicts.take();
    let returned = Verdict::Nack(NackReason::Returned);
    assert!(given == [(1, FAILED)] || given == [(1, returned)], "{given:?}");
}

#[test]
fn a_part_that_is_dropped_is_a_nack_of_the_item() {
    let verdicts = Verdicts::new();
    let mut parts = verdicts.receipt(1).split(2);
    drop(parts.next());
    assert_eq!(verdicts.take(), []);
    parts.next().unwrap().ack();
    assert_eq!(verdicts.take(), [(1, DROPPED)]);
}

#[test]
fn parts_that_are_not_taken_out_count_as_nacks() {
    for taken in 0..3 {
        let verdicts = Verdicts::new();
        let mut parts = verdicts.receipt(1).split(3);
        let out: Vec<_> = parts.by_ref().take(taken).collect();
        assert_eq!(parts.len(), 3 - taken);
        drop(parts);
        out.into_iter().for_each(Receipt::ack);
        assert_eq!(verdicts.take(), [(1, DROPPED)], "{taken} taken out");
    }
}

#[test]
fn parts_that_were_all_taken_out_owe_nothing_to_their_iterator() {
    let verdicts = Verdicts::new();
    let mut parts = verdicts.receipt(1).split(2);
    let out = [parts.next().unwrap(), parts.next().unwrap()];
    assert!(parts.next().is_none() && parts.next().is_none());
    drop(parts);
    out.into_iter().for_each(Receipt::ack);
    assert_eq!(verdicts.take(), [(1, ACK)]);
}

#[test]
fn a_target_that_counts_is_told_each_verdict() {
    let verdicts = Verdicts::counting();
    let mut parts = verdicts.receipt(1).split(4);
    assert_eq!(verdicts.take_asked(), [(1, 3)]);
    parts.next().unwrap().ack();
    assert_eq!(verdicts.take(), [(1, ACK)]);
    parts.next().unwrap().nack(NackReason::Failed);
    assert_eq!(verdicts.take(), [(1, FAILED)]);
    drop(parts);
    assert_eq!(verdicts.take(), [(1, DROPPED), (1, DROPPED)]);
    assert_eq!(verdicts.take_asked(), []);
}

#[test]
fn a_part_is_split_again() {
    let verdicts = Verdicts::new();
    let mut parts = verdicts.receipt(1).split(2);
    let inner: Vec<_> = parts.next().unwrap().split(3).collect();
    parts.next().unwrap().ack();
    for part in inner {
        assert_eq!(verdicts.take(), []);
        part.ack();
    }
    assert_eq!(verdicts.take(), [(1, ACK)]);
    assert_eq!(verdicts.take_asked(), [(1, 1)], "a split that counts asks the source once");
}

#[test]
fn a_part_that_is_split_into_nothing_is_a_nack_of_the_item() {
    let verdicts = Verdicts::new();
    let mut parts = verdicts.receipt(1).split(2);
    drop(parts.next().unwrap().split(0));
    assert_eq!(verdicts.take(), []);
    parts.next().unwrap().ack();
    assert_eq!(verdicts.take(), [(1, DROPPED)]);
}

#[test]
fn parts_of_what_nobody_waits_for_are_untracked() {
    for count in [0, 1, 5] {
        let parts: Vec<_> = Receipt::none().split(count).collect();
        assert_eq!(parts.len(), count);
        assert!(parts.iter().all(|part| !part.is_tracked()));
    }
}

/// However often parts are split again, and in whatever order they speak: one verdict, after the
/// last of them, and a nack exactly when one of them was.
#[test]
fn any_tree_of_parts_has_one_verdict() {
    for_each_seed(200, |random| {
        let verdicts = Verdicts::new();
        let mut out = vec![verdicts.receipt(1)];
        let mut reasons = Vec::new();
        for _ in 0..random.usize(..20) {
            if out.is_empty() {
                break;
            }
            let receipt = out.swap_remove(random.usize(..out.len()));
            match random.u8(..8) {
                0 => {
                    drop(receipt.split(0));
                    reasons.push(NackReason::Dropped);
                }
                1 => {
                    let count = random.usize(1..4);
                    let taken = random.usize(..count);
                    out.extend(receipt.split(count).take(taken));
                    reasons.push(NackReason::Dropped);
                }
                _ => out.extend(receipt.split(random.usize(1..5))),
            }
            assert!(out.is_empty() || verdicts.take().is_empty(), "parts are out");
        }
        random.shuffle(&mut out);
        let calm = random.bool();
        while let Some(receipt) = out.pop() {
            assert_eq!(verdicts.take(), []);
            let reason = REASONS[random.usize(..REASONS.len())];
            if calm || random.bool() {
                receipt.ack();
            } else {
                receipt.nack(reason);
                reasons.push(reason);
            }
        }
        match verdicts.take()[..] {
            [(1, Verdict::Ack)] => assert_eq!(reasons, []),
            [(1, Verdict::Nack(reason))] => assert!(reasons.contains(&reason), "{reason:?}"),
            ref given => panic!("one verdict, not {given:?}"),
        }
    });
}
