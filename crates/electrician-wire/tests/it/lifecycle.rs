//! Start, run, stop, start again; nothing is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use electrician_wire::types::{ErrorKind, NackReason};
use electrician_wire::{Batching, Wire};
use tokio::runtime::{Builder, Handle};

use crate::support::{
    AMPLE, Record, balanced, gated, ms, same, settle, soon, stalled, stop, values,
};

#[test]
fn a_start_outside_a_runtime_says_so() {
    let error = same(8).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("needs a tokio runtime"), "{error}");
}

#[test]
fn a_runtime_without_timers_is_refused_or_works() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        match same(8).start() {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Config, "{error}"),
            Ok(running) => {
                running.submit(1).await.unwrap();
                assert_eq!(values(running.stop(AMPLE).await.outputs), [1]);
            }
        }
    });
}

#[test]
fn a_runtime_that_ends_first_leaves_a_balanced_account() {
    let runtime = || Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let first = runtime();
    let running = first.block_on(async {
        let running = stalled(4).start().unwrap();
        running.submit(1).await.unwrap();
        running.submit(2).await.unwrap();
        while running.progress()[0].in_hand == 0 {
            tokio::task::yield_now().await;
        }
        running
    });
    drop(first);
    let stopped = runtime().block_on(async { soon(running.stop(AMPLE)).await });
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    assert_eq!(values(stopped.inputs).last(), Some(&2));
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_before_the_start() {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let wires: Vec<_> = (0..100)
        .map(|_| {
            let count = Arc::clone(&count);
            Wire::per_worker("idle", move || {
                count.fetch_add(1, Ordering::Relaxed);
                |n: u64| Ok::<_, String>(n)
            })
            .build()
            .unwrap()
        })
        .collect();
    settle().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks);
    assert_eq!(made.load(Ordering::Relaxed), 0);
    drop(wires);
}

#[tokio::test(start_paused = true)]
async fn a_factory_that_panics_fails_the_start_and_nothing_runs() {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let wire = Wire::per_worker("broken", move || {
        assert_ne!(count.fetch_add(1, Ordering::Relaxed), 2, "the third has no luck");
        |n: u64| Ok::<_, String>(n)
    })
    .with_workers(4);
    let error = wire.build().unwrap().start().unwrap_err();
    assert_eq!((error.kind(), error.component()), (ErrorKind::Panicked, "broken"));
    assert!(error.to_string().contains("the third has no luck"), "{error}");
    assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks);
}

#[tokio::test(start_paused = true)]
async fn stopping_gives_the_component_back_to_start_again() {
    let mut wire = Wire::map("again", |n: u64| n + 1).with_workers(1).build().unwrap();
    let id = wire.metadata().id;
    for round in 1..=10 {
        let running = wire.start().unwrap();
        assert_eq!(running.progress()[0].ledger.accepted, 0, "a fresh account");
        let inlet = running.inlet();
        for n in 0..round {
            running.submit(n).await.unwrap();
        }
        let stopped = stop(running).await;
        assert_eq!(stopped.ledger.accepted, round);
        assert_eq!(values(stopped.outputs), (1..=round).collect::<Vec<_>>());
        assert!(inlet.is_closed(), "an inlet belongs to its run");
        wire = stopped.component;
        assert_eq!(wire.metadata().id, id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_after_a_hard_stop_begins_afresh() {
    let mut wire = stalled(8);
    for _ in 0..5 {
        let running = wire.start().unwrap();
        running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
        settle().await;
        let stopped = soon(running.stop(Duration::ZERO)).await;
        balanced(&stopped);
        assert_eq!(values(stopped.inputs), [1, 2, 3]);
        wire = stopped.component;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_dropped_without_a_stop_nacks_and_leaks_no_task() {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let record = Record::new();
    let running = stalled(8).start().unwrap();
    for n in 0..5 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    drop(running);
    settle().await;
    for n in 0..5 {
        assert_eq!(record.nack(n), Some(NackReason::Dropped));
    }
    assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_nacks_its_queue_though_an_inlet_lives() {
    let record = Record::new();
    let running = stalled(8).start().unwrap();
    let inlet = running.inlet();
    for n in 0..5 {
        inlet.submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    drop(running);
    // The producer waits for its verdicts before it lets go of the inlet.
    soon(record.settled(5)).await;
    assert_eq!(record.counts(), (0, 5));
    assert!(inlet.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_nacks_unread_outputs_though_an_output_lives() {
    let record = Record::new();
    let running = same(8).start().unwrap();
    let mut output = running.output();
    for n in 0..5 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    drop(running);
    assert_eq!(soon(output.recv()).await, None);
    soon(record.settled(5)).await;
    assert_eq!(record.counts(), (0, 5));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_stop_cancels_the_run() {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let (wire, gate) = gated(8);
    let record = Record::new();
    let running = wire.start().unwrap();
    for n in 0..5 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    gate.open(2);
    settle().await;
    let stopping = tokio::spawn(running.stop(AMPLE));
    settle().await;
    stopping.abort();
    settle().await;
    assert_eq!(record.counts(), (0, 5));
    assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks);
}

#[test]
fn ten_thousand_runs_leave_no_task() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let ran = runtime.block_on(async {
        let tasks = || Handle::current().metrics().num_alive_tasks();
        let before = tasks();
        let mut wire = Wire::map("short", |n: u64| n).with_workers(2).ordered().build().unwrap();
        let age = Batching::items(3).age(ms(5));
        let mut batch = Wire::batch("batch", age).build().unwrap();
        let running = async {
            for round in 0..5_000_u64 {
                let running = wire.start().unwrap();
                let inlet = running.inlet();
                running.submit(round).await.unwrap();
                running.try_submit(round).unwrap();
                let stopped = running.stop(AMPLE).await;
                assert_eq!((balanced(&stopped).accepted, stopped.outputs.len()), (2, 2));
                assert!(inlet.is_closed());
                wire = stopped.component;

                let running = batch.start().unwrap();
                running.submit_batch(&mut vec![1, 2, 3, 4]).await.unwrap();
                let stopped = running.stop(AMPLE).await;
                assert_eq!((balanced(&stopped).accepted, stopped.outputs.len()), (4, 2));
                batch = stopped.component;
            }
        };
        soon(running).await;
        soon(async {
            while tasks() > before {
                tokio::task::yield_now().await;
            }
        })
        .await;
        tasks() == before
    });
    assert!(ran);
}
