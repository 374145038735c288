//! The watermark passes only what was acknowledged.

mod model;
mod threads;

use std::mem::ManuallyDrop;

use electrician_types::{NackReason, Nacked, Receipt, Watermark};

use crate::verdicts::REASONS;

fn tracked(watermark: &mut Watermark, offsets: impl IntoIterator<Item = u64>) -> Vec<Receipt> {
    offsets.into_iter().map(|offset| watermark.track(offset).expect("there is room")).collect()
}

fn nacked(watermark: &Watermark) -> Vec<Nacked> {
    watermark.nacked().collect()
}

#[test]
fn has_nothing_at_first() {
    let mut watermark = Watermark::new(4);
    assert_eq!(
        (watermark.advance(), watermark.committed(), watermark.in_flight()),
        (None, None, 0)
    );
    assert_eq!(nacked(&watermark), []);
}

#[test]
fn passes_what_is_acknowledged_without_a_gap() {
    let mut watermark = Watermark::new(8);
    let mut out =
        tracked(&mut watermark, [10, 11, 20, 30]).into_iter().map(Some).collect::<Vec<_>>();
    let mut ack = |index: usize| out[index].take().unwrap().ack();
    ack(1);
    ack(2);
    assert_eq!((watermark.advance(), watermark.committed()), (None, None));
    assert_eq!(watermark.in_flight(), 4, "the gap counts");
    ack(0);
    assert_eq!(watermark.committed(), None, "as of the last advance");
    assert_eq!((watermark.advance(), watermark.committed()), (Some(20), Some(20)));
    assert_eq!((watermark.advance(), watermark.in_flight()), (None, 1));
    ack(3);
    assert_eq!((watermark.advance(), watermark.in_flight()), (Some(30), 0));
    assert_eq!((watermark.advance(), watermark.committed()), (None, Some(30)));
}

#[test]
fn zero_and_the_largest_are_offsets_like_others() {
    let mut watermark = Watermark::new(2);
    let out = tracked(&mut watermark, [0, u64::MAX]);
    out.into_iter().for_each(Receipt::ack);
    assert_eq!(watermark.advance(), Some(u64::MAX));
}

#[test]
fn refuses_what_has_no_place_in_the_window() {
    let mut watermark = Watermark::new(2);
    let mut out = tracked(&mut watermark, [0, 1]);
    assert!(watermark.track(2).is_none());
    out.pop().unwrap().ack();
    watermark.advance();
    assert!(
        watermark.track(2).is_none(),
        "the gap fills the window, whatever is settled behind it"
    );
    out.pop().unwrap().ack();
    assert!(watermark.track(2).is_none(), "a place is free when the watermark has passed it");
    assert_eq!(watermark.advance(), Some(1));
    let out = tracked(&mut watermark, [2, 3]);
    assert!(watermark.track(4).is_none());
    out.into_iter().for_each(Receipt::ack);
    assert_eq!(watermark.advance(), Some(3));
}

#[test]
fn a_window_has_a_place_at_least() {
    let mut watermark = Watermark::new(0);
    let out = tracked(&mut watermark, [5]);
    assert!(watermark.track(6).is_none());
    out.into_iter().for_each(Receipt::ack);
    assert_eq!(watermark.advance(), Some(5));
}

#[test]
fn a_nacked_offset_holds_and_is_listed_until_it_is_decided() {
    for reason in REASONS {
        let mut watermark = Watermark::new(4);
        let mut out = tracked(&mut watermark, [1, 2, 3]);
        out.pop().unwrap().nack(reason);
        out.pop().unwrap().ack();
        let expected = Nacked { offset: 3, reason };
        for _ in 0..2 {
            assert_eq!(nacked(&watermark), [expected]);
            assert_eq!(watermark.advance(), None);
        }
        out.pop().unwrap().ack();
        assert_eq!(watermark.advance(), Some(2), "not the nacked one");
        assert_eq!((nacked(&watermark), watermark.in_flight()), (vec![expected], 1));
        assert!(watermark.resolve(3));
        assert_eq!(nacked(&watermark), []);
        assert_eq!(watermark.advance(), Some(3));
    }
}

#[test]
fn nacked_items_are_listed_oldest_first() {
    let mut watermark = Watermark::new(4);
    let mut out = tracked(&mut watermark, [1, 5, 9]);
    out.pop().unwrap().nack(NackReason::Failed);
    drop(out.remove(0));
    assert_eq!(
        nacked(&watermark),
        [
            Nacked { offset: 1, reason: NackReason::Dropped },
            Nacked { offset: 9, reason: NackReason::Failed },
        ]
    );
    out.pop().unwrap().ack();
}

