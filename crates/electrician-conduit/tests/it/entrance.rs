//! Items that a stage's queue can never take: they fail as the stage's own do.

use std::panic::panic_any;
use std::sync::Arc;
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_types::{
    Acknowledge, Error, ErrorKind, Event, Item, NackReason, Observer, Receipt, Refusal, Verdict,
};
use electrician_wire::{DeadLetterPort, Wire, WireBuilder, dead_letters, transforms};

use crate::record::{Log, Record};
use crate::support::{
    AMPLE, balanced, branch, finish, numbers, same, settle, soon, sorted, stop, stop_within, values,
};

/// Hears of final failures: of which component, after how many attempts, whether dead-lettered.
fn ear(log: &Log<(String, u32, bool)>) -> impl Observer + use<> {
    let log = log.clone();
    move |event: &Event<'_>| {
        if let Event::Failed { component, attempts, dead_lettered, .. } = event {
            log.add(((*component).to_string(), *attempts, *dead_lettered));
        }
    }
}

type ByRef = transforms::Computing<transforms::ByRef<fn(&u64) -> Result<u64, String>>>;

/// A wire of one worker for numbers up to eight, in bytes.
fn narrow(log: &Log<(String, u32, bool)>) -> WireBuilder<u64, ByRef> {
    let wire = Wire::by_ref("narrow", (|n| Ok(*n)) as fn(&u64) -> Result<u64, String>);
    wire.with_workers(1).with_byte_budget(8, |n| *n).with_observer(ear(log))
}

fn with(port: DeadLetterPort<u64>, log: &Log<(String, u32, bool)>) -> WireBuilder<u64, ByRef> {
    narrow(log).with_dead_letters(port)
}

#[track_caller]
fn is_too_large(error: &Error) {
    assert_eq!((error.kind(), error.component()), (ErrorKind::TooLarge, "narrow"), "{error}");
    let refusal = error.cause::<Refusal>().copied();
    assert!(matches!(refusal, Some(Refusal::TooLarge { budget: 8, .. })), "{error}");
}

#[tokio::test(start_paused = true)]
async fn from_a_source_they_fail_in_the_stage() {
    let log = Log::default();
    let conduit = Conduit::from(narrow(&log)).with_source(numbers(0..11)).build().unwrap();
    let running = conduit.start().unwrap();
    let reading = tokio::spawn(running.output().collect());
    let stopped = finish(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.accepted, ledger.delivered, ledger.failed), (11, 9, 2), "{ledger}");
    assert_eq!(soon(reading).await.unwrap(), (0..9).collect::<Vec<_>>());
    assert_eq!(log.all(), [("narrow".to_string(), 0, false), ("narrow".to_string(), 0, false)]);
    assert_eq!(stopped.failures.len(), 2);
    stopped.failures.iter().for_each(is_too_large);
}

