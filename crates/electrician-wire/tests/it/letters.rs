//! Dead letters: complete, bounded, never lost in silence.

use std::time::{Duration, SystemTime};

use electrician_wire::types::{ErrorKind, NackReason, Receive};
use electrician_wire::{DeadLetter, DeadLetterPort, Retry, Wire, dead_letters};

use crate::support::{Record, balanced, ms, poll_once, settle, soon, stop, values};

/// A wire of one worker that refuses odd numbers.
fn evens(port: DeadLetterPort<u64>) -> Wire<u64, u64> {
    Wire::by_ref(
        "evens",
        |n: &u64| {
            if n.is_multiple_of(2) { Ok(*n) } else { Err(format!("{n} is odd")) }
        },
    )
    .with_workers(1)
    .with_retry(Retry::fixed(2, ms(5)))
    .with_dead_letters(port)
    .build()
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_letter_tells_everything() {
    let (port, mut letters) = dead_letters(8);
    assert!(port.is_open() && letters.is_empty());
    let record = Record::new();
    let before = SystemTime::now();
    let running = evens(port).start().unwrap();
    running.inlet().submit_item(record.item(0, 7)).await.unwrap();
    let letter = soon(letters.recv()).await.unwrap();
    assert_eq!((letter.attempts, &*letter.stage, *letter.item.value()), (3, "evens", 7));
    assert_eq!((letter.error.kind(), letter.error.component()), (ErrorKind::Failed, "evens"));
    assert_eq!(letter.error.to_string(), "evens: 7 is odd");
    assert_eq!(letter.to_string(), "evens failed after 3 attempt(s): evens: 7 is odd: 7");
    assert!((before..=SystemTime::now()).contains(&letter.first_seen));
    assert_eq!(record.verdict(0), None, "nobody has said that the item is safe");
    assert_eq!(letter.accept(), 7);
    assert!(record.is_acked(0));
    let ledger = stop(running).await.ledger;
    assert_eq!((ledger.dead_lettered, ledger.failed, ledger.retried), (1, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn panics_and_timeouts_are_letters_too() {
    let (port, mut letters) = dead_letters(8);
    let wire = Wire::async_by_ref("kinds", async |n: &u64| match n {
        0 => panic!("zero"),
        1 => std::future::pending::<Result<u64, String>>().await,
        _ => Err("others".into()),
    });
    let wire = wire.with_concurrency(1).with_timeout(ms(10)).with_dead_letters(port);
    let running = wire.build().unwrap().start().unwrap();
    for (n, kind) in [(0, ErrorKind::Panicked), (1, ErrorKind::Timeout), (2, ErrorKind::Failed)] {
        running.submit(n).await.unwrap();
        let letter = soon(letters.recv()).await.unwrap();
        assert_eq!((letter.error.kind(), letter.attempts, letter.accept()), (kind, 1, n));
    }
    assert!(stop(running).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_letter_is_a_nack() {
    let (port, mut letters) = dead_letters(8);
    let record = Record::new();
    let running = evens(port).start().unwrap();
    running.inlet().submit_item(record.item(0, 7)).await.unwrap();
    drop(soon(letters.recv()).await.unwrap());
    assert_eq!(record.nack(0), Some(NackReason::Dropped));
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn a_full_port_holds_the_stage_up_and_loses_nothing() {
    let (port, mut letters) = dead_letters(2);
    let running = evens(port).start().unwrap();
    running.submit_batch(&mut (0..20).collect()).await.unwrap();
    for _ in 0..100 {
        tokio::time::advance(ms(5)).await;
        settle().await;
    }
    assert_eq!(letters.len(), 2);
    let stopping = tokio::spawn(stop(running));
    settle().await;
    assert!(!stopping.is_finished(), "the third letter waits for room");
    for n in (1..20).step_by(2) {
        assert_eq!(soon(letters.recv()).await.unwrap().accept(), n);
    }
    let stopped = soon(stopping).await.unwrap();
    assert_eq!(stopped.ledger.dead_lettered, 10);
    assert_eq!(values(stopped.outputs), (0..20).step_by(2).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_the_port_is_full_gives_the_item_back() {
    let (port, mut letters) = dead_letters(1);
    let record = Record::new();
    let running = evens(port).start().unwrap();
    for n in [1, 3, 5] {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let stopped = soon(running.stop(ms(100))).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.dead_lettered, ledger.returned), (1, 2));
    assert_eq!(record.counts(), (0, 0));
    assert_eq!(values(stopped.inputs), [3, 5]);
    assert_eq!(letters.try_recv().unwrap().accept(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_reader_failures_are_failures() {
    let (port, letters) = dead_letters(8);
    drop(letters);
    assert!(!port.is_open());
    let record = Record::new();
    let running = evens(port).start().unwrap();
    running.inlet().submit_item(record.item(0, 7)).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.dead_lettered, stopped.ledger.failed), (0, 1));
    assert_eq!(stopped.failures.len(), 1);
    assert_eq!(record.nack(0), Some(NackReason::Failed));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_leaves_lets_the_waiting_stage_go_on() {
    let (port, letters) = dead_letters(1);
    let record = Record::new();
    let running = evens(port).start().unwrap();
    for n in [1, 3, 5, 6] {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    for _ in 0..30 {
        tokio::time::advance(ms(5)).await;
        settle().await;
    }
    assert_eq!(letters.len(), 1);
    drop(letters);
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.dead_lettered, stopped.ledger.failed), (1, 2));
    assert_eq!(record.nack(1), Some(NackReason::Dropped), "the unread letter");
    assert_eq!(record.nack(3), Some(NackReason::Failed));
    assert_eq!(values(stopped.outputs), [6]);
}

#[tokio::test(start_paused = true)]
async fn the_port_outlives_a_run_and_serves_several_stages() {
    let (port, mut letters) = dead_letters(8);
    let (first, second) = (evens(port.clone()), evens(port.clone()));
    let (first, second) = (first.start().unwrap(), second.start().unwrap());
    first.submit(1).await.unwrap();
    second.submit(3).await.unwrap();
    let (first, second) = (stop(first).await, stop(second).await);
    assert_eq!((first.ledger.dead_lettered, second.ledger.dead_lettered), (1, 1));
    let mut both = [
        soon(letters.recv()).await.unwrap().accept(),
        soon(letters.receive()).await.unwrap().into_parts().0.accept(),
    ];
    both.sort_unstable();
    assert_eq!(both, [1, 3]);
    // Between the runs the channel is open.
    assert!(poll_once(letters.recv()).is_pending());
    let again = first.component.start().unwrap();
    again.submit(5).await.unwrap();
    let again = stop(again).await;
    assert_eq!(soon(letters.recv()).await.unwrap().accept(), 5);
    // The end comes when every port is gone.
    drop((again, second));
    assert!(poll_once(letters.recv()).is_pending());
    drop(port);
    assert!(soon(letters.recv()).await.is_none());
    assert!(letters.try_recv().is_none());
}

#[tokio::test(start_paused = true)]
async fn letters_of_an_ordered_wire_leave_no_gap() {
    let (port, mut letters) = dead_letters(64);
    let wire = Wire::async_by_ref("evens", async |n: &u64| {
        tokio::time::sleep(ms(n % 5)).await;
        if n.is_multiple_of(2) { Ok(*n) } else { Err("odd") }
    });
    let wire = wire.with_concurrency(4).ordered().with_dead_letters(port);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..50).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), (0..50).step_by(2).collect::<Vec<_>>());
    let mut odd: Vec<_> =
        std::iter::from_fn(|| letters.try_recv()).map(DeadLetter::accept).collect();
    odd.sort_unstable();
    assert_eq!(odd, (1..50).step_by(2).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_channel_of_no_capacity_holds_one() {
    let (port, mut letters) = dead_letters(0);
    let running = evens(port).start().unwrap();
    running.submit(1).await.unwrap();
    assert_eq!(soon(letters.recv()).await.unwrap().accept(), 1);
    balanced(&soon(running.stop(Duration::from_secs(1))).await);
}

#[test]
fn a_channel_of_any_capacity_can_be_had() {
    for capacity in [1 << 50, usize::MAX] {
        let (port, letters) = dead_letters::<u64>(capacity);
        assert!(port.is_open() && letters.is_empty());
    }
}
