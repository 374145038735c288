use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use electrician_testkit::Verdicts;
use electrician_types::{NackReason, Verdict};

use super::*;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Trial {
    slots: Slots,
    room: Room,
    wakes: Arc<Wakes>,
    waker: Waker,
}

impl Trial {
    fn new(capacity: u32, max_bytes: usize) -> Self {
        let wakes = Arc::new(Wakes::default());
        Self {
            slots: Slots::new(capacity, Arc::default()),
            room: Room::new(capacity, max_bytes),
            waker: Waker::from(Arc::clone(&wakes)),
            wakes,
        }
    }

    fn is_room(&mut self, weight: usize) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        self.room.poll_room(&self.slots, weight, &mut cx) == Poll::Ready(())
    }

    fn is_settled(&mut self) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        self.room.poll_all(&self.slots, &mut cx) == Poll::Ready(())
    }

    fn send(&mut self, weight: usize, receipt: Receipt) -> usize {
        assert!(self.is_room(weight));
        let slot = self.room.take(weight).expect("a slot");
        self.slots.store(slot, receipt)
    }

    fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::Relaxed)
    }
}

#[test]
fn a_report_settles_its_receipt() {
    let verdicts = Verdicts::counting();
    let mut trial = Trial::new(4, 100);
    let first = trial.send(1, verdicts.receipt(1));
    let none = trial.send(1, Receipt::none());
    let second = trial.send(1, verdicts.receipt(2));
    trial.slots.settle(second, 1, Verdict::Nack(NackReason::Failed));
    trial.slots.settle(none, 1, Verdict::Ack);
    trial.slots.settle(first, 1, Verdict::Ack);
    assert_eq!(verdicts.verdict(1), Some(Verdict::Ack));
    assert_eq!(verdicts.verdict(2), Some(Verdict::Nack(NackReason::Failed)));
    assert!(trial.is_settled());
}

#[test]
fn who_waits_for_room_is_woken_when_a_quarter_is_free() {
    let mut trial = Trial::new(8, 100);
    let tickets: Vec<usize> = (0..8).map(|_| trial.send(1, Receipt::none())).collect();
    assert!(!trial.is_room(1));
    trial.slots.settle(tickets[0], 1, Verdict::Ack);
    assert_eq!(trial.wakes(), 0);
    trial.slots.settle(tickets[1], 1, Verdict::Ack);
    assert_eq!(trial.wakes(), 1);
    assert!(trial.is_room(1));
    // Nobody waits any more.
    trial.slots.settle(tickets[2], 1, Verdict::Ack);
    assert_eq!(trial.wakes(), 1);
}

#[test]
fn bytes_are_bounded_and_one_record_may_be_larger() {
    let mut trial = Trial::new(8, 100);
    let large = trial.send(150, Receipt::none());
    assert!(!trial.is_room(1));
    trial.slots.settle(large, 150, Verdict::Ack);
    assert_eq!(trial.wakes(), 1);
    let first = trial.send(60, Receipt::none());
    let second = trial.send(40, Receipt::none());
    assert!(!trial.is_room(50));
    trial.slots.settle(second, 40, Verdict::Ack);
    // Forty are not enough, and nobody is woken for nothing.
    assert_eq!(trial.wakes(), 1);
    trial.slots.settle(first, 60, Verdict::Ack);
    assert_eq!(trial.wakes(), 2);
    assert!(trial.is_room(50));
}

#[test]
fn a_flush_waits_for_the_last_report() {
    let mut trial = Trial::new(8, 100);
    let tickets: Vec<usize> = (0..3).map(|_| trial.send(1, Receipt::none())).collect();
    trial.slots.settle(tickets[1], 1, Verdict::Ack);
    assert!(!trial.is_settled());
    trial.slots.settle(tickets[0], 1, Verdict::Ack);
    assert_eq!(trial.wakes(), 0);
    trial.slots.settle(tickets[2], 1, Verdict::Ack);
    assert_eq!(trial.wakes(), 1);
    assert!(trial.is_settled());
}

#[test]
fn a_receipt_that_was_not_sent_comes_back() {
    let verdicts = Verdicts::counting();
    let mut trial = Trial::new(1, 100);
    let ticket = trial.send(10, verdicts.receipt(1));
    let receipt = trial.slots.withdraw(ticket);
    trial.room.give_back(0, 10);
    assert!(receipt.is_tracked());
    assert_eq!(verdicts.verdict(1), None);
    receipt.ack();
    assert!(trial.is_room(100));
}

#[test]
fn what_is_abandoned_counts_as_dropped() {
    let verdicts = Verdicts::counting();
    let mut trial = Trial::new(4, 100);
    let ticket = trial.send(1, verdicts.receipt(1));
    trial.slots.abandon();
    assert_eq!(verdicts.verdict(1), Some(Verdict::Nack(NackReason::Dropped)));
    // The late report says nothing more.
    trial.slots.settle(ticket, 1, Verdict::Ack);
    assert_eq!(verdicts.breaches(), Vec::<String>::new());
}

#[test]
fn failures_are_told_once_and_the_first_by_name() {
    let trial = Trial::new(1, 1);
    assert!(trial.slots.take_failures().is_ok());
    let error = KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut);
    trial.slots.note_failure("strikes", 3, &error);
    trial.slots.note_failure("other", -1, &error);
    let told = trial.slots.take_failures().expect_err("failures");
    assert!(told.to_string().starts_with(
        "2 records were not delivered, the first for topic \"strikes\", partition 3: "
    ));
    assert!(trial.slots.take_failures().is_ok());
}
