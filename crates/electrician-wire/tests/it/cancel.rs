//! Cancelling at any await: the item is on one side or the other.

use std::collections::VecDeque;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use electrician_wire::types::{NackReason, Submit};
use electrician_wire::{Retry, Running, Wire, dead_letters};

use crate::support::{
    Record, balanced, gated, ms, poll_once, same, settle, soon, stalled, stop, values,
};

/// Polls `future` up to `polls` times, letting other tasks run in between, then drops it.
async fn poll_then_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_submit_has_not_accepted() {
    let record = Record::new();
    let running = stalled(1).start().unwrap();
    let inlet = running.inlet();
    running.submit(0).await.unwrap();
    settle().await;
    running.submit(1).await.unwrap();
    assert!(poll_once(running.submit(2)).is_pending());
    assert!(poll_once(Submit::submit(&inlet, 2)).is_pending());
    assert!(poll_once(inlet.submit_item(record.item(0, 3))).is_pending());
    assert_eq!(record.nack(0), Some(NackReason::Dropped), "dropped with the future");
    let mut slot = Some(4);
    assert!(poll_once(inlet.submit_from(&mut slot)).is_pending());
    assert_eq!(slot, Some(4));
    let mut batch = vec![5, 6, 7];
    assert!(poll_once(inlet.submit_batch(&mut batch)).is_pending());
    assert_eq!(batch, [5, 6, 7]);
    let stopped = soon(running.stop(Duration::ZERO)).await;
    assert_eq!(balanced(&stopped).accepted, 2);
    assert_eq!(values(stopped.inputs), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_unpolled_submit_does_nothing() {
    let running = same(8).start().unwrap();
    let inlet = running.inlet();
    let mut batch = vec![1, 2, 3];
    let mut slot = Some(4);
    drop(inlet.submit_batch(&mut batch));
    drop(inlet.submit_from(&mut slot));
    drop(inlet.submit(5));
    assert_eq!((batch.as_slice(), slot), ([1, 2, 3].as_slice(), Some(4)));
    assert_eq!(stop(running).await.ledger.accepted, 0);
}

#[tokio::test(start_paused = true)]
async fn select_with_a_ready_branch_loses_nothing() {
    let (wire, gate) = gated(1);
    let running = wire.start().unwrap();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        let mut accepted = Vec::new();
        let mut slot = None;
        let mut next = 0..100;
        loop {
            slot = slot.or_else(|| next.next());
            let Some(n) = slot else { return accepted };
            tokio::select! {
                // The other branch is ready as often as not.
                biased;
                () = ready(()), if n % 2 == 0 && fastrand::bool() => {}
                result = inlet.submit_from(&mut slot) => {
                    result.unwrap();
                    accepted.push(n);
                }
                () = tokio::task::yield_now() => {}
            }
        }
    });
    gate.open(100);
    let accepted = soon(feeding).await.unwrap();
    assert_eq!(accepted, (0..100).collect::<Vec<_>>());
    assert_eq!(values(stop(running).await.outputs), accepted);
}

