//! Bounds in bytes, and functions of the queue that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_wire::types::{NackReason, Refusal, Refused};
use electrician_wire::{Running, Wire};

use crate::support::{Gate, Record, balanced, settle, soon, stop, values};

/// Items weigh what they say; at most `budget` in the queue. One item at a time leaves, by the
/// gate.
fn weighed(budget: u64) -> (Running<Wire<u64, u64>>, Gate) {
    let gate = Gate::default();
    let pass = gate.clone();
    let wire = Wire::new_async("weighed", move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    })
    .with_concurrency(1)
    .with_byte_budget(budget, |n| *n);
    (wire.build().unwrap().start().unwrap(), gate)
}

#[tokio::test(start_paused = true)]
async fn an_item_larger_than_the_budget_comes_back_from_every_way_in() {
    let (running, gate) = weighed(10);
    let inlet = running.inlet();
    let too_large = Refusal::TooLarge { size: 11, budget: 10 };
    assert_eq!(soon(inlet.submit(11)).await.unwrap_err(), Refused::new(11, too_large));
    assert_eq!(inlet.try_submit(11).unwrap_err(), Refused::new(11, too_large));
    let mut slot = Some(11);
    assert_eq!(soon(inlet.submit_from(&mut slot)).await, Err(too_large));
    assert_eq!(slot, Some(11));
    let record = Record::new();
    let refused = soon(inlet.submit_item(record.item(0, 11))).await.unwrap_err();
    assert_eq!((refused.reason, refused.item.accept()), (too_large, 11));
    assert!(too_large.to_string().contains("11 bytes"), "{too_large}");

    let mut batch = vec![1, 2, 11, 3, 4];
    assert_eq!(soon(inlet.submit_batch(&mut batch)).await, Err(too_large));
    assert_eq!(batch, [11, 3, 4], "the refused item in front, the rest in order");
    batch.remove(0);
    soon(inlet.submit_batch(&mut batch)).await.unwrap();
    gate.open(100);
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.accepted, 4);
    assert_eq!(values(stopped.outputs), [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn bytes_bound_the_queue_and_are_given_back() {
    let (running, gate) = weighed(10);
    running.submit(9).await.unwrap();
    settle().await; // The worker has it: the queue is empty.
    running.try_submit(10).unwrap();
    assert!(running.try_submit(1).unwrap_err().is_full());
    running.try_submit(0).unwrap();
    let waiting: Vec<_> = [4, 6]
        .map(|n| {
            let inlet = running.inlet();
            tokio::spawn(async move { inlet.submit(n).await })
        })
        .into();
    settle().await;
    assert!(waiting.iter().all(|task| !task.is_finished()));
    gate.open(1); // Takes the ten out of the queue: both fit now.
    for task in waiting {
        soon(task).await.unwrap().unwrap();
    }
    assert!(running.try_submit(1).unwrap_err().is_full());
    gate.open(100);
    let mut all = values(stop(running).await.outputs);
    all.sort_unstable();
    assert_eq!(all, [0, 4, 6, 9, 10]);
}

#[tokio::test(start_paused = true)]
async fn a_size_that_changes_its_mind_does_not_drift() {
    let calls = AtomicU64::new(0);
    let wire = Wire::map("fickle", |n: u64| n)
        .with_workers(1)
        .with_byte_budget(10, move |_| calls.fetch_add(7, Ordering::Relaxed) % 11);
    let running = wire.build().unwrap().start().unwrap();
    for n in 0..1000 {
        soon(running.submit(n)).await.unwrap();
    }
    settle().await;
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.accepted, 1000);
    assert_eq!(values(stopped.outputs), (0..1000).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_panicking_size_function_refuses_that_item_alone() {
    let wire = Wire::map("heavy", |n: u64| n).with_workers(1).with_byte_budget(100, |n| {
        assert_ne!(*n, 3, "three has no size");
        1
    });
    panics_on_three(wire.build().unwrap().start().unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_panicking_key_function_refuses_that_item_alone() {
    let wire = Wire::map("keyed", |n: u64| n).with_workers(2).ordered_by_key(|n| {
        assert_ne!(*n, 3, "three has no key");
        0
    });
    panics_on_three(wire.build().unwrap().start().unwrap()).await;
}

async fn panics_on_three(running: Running<Wire<u64, u64>>) {
    let inlet = running.inlet();
    assert_eq!(soon(inlet.submit(3)).await.unwrap_err(), Refused::new(3, Refusal::Panicked));
    assert_eq!(inlet.try_submit(3).unwrap_err(), Refused::new(3, Refusal::Panicked));
    let mut batch = vec![1, 2, 3, 4];
    assert_eq!(soon(inlet.submit_batch(&mut batch)).await, Err(Refusal::Panicked));
    assert_eq!(batch, [3, 4]);
    let record = Record::new();
    let refused = soon(inlet.submit_item(record.item(0, 3))).await.unwrap_err();
    assert_eq!(refused.reason, Refusal::Panicked);
    drop(refused);
    assert_eq!(record.nack(0), Some(NackReason::Dropped));
    batch.remove(0);
    soon(inlet.submit_batch(&mut batch)).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.accepted, stopped.ledger.failed), (3, 0));
    assert_eq!(values(stopped.outputs), [1, 2, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_budget_holds_per_lane_and_as_a_whole() {
    let gate = Gate::default();
    let pass = gate.clone();
    let wire = Wire::new_async("keyed", move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    })
    .with_concurrency(3)
    .with_capacity(300)
    .ordered_by_key(|n| *n % 3)
    .with_byte_budget(20, |_| 5);
    let running = wire.build().unwrap().start().unwrap();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..300 {
            inlet.submit(n).await.unwrap();
            assert!(inlet.len() <= 4, "{} items of 5 bytes in a budget of 20", inlet.len());
        }
    });
    gate.open(300);
    soon(feeding).await.unwrap();
    let mut all = values(stop(running).await.outputs);
    all.sort_unstable();
    assert_eq!(all, (0..300).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_submit_that_waits_for_bytes_is_refused_by_the_stop() {
    let (running, _gate) = weighed(10);
    running.submit(1).await.unwrap();
    settle().await;
    running.submit(10).await.unwrap();
    let inlet = running.inlet();
    let waiting = tokio::spawn(async move { inlet.submit(2).await });
    settle().await;
    let stopping = tokio::spawn(running.stop(Duration::from_secs(1)));
    assert_eq!(soon(waiting).await.unwrap().unwrap_err(), Refused::new(2, Refusal::Closed));
    let stopped = soon(stopping).await.unwrap();
    let ledger = balanced(&stopped);
    assert_eq!((ledger.accepted, ledger.abandoned, ledger.returned), (2, 1, 1));
    assert_eq!(values(stopped.inputs), [10]);
}

#[tokio::test(start_paused = true)]
async fn the_size_is_asked_once_per_attempt_and_a_cancelled_wait_gives_bytes_back() {
    let weighed = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&weighed);
    let (gate, pass) = (Gate::default(), Gate::default());
    let held = pass.clone();
    let wire = Wire::new_async("weighed", move |n: u64| {
        let gate = held.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    })
    .with_concurrency(1)
    .with_capacity(2)
    .with_byte_budget(100, move |n| {
        count.fetch_add(1, Ordering::Relaxed);
        *n
    });
    drop(gate);
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    running.submit(10).await.unwrap();
    running.submit(10).await.unwrap();
    assert_eq!(weighed.load(Ordering::Relaxed), 3);
    // Both places are taken: these reserve bytes, find no place, and must give the bytes back.
    for _ in 0..50 {
        assert!(running.try_submit(80).unwrap_err().is_full());
        assert!(crate::support::poll_once(running.submit(80)).is_pending());
    }
    pass.open(1);
    settle().await;
    running.try_submit(80).unwrap();
    pass.open(10);
    assert_eq!(values(stop(running).await.outputs), [1, 10, 10, 80]);
}