#[test]
fn what_is_delivered_again_has_a_receipt_like_the_first() {
    let mut watermark = Watermark::new(4);
    drop(tracked(&mut watermark, [1]));
    for _ in 0..3 {
        let again = watermark.retry(1).expect("it was nacked");
        assert_eq!(nacked(&watermark), []);
        assert!(watermark.retry(1).is_none() && !watermark.resolve(1), "it is out");
        assert_eq!(watermark.advance(), None);
        again.nack(NackReason::Failed);
        let expected = Nacked { offset: 1, reason: NackReason::Failed };
        assert_eq!(nacked(&watermark), [expected], "not the reason of an earlier attempt");
    }
    watermark.retry(1).unwrap().split(3).for_each(Receipt::ack);
    assert_eq!(watermark.advance(), Some(1));
}

#[test]
fn only_what_is_nacked_can_be_decided() {
    let mut watermark = Watermark::new(4);
    let mut out = tracked(&mut watermark, [1, 2, 4]);
    out.pop().unwrap().nack(NackReason::Failed);
    out.pop().unwrap().ack();
    for offset in [0, 1, 2, 3, 5] {
        assert!(watermark.retry(offset).is_none(), "{offset}");
        assert!(!watermark.resolve(offset), "{offset}");
    }
    out.pop().unwrap().ack();
    assert_eq!(watermark.advance(), Some(2));
    assert!(watermark.resolve(4));
    assert!(!watermark.resolve(4), "once");
    assert!(watermark.retry(4).is_none(), "it is done");
    assert_eq!(watermark.advance(), Some(4));
    assert!(!watermark.resolve(4) && watermark.retry(2).is_none(), "long gone");
}

#[test]
fn a_split_item_holds_until_all_its_parts_are_acknowledged() {
    let mut watermark = Watermark::new(2);
    let mut out = tracked(&mut watermark, [1, 2]);
    out.pop().unwrap().ack();
    for part in out.pop().unwrap().split(5) {
        assert_eq!(watermark.advance(), None);
        part.ack();
    }
    assert_eq!(watermark.advance(), Some(2));
}

#[test]
fn a_part_that_is_nacked_shows_when_the_last_one_has_spoken() {
    let mut watermark = Watermark::new(1);
    let mut parts = watermark.track(1).unwrap().split(3);
    parts.next().unwrap().nack(NackReason::Returned);
    parts.next().unwrap().ack();
    assert_eq!(nacked(&watermark), [], "a part is out");
    assert!(watermark.retry(1).is_none() && !watermark.resolve(1));
    parts.next().unwrap().ack();
    assert_eq!(nacked(&watermark), [Nacked { offset: 1, reason: NackReason::Returned }]);
    assert_eq!(watermark.advance(), None);
}

/// Receipts are not dropped, also when this fails: nobody can wait for so many verdicts.
#[test]
fn more_parts_than_can_be_counted_still_hold() {
    let most = usize::try_from(u32::MAX).unwrap();
    for count in [most, most + 1, most + 2, usize::MAX] {
        for inner in [2, 3, most] {
            let mut watermark = Watermark::new(2);
            let mut parts = ManuallyDrop::new(watermark.track(1).unwrap().split(count));
            assert_eq!(parts.len(), count);
            let mut inner = ManuallyDrop::new(parts.next().unwrap().split(inner));
            for _ in 0..2 {
                inner.next().unwrap().ack();
                let seen = (watermark.advance(), nacked(&watermark));
                assert_eq!(seen, (None, vec![]), "{count} parts");
            }
        }
    }
}

#[test]
fn receipts_may_outlive_the_watermark() {
    let mut watermark = Watermark::new(4);
    let mut out = tracked(&mut watermark, [1, 2, 3]);
    drop(watermark);
    out.pop().unwrap().split(3).for_each(Receipt::ack);
    out.pop().unwrap().nack(NackReason::Failed);
    drop(out);
}

#[test]
fn says_how_it_stands() {
    let mut watermark = Watermark::new(8);
    let out = tracked(&mut watermark, [7, 8]);
    let said = format!("{watermark:?}");
    assert_eq!(said, "Watermark { committed: None, in_flight: 2, window: 8 }");
    out.into_iter().for_each(Receipt::ack);
    watermark.advance();
    let said = format!("{watermark:?}");
    assert_eq!(said, "Watermark { committed: Some(8), in_flight: 0, window: 8 }");
}

#[test]
fn a_window_of_any_size_can_be_had() {
    let mut watermark = Watermark::new(usize::MAX);
    drop(watermark.track(1));
    assert_eq!((watermark.in_flight(), watermark.nacked().count()), (1, 1));
}
