//! The watermark passes what was acknowledged, and whoever waits for that is woken.

use std::future::poll_fn;
use std::sync::Arc;

use loom::sync::atomic::{AtomicBool, Ordering};
use loom::{future::block_on, thread};

use super::explore;
use crate::{NackReason, Nacked, Receipt, Watermark};

/// Items that are done, each told by a flag that orders nothing.
#[derive(Default)]
struct Done([AtomicBool; 3]);

impl Done {
    fn ack(&self, index: usize, receipt: Receipt) {
        self.0[index].store(true, Ordering::Relaxed);
        receipt.ack();
    }

    /// Everything up to offset `last` is done, and this thread knows.
    fn check(&self, last: Option<u64>) {
        for (offset, done) in (0..).zip(&self.0) {
            assert!(Some(offset) > last || done.load(Ordering::Relaxed), "{offset} is not done");
        }
    }
}

fn tracked<const N: usize>(watermark: &mut Watermark) -> [Receipt; N] {
    std::array::from_fn(|offset| watermark.track(offset as u64).expect("there is room"))
}

/// No bound. Whatever the order of the verdicts, a commit covers only what is done, and what was
/// written before the verdict can be read after the commit.
#[test]
fn never_passes_an_unsettled_offset() {
    loom::model(|| {
        let mut watermark = Watermark::new(3);
        let done = Arc::<Done>::default();
        let [a, b, c] = tracked(&mut watermark);
        let threads = [vec![(0, a), (2, c)], vec![(1, b)]].map(|receipts| {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                receipts.into_iter().for_each(|(index, receipt)| done.ack(index, receipt));
            })
        });
        for _ in 0..2 {
            watermark.advance();
            done.check(watermark.committed());
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        watermark.advance();
        assert_eq!(watermark.committed(), Some(2));
    });
}

/// No bound. The parts of one item settle at once; one of them was not processed.
#[test]
fn a_nack_of_a_part_holds() {
    loom::model(|| {
        let mut watermark = Watermark::new(2);
        let [whole] = tracked(&mut watermark);
        let mut parts = whole.split(2);
        let [a, b] = [parts.next(), parts.next()].map(|part| part.expect("two parts"));
        let acking = thread::spawn(move || a.ack());
        let nacking = thread::spawn(move || b.nack(NackReason::Rejected));
        assert_eq!(watermark.advance(), None);
        let early: Vec<_> = watermark.nacked().collect();
        let nacked = Nacked { offset: 0, reason: NackReason::Rejected };
        assert!(early.is_empty() || early == [nacked], "{early:?}");
        acking.join().unwrap();
        nacking.join().unwrap();
        assert_eq!(watermark.advance(), None);
        assert!(watermark.nacked().eq([nacked]));
    });
}

/// No bound. Parts that were nacked for two reasons report one of the two.
#[test]
fn the_reason_was_given_by_somebody() {
    loom::model(|| {
        let mut watermark = Watermark::new(1);
        let [whole] = tracked(&mut watermark);
        let mut parts = whole.split(2);
        let [a, b] = [parts.next(), parts.next()].map(|part| part.expect("two parts"));
        let other = thread::spawn(move || a.nack(NackReason::Dropped));
        b.nack(NackReason::Failed);
        other.join().unwrap();
        let reasons: Vec<_> = watermark.nacked().map(|nacked| nacked.reason).collect();
        assert_eq!(reasons.len(), 1);
        assert!(matches!(reasons[0], NackReason::Dropped | NackReason::Failed), "{reasons:?}");
    });
}

/// No bound. A part is split again while the other settles.
#[test]
fn parts_of_parts_hold() {
    loom::model(|| {
        let mut watermark = Watermark::new(1);
        let done = Arc::<Done>::default();
        let [whole] = tracked(&mut watermark);
        let mut parts = whole.split(2);
        let [a, b] = [parts.next(), parts.next()].map(|part| part.expect("two parts"));
        let acking = thread::spawn(move || a.ack());
        let splitting = {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                let mut parts = b.split(2);
                parts.next().expect("two parts").ack();
                done.0[0].store(true, Ordering::Relaxed);
                parts.next().expect("two parts").ack();
            })
        };
        watermark.advance();
        done.check(watermark.committed());
        acking.join().unwrap();
        splitting.join().unwrap();
        watermark.advance();
        assert_eq!(watermark.committed(), Some(0));
    });
}

/// 3 preemptions. The source sleeps until everything is settled.
#[test]
fn settling_wakes_the_source() {
    explore(3, || {
        let mut watermark = Watermark::new(2);
        let [a, b] = tracked(&mut watermark);
        let threads = [a, b].map(|receipt| thread::spawn(move || receipt.ack()));
        while watermark.committed() != Some(1) {
            block_on(poll_fn(|cx| watermark.poll_settled(cx)));
            watermark.advance();
        }
        assert_eq!(watermark.in_flight(), 0);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// 2 preemptions. A nack of an item that is not the oldest wakes the source; delivered again, it
/// counts.
#[test]
fn a_nack_wakes_the_source_and_is_retried() {
    explore(2, || {
        let mut watermark = Watermark::new(2);
        let [a, b] = tracked(&mut watermark);
        let nacking = thread::spawn(move || b.nack(NackReason::Failed));
        block_on(poll_fn(|cx| watermark.poll_settled(cx)));
        assert_eq!(watermark.advance(), None);
        let again = watermark.retry(1).expect("it was nacked");
        let acking = thread::spawn(move || again.ack());
        let other = thread::spawn(move || a.ack());
        while watermark.committed() != Some(1) {
            block_on(poll_fn(|cx| watermark.poll_settled(cx)));
            watermark.advance();
        }
        [nacking, acking, other].into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// No bound. A place in the window is used again as soon as its item is committed: what became of
/// its former item says nothing about the new one.
#[test]
fn a_place_is_used_again() {
    loom::model(|| {
        let mut watermark = Watermark::new(2);
        let [a, b] = tracked(&mut watermark);
        let threads = [a, b].map(|receipt| thread::spawn(move || receipt.ack()));
        watermark.advance();
        let next = watermark.track(2);
        assert_eq!(next.is_some(), watermark.committed().is_some());
        let used = next.is_some();
        drop(next);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        watermark.advance();
        assert_eq!(watermark.committed(), Some(1));
        let dropped = Nacked { offset: 2, reason: NackReason::Dropped };
        assert!(watermark.nacked().eq(used.then_some(dropped)));
    });
}