#[tokio::test(start_paused = true)]
async fn a_batch_cancelled_after_any_number_of_polls_keeps_what_was_not_accepted() {
    for polls in 0..40 {
        let (wire, gate) = gated(2);
        gate.open(100);
        let running = wire.start().unwrap();
        let inlet = running.inlet();
        let mut batch: Vec<u64> = (0..20).collect();
        let done = poll_then_drop(inlet.submit_batch(&mut batch), polls).await;
        let stopped = stop(running).await;
        let outputs = values(stopped.outputs);
        assert_eq!(stopped.ledger.accepted, outputs.len() as u64);
        assert_eq!(done.is_some(), batch.is_empty(), "after {polls} polls");
        let all: Vec<_> = outputs.into_iter().chain(batch).collect();
        assert_eq!(all, (0..20).collect::<Vec<_>>(), "after {polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_submit_passes_its_turn_on() {
    let (wire, gate) = gated(1);
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    running.submit(1).await.unwrap();
    let (first, second) = (running.inlet(), running.inlet());
    let mut first = Box::pin(first.submit(2));
    assert!(poll_once(first.as_mut()).is_pending());
    let second = tokio::spawn(async move { second.submit(3).await });
    settle().await;
    // The first in line is woken for the one free place, and is gone before it takes it.
    gate.open(1);
    settle().await;
    assert_eq!(running.progress()[0].queued, 0);
    drop(first);
    soon(second).await.unwrap().unwrap();
    gate.open(2);
    assert_eq!(values(stop(running).await.outputs), [0, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn cancelled_reads_have_not_taken() {
    let running = same(64).start().unwrap();
    let mut output = running.output();
    let mut seen = Vec::new();
    let mut sent = 0..60;
    while seen.len() < 60 {
        for _ in 0..3 {
            assert!(poll_once(output.recv()).is_pending());
            assert!(poll_once(output.recv_item()).is_pending());
            let mut none = Vec::new();
            assert!(poll_once(output.recv_batch(&mut none, 5)).is_pending());
            assert!(none.is_empty());
        }
        for n in sent.by_ref().take(4) {
            running.submit(n).await.unwrap();
        }
        settle().await;
        seen.push(output.recv().await.unwrap());
        output.recv_batch(&mut seen, 2).await;
        seen.push(output.recv_item().await.unwrap().accept());
    }
    assert_eq!(seen, (0..60).collect::<Vec<_>>());
    assert_eq!(stop(running).await.ledger.delivered, 60);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_look_for_letters_has_not_taken() {
    let (port, mut letters) = dead_letters(4);
    let wire = Wire::by_ref("never", |n: &u64| Err::<u64, _>(n.to_string()));
    let running = wire.with_dead_letters(port).build().unwrap().start().unwrap();
    for n in 0..10 {
        assert!(poll_once(letters.recv()).is_pending());
        running.submit(n).await.unwrap();
        assert_eq!(soon(letters.recv()).await.unwrap().accept(), n);
    }
    assert_eq!(stop(running).await.ledger.dead_lettered, 10);
}

/// A run with something in every place: the queue, the workers' hands, a retry, the output.
fn busy(record: &std::sync::Arc<Record>, items: u64) -> Running<Wire<u64, u64>> {
    let wire = Wire::async_by_ref("busy", async |n: &u64| {
        tokio::time::sleep(ms(*n % 7)).await;
        if n.is_multiple_of(5) { Err("fives fail") } else { Ok(*n) }
    })
    .with_concurrency(3)
    .with_retry(Retry::fixed(1, ms(3)));
    let running = wire.build().unwrap().start().unwrap();
    for n in 0..items {
        running.inlet().try_submit_item(record.item(n, n)).unwrap();
    }
    running
}

#[tokio::test(start_paused = true)]
async fn a_stop_cancelled_after_any_number_of_polls_settles_every_receipt() {
    const ITEMS: u8 = 30;
    for polls in 0..60 {
        let record = Record::new();
        let running = busy(&record, ITEMS.into());
        for _ in 0..polls / 2 {
            tokio::time::advance(ms(1)).await;
        }
        let stopped = poll_then_drop(running.stop(ms(40)), polls).await;
        if let Some(stopped) = stopped {
            balanced(&stopped);
            drop(stopped);
        }
        soon(record.settled(usize::from(ITEMS))).await;
        settle().await;
        for n in 0..ITEMS.into() {
            assert!(record.verdict(n).is_some(), "token {n} after {polls} polls");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_dropped_at_any_moment_settles_every_receipt() {
    const ITEMS: u8 = 30;
    for moment in 0..60 {
        let record = Record::new();
        let running = busy(&record, ITEMS.into());
        let mut output = running.output();
        let mut read = VecDeque::new();
        for _ in 0..moment {
            tokio::time::advance(ms(1)).await;
            read.extend(output.try_recv());
        }
        drop(output);
        drop(running);
        soon(record.settled(usize::from(ITEMS))).await;
        let (acked, nacked) = record.counts();
        assert_eq!((acked, acked + nacked), (read.len(), usize::from(ITEMS)), "at {moment} ms");
    }
}