#[tokio::test(start_paused = true)]
async fn from_a_stage_they_fail_in_the_next() {
    for ordered in [false, true] {
        let (log, record) = (Log::default(), Record::new());
        let head = Wire::map("head", |n: u64| n).with_workers(2);
        let head = if ordered { head.ordered() } else { head };
        let conduit = Conduit::from(head).then(narrow(&log)).discard().build().unwrap();
        let running = conduit.start().unwrap();
        for n in 0..11 {
            running.inlet().submit_item(record.item(n, n)).await.unwrap();
        }
        let stopped = stop(running).await;
        let ledger = stopped.ledger;
        assert_eq!((ledger.accepted, ledger.delivered, ledger.failed), (11, 9, 2), "{ledger}");
        let head = &stopped.stages[0].ledger;
        assert_eq!((head.delivered, head.failed), (11, 0), "{head}");
        let next = &stopped.stages[1].ledger;
        assert_eq!((next.accepted, next.failed), (11, 2), "{next}");
        assert_eq!(log.len(), 2);
        stopped.failures.iter().for_each(is_too_large);
        for n in [9, 10] {
            assert_eq!(record.nack(n), Some(NackReason::Rejected));
        }
        assert_eq!(record.counts(), (9, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn they_go_to_the_dead_letter_port() {
    let (log, (port, mut letters)) = (Log::default(), dead_letters(1));
    let conduit = Conduit::from(with(port, &log)).with_source(numbers(0..30)).discard();
    let running = conduit.build().unwrap().start().unwrap();
    settle().await;
    assert_eq!(letters.len(), 1, "the source waits for room");
    let finishing = tokio::spawn(running.finish());
    for n in 9..30 {
        let letter = soon(letters.recv()).await.unwrap();
        assert_eq!((letter.attempts, &*letter.stage), (0, "narrow"));
        is_too_large(&letter.error);
        assert_eq!(letter.accept(), n);
    }
    let stopped = soon(finishing).await.unwrap();
    let ledger = balanced(&stopped);
    assert_eq!((ledger.accepted, ledger.dead_lettered, ledger.failed), (30, 21, 0), "{ledger}");
    assert_eq!(log.all(), vec![("narrow".to_string(), 0, true); 21]);
    assert!(stopped.is_clean());
}

#[tokio::test(start_paused = true)]
async fn from_a_stage_they_go_to_the_port_of_the_next() {
    let (log, record, (port, mut letters)) = (Log::default(), Record::new(), dead_letters(1));
    let conduit = Conduit::from(same("head", 64)).then(with(port, &log)).discard();
    let running = conduit.build().unwrap().start().unwrap();
    for n in 0..30 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    assert_eq!((letters.len(), record.counts()), (1, (9, 0)), "the stage before waits");
    let stopping = tokio::spawn(stop(running));
    for n in 9..30 {
        assert_eq!(soon(letters.recv()).await.unwrap().accept(), n);
    }
    let ledger = soon(stopping).await.unwrap().ledger;
    assert_eq!((ledger.accepted, ledger.delivered, ledger.dead_lettered), (30, 9, 21), "{ledger}");
    assert_eq!(record.counts(), (30, 0));
}

#[tokio::test(start_paused = true)]
async fn those_that_wait_for_room_come_back() {
    for from_source in [false, true] {
        let (log, (port, letters)) = (Log::default(), dead_letters(1));
        let (running, accepted) = if from_source {
            let conduit = Conduit::from(with(port, &log)).with_source(numbers(9..12)).discard();
            (conduit.build().unwrap().start().unwrap(), 3)
        } else {
            let conduit = Conduit::from(same("head", 64)).then(with(port, &log)).discard();
            let running = conduit.build().unwrap().start().unwrap();
            running.submit_batch(&mut (9..12).collect()).await.unwrap();
            (running, 3)
        };
        settle().await;
        assert_eq!(letters.len(), 1);
        let stopped = stop_within(running, Duration::ZERO).await;
        let ledger = stopped.ledger;
        assert_eq!((ledger.accepted, ledger.dead_lettered, ledger.returned), (accepted, 1, 2));
        let mut back = values(stopped.inputs);
        let between = stopped.between.into_iter().map(|one| one.downcast::<u64>().unwrap().0);
        back.extend(between);
        assert_eq!(sorted(back), [10, 11]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_leaves_lets_them_fail() {
    let (log, (port, letters)) = (Log::default(), dead_letters(1));
    let conduit = Conduit::from(with(port, &log)).with_source(numbers(0..30)).discard();
    let running = conduit.build().unwrap().start().unwrap();
    settle().await;
    drop(letters);
    let ledger = finish(running).await.ledger;
    assert_eq!((ledger.dead_lettered, ledger.failed), (1, 20), "{ledger}");
}

#[tokio::test(start_paused = true)]
async fn a_tributary_and_a_submit_are_told_apart() {
    let log = Log::default();
    let side = branch("side").with_source(numbers(0..11));
    let conduit = Conduit::from(narrow(&log)).fed_by(side).discard().build().unwrap();
    let running = conduit.start().unwrap();
    assert!(matches!(running.submit(12).await.unwrap_err().reason, Refusal::TooLarge { .. }));
    running.submit(1).await.unwrap();
    let ledger = finish(running).await.ledger;
    assert_eq!((ledger.accepted, ledger.delivered, ledger.failed), (12, 10, 2), "{ledger}");
}

/// The payload of a panic that panics again when it is dropped.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("the payload was dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_or_size_that_panics_costs_that_item() {
    for by_key in [false, true] {
        let spite = |n: &u64| if *n == 3 { panic_any(Spiteful) } else { *n };
        let wire = Wire::map("odd", |n: u64| n).with_workers(2);
        let wire =
            if by_key { wire.ordered_by_key(spite) } else { wire.with_byte_budget(99, spite) };
        let conduit = Conduit::from(wire).with_source(numbers(0..10)).discard().build().unwrap();
        let running = conduit.start().unwrap();
        assert_eq!(running.submit(3).await.unwrap_err().reason, Refusal::Panicked);
        let stopped = finish(running).await;
        assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (9, 1));
        assert_eq!(stopped.failures[0].kind(), ErrorKind::Panicked);
    }
}

/// Panics when it is told that an item was not processed.
struct Touchy;

impl Acknowledge for Touchy {
    fn settle(&self, _token: u64, verdict: Verdict) {
        let is_unwinding = std::thread::panicking();
        assert!(verdict == Verdict::Ack || is_unwinding, "not processed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_when_it_is_told_does_not_stall_an_ordered_stage() {
    let log = Log::default();
    let head = Wire::map("head", |n: u64| n).with_workers(2).ordered();
    let conduit = Conduit::from(head).then(narrow(&log)).discard().build().unwrap();
    let running = conduit.start().unwrap();
    for n in [1, 2, 9, 3, 4, 10, 5, 6] {
        let receipt = Receipt::new(Arc::new(Touchy), n);
        running.inlet().submit_item(Item::with_receipt(n, receipt)).await.unwrap();
    }
    settle().await;
    running.submit_batch(&mut (0..8).collect()).await.unwrap();
    let stopped = soon(running.stop(AMPLE)).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.delivered, ledger.failed, ledger.abandoned), (14, 2, 0), "{ledger}");
}
