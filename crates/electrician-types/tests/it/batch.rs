//! A batch against the plainest possible model: a queue of values that each know their token.

use std::collections::VecDeque;

use electrician_types::{Batch, Item, Receipt, Verdict};

use crate::verdicts::{DROPPED, Verdicts};

#[test]
fn takes_in_the_order_of_pushes() {
    let mut batch = Batch::with_capacity(2);
    assert!(batch.is_empty() && batch.front().is_none());
    for n in 0..5 {
        batch.push(n);
    }
    assert_eq!((batch.len(), batch.front()), (5, Some(&0)));
    assert_eq!(batch.values().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(batch.accept(), Some(0));
    assert_eq!(batch.into_iter().map(Item::accept).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn a_dropped_batch_nacks_what_is_in_it() {
    let verdicts = Verdicts::new();
    let mut batch = Batch::new();
    batch.push(0);
    batch.push_tracked(1, verdicts.receipt(1));
    batch.push_tracked(2, verdicts.receipt(2));
    assert_eq!(batch.accept(), Some(0));
    assert_eq!(batch.accept(), Some(1));
    assert_eq!(verdicts.take(), [(1, Verdict::Ack)]);
    drop(batch);
    assert_eq!(verdicts.take(), [(2, DROPPED)]);
}

#[test]
fn an_iterator_that_is_dropped_halfway_nacks_the_rest() {
    let verdicts = Verdicts::new();
    let items = (0..3).map(|n| Item::with_receipt(n, verdicts.receipt(n)));
    let mut items = items.collect::<Batch<_>>().into_iter();
    assert_eq!(items.len(), 3);
    items.next().unwrap().accept();
    drop(items);
    assert_eq!(verdicts.take(), [(0, Verdict::Ack), (1, DROPPED), (2, DROPPED)]);
}

#[test]
fn attaching_replaces_receipts_and_drops_the_former_ones() {
    let verdicts = Verdicts::new();
    let mut batch = Batch::new();
    batch.attach_last(verdicts.receipt(9));
    assert_eq!(verdicts.take(), [(9, DROPPED)], "an empty batch takes no receipt");
    batch.push("a");
    batch.push("b");
    batch.push_tracked("c", verdicts.receipt(0));
    batch.attach_last(verdicts.receipt(1));
    assert_eq!(verdicts.take(), [(0, DROPPED)]);
    batch.attach_last_n(2, [verdicts.receipt(2), verdicts.receipt(3)]);
    assert_eq!(verdicts.take(), [(1, DROPPED)]);
    assert!(!batch.take().unwrap().receipt().is_tracked());
    batch.accept_all();
    assert_eq!(verdicts.take(), [(2, Verdict::Ack), (3, Verdict::Ack)]);
}

#[test]
fn values_without_a_size_have_receipts_too() {
    let verdicts = Verdicts::new();
    let mut batch = Batch::new();
    batch.push(());
    batch.attach_last(verdicts.receipt(1));
    batch.push_tracked((), verdicts.receipt(2));
    batch.accept_all();
    assert_eq!(verdicts.take(), [(1, Verdict::Ack), (2, Verdict::Ack)]);
}

#[test]
fn more_receipts_than_values_are_dropped() {
    let verdicts = Verdicts::new();
    let mut batch = Batch::from(vec![Item::new(1)]);
    batch.as_vecs(|_, receipts| receipts.extend([verdicts.receipt(1), verdicts.receipt(2)]));
    assert_eq!(verdicts.take(), [(2, DROPPED)]);
    assert_eq!(batch.accept(), Some(1));
    assert_eq!(verdicts.take(), [(1, Verdict::Ack)]);
}

/// A value, and the token of its receipt.
type Entry = (u64, Option<u64>);

/// Any sequence of operations leaves each receipt with its value.
#[test]
fn receipts_stay_with_their_values() {
    for seed in 0..200 {
        let mut random = fastrand::Rng::with_seed(seed);
        let verdicts = Verdicts::new();
        let (mut batch, mut model) = (Batch::new(), VecDeque::<Entry>::new());
        for next in 0..100 {
            let mut lost = Vec::new();
            match random.u8(..8) {
                0 | 1 => {
                    batch.push(next);
                    model.push_back((next, None));
                }
                2 => {
                    batch.push_tracked(next, verdicts.receipt(next));
                    model.push_back((next, Some(next)));
                }
                3 => {
                    let taken = batch.take().map(Item::into_parts);
                    let entry = model.pop_front();
                    assert_eq!(
                        taken.as_ref().map(|(value, _)| *value),
                        entry.map(|(value, _)| value)
                    );
                    lost.extend(entry.and_then(|(_, token)| token));
                }
                4 => {
                    let keep = random.usize(..=model.len());
                    batch.truncate(keep);
                    lost.extend(model.drain(keep..).filter_map(|(_, token)| token));
                }
                5 => {
                    let count = random.usize(..4).min(model.len());
                    let tokens = next + 1000..next + 1000 + count as u64;
                    batch.attach_last_n(count, tokens.clone().map(|token| verdicts.receipt(token)));
                    let first = model.len() - count;
                    for ((_, token), new) in model.range_mut(first..).zip(tokens) {
                        lost.extend(token.replace(new));
                    }
                }
                6 => {
                    let mut other = Batch::new();
                    other.push(next);
                    other.push_tracked(
                        next,
                        if random.bool() { verdicts.receipt(next) } else { Receipt::none() },
                    );
                    let is_tracked = other.as_vecs(|_, receipts| !receipts.is_empty());
                    batch.append(&mut other);
                    assert!(other.is_empty());
                    model.extend([(next, None), (next, is_tracked.then_some(next))]);
                }
                _ => batch.as_vecs(|values, receipts| {
                    let half = values.len() / 2;
                    values.drain(..half);
                    receipts.drain(..half.min(receipts.len()));
                    lost.extend(model.drain(..half).filter_map(|(_, token)| token));
                }),
            }
            assert_eq!(batch.len(), model.len());
            assert!(batch.values().copied().eq(model.iter().map(|(value, _)| *value)));
            let dropped = lost.into_iter().map(|token| (token, DROPPED));
            assert_eq!(verdicts.take(), dropped.collect::<Vec<_>>(), "seed {seed}");
        }
        for (item, (value, token)) in batch.into_iter().zip(model) {
            assert_eq!(item.accept(), value);
            let expected = token.map(|token| (token, Verdict::Ack));
            assert_eq!(verdicts.take(), expected.into_iter().collect::<Vec<_>>(), "seed {seed}");
        }
    }
}

#[test]
fn what_was_put_back_is_the_first_again() {
    let verdicts = Verdicts::new();
    // With and without a receipt, before others with and without.
    for (mine, others) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut batch = Batch::new();
        for n in 0..3 {
            let is_tracked = if n == 0 { mine } else { others };
            batch.push_tracked(n, if is_tracked { verdicts.receipt(n) } else { Receipt::none() });
        }
        let first = batch.take().unwrap();
        batch.put_back(first);
        for n in 0..3 {
            let (value, receipt) = batch.take().unwrap().into_parts();
            assert_eq!((value, receipt.is_tracked()), (n, if n == 0 { mine } else { others }));
        }
    }
}
