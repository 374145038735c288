//! User code that neither returns nor awaits: a stop gives up on it, and says so.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_wire::Wire;
use tokio::runtime::Handle;

use electrician_wire::types::Event;

use crate::support::{Barrier, Count, Record, balanced, now, soon, values};

/// A wire that hangs on `hangs_on` until the barrier lets it go, and counts what it began.
fn hanging(hangs_on: u64, workers: usize) -> (Wire<u64, u64>, Barrier, Arc<Count>) {
    let (barrier, begun) = (Barrier::default(), Count::new());
    let (gate, count) = (barrier.clone(), Arc::clone(&begun));
    let wire = Wire::by_ref("hang", move |n: &u64| {
        count.up();
        if *n == hangs_on {
            gate.pass();
        }
        Ok::<_, String>(*n)
    });
    (wire.with_workers(workers).build().unwrap(), barrier, begun)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn stuck_code_is_reported_within_the_grace_and_the_ledger_balances() {
    let (wire, barrier, begun) = hanging(7, 2);
    let running = wire.start().unwrap();
    running.submit(7).await.unwrap();
    soon(begun.reached(1)).await;
    // The other worker goes on.
    for n in 0..3 {
        running.submit(n).await.unwrap();
    }
    soon(begun.reached(4)).await;
    let before = now();
    let stopped = soon(running.stop(Duration::from_millis(20))).await;
    let took = now() - before;
    assert!((Duration::from_millis(260)..Duration::from_secs(2)).contains(&took), "{took:?}");
    assert_eq!(stopped.stuck, 1);
    let ledger = stopped.ledger;
    assert!(ledger.is_balanced(), "{ledger}");
    assert_eq!((ledger.accepted, ledger.abandoned, ledger.returned), (4, 1, 3), "{ledger}");
    assert!(!stopped.is_clean());
    assert_eq!(values(stopped.outputs), [0, 1, 2]);
    // It ends as soon as the code does.
    barrier.open(1);
    let metrics = Handle::current().metrics();
    soon(async {
        while metrics.num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_stuck_blocking_worker_is_reported_too() {
    let (barrier, begun) = (Barrier::default(), Count::new());
    let (gate, count) = (barrier.clone(), Arc::clone(&begun));
    let wire = Wire::new_blocking("hang", move |n: u64| {
        count.up();
        gate.pass();
        Ok::<_, String>(n)
    });
    let running = wire.with_workers(2).build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    soon(begun.reached(1)).await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    assert_eq!((stopped.stuck, stopped.ledger.abandoned), (1, 1));
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    barrier.open(1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_of_the_stage_includes_what_is_stuck() {
    let (barrier, begun) = (Barrier::default(), Count::new());
    let (gate, count) = (barrier.clone(), Arc::clone(&begun));
    let told = Arc::new(Mutex::new(None));
    let tell = Arc::clone(&told);
    let wire = Wire::by_ref("hang", move |n: &u64| {
        count.up();
        gate.pass();
        Ok::<_, String>(*n)
    })
    .with_observer(move |event: &Event<'_>| {
        if let Event::Stopped { ledger, .. } = event {
            *tell.lock().unwrap() = Some(**ledger);
        }
    });
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    running.submit(7).await.unwrap();
    soon(begun.reached(1)).await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    barrier.open(1);
    assert_eq!(stopped.stuck, 1);
    let stage = &stopped.stages[0];
    assert!(stage.ledger.is_balanced(), "{}", stage.ledger);
    assert_eq!(told.lock().unwrap().take(), Some(stage.ledger), "what the observer was told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_too_late_is_nacked_whoever_still_holds_a_handle() {
    let (wire, barrier, begun) = hanging(7, 1);
    let record = Record::new();
    let running = wire.start().unwrap();
    let (inlet, output) = (running.inlet(), running.output());
    inlet.submit_item(record.item(0, 7)).await.unwrap();
    soon(begun.reached(1)).await;
    inlet.submit_item(record.item(1, 1)).await.unwrap();
    let stopped = soon(running.stop(Duration::ZERO)).await;
    assert_eq!((stopped.stuck, stopped.ledger.abandoned), (1, 1), "{}", stopped.ledger);
    assert_eq!(record.counts(), (0, 0));
    assert_eq!(values(stopped.inputs), [1]);
    barrier.open(1);
    soon(record.settled(2)).await;
    assert_eq!(record.counts(), (1, 1), "its output came too late for anybody to read");
    drop((inlet, output));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_that_returns_within_the_grace_is_not_stuck() {
    let (wire, barrier, begun) = hanging(7, 1);
    let running = wire.start().unwrap();
    let mut output = running.output();
    running.submit(7).await.unwrap();
    soon(begun.reached(1)).await;
    let stopping = tokio::spawn(running.stop(Duration::ZERO));
    assert_eq!(soon(output.recv()).await, None, "the run was cut off");
    barrier.open(1);
    let stopped = soon(stopping).await.unwrap();
    let ledger = balanced(&stopped);
    assert_eq!((ledger.abandoned, ledger.returned), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_deadline_a_worker_begins_nothing_more() {
    let (barrier, begun) = (Barrier::default(), Count::new());
    let (gate, count) = (barrier.clone(), Arc::clone(&begun));
    let wire = Wire::by_ref("hang", move |n: &u64| {
        count.up();
        gate.pass();
        Ok::<_, String>(*n)
    });
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    let mut output = running.output();
    // One item holds the worker while ten more come; then it takes all ten at once.
    running.submit(100).await.unwrap();
    soon(begun.reached(1)).await;
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    barrier.open(1);
    soon(begun.reached(2)).await;
    assert_eq!(soon(output.recv()).await, Some(100));
    let stopping = tokio::spawn(running.stop(Duration::ZERO));
    assert_eq!(soon(output.recv()).await, None, "the run was cut off");
    barrier.open(1);
    let stopped = soon(stopping).await.unwrap();
    barrier.open(100); // Whatever was begun in spite of it ends here.
    // Every call returned: nothing is stuck, and nine items were not touched.
    let ledger = stopped.ledger;
    assert_eq!((stopped.stuck, ledger.abandoned), (0, 0), "{ledger}");
    assert_eq!(values(stopped.inputs), (1..10).collect::<Vec<_>>());
    assert_eq!(values(stopped.outputs), [0]);
    assert_eq!(begun.get(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_dropped_with_stuck_code_ends_with_it() {
    let (wire, barrier, begun) = hanging(7, 1);
    let running = wire.start().unwrap();
    running.submit(7).await.unwrap();
    soon(begun.reached(1)).await;
    drop(running);
    barrier.open(1);
    let metrics = Handle::current().metrics();
    soon(async {
        while metrics.num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ordered_outputs_behind_a_stuck_item_come_back() {
    let (barrier, begun) = (Barrier::default(), Count::new());
    let (gate, count) = (barrier.clone(), Arc::clone(&begun));
    let done = Arc::new(AtomicUsize::new(0));
    let finished = Arc::clone(&done);
    let wire = Wire::by_ref("hang", move |n: &u64| {
        count.up();
        if *n == 0 {
            gate.pass();
        }
        finished.fetch_add(1, Ordering::SeqCst);
        Ok::<_, String>(*n)
    });
    let wire = wire.with_workers(2).ordered().build().unwrap();
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    soon(begun.reached(1)).await;
    running.submit_batch(&mut (1..6).collect()).await.unwrap();
    soon(begun.reached(6)).await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    barrier.open(1);
    assert_eq!(stopped.stuck, 1);
    let ledger = stopped.ledger;
    assert!(ledger.is_balanced(), "{ledger}");
    assert_eq!((ledger.abandoned, ledger.returned), (1, 5), "{ledger}");
    assert_eq!(values(stopped.outputs), (1..6).collect::<Vec<_>>());
}
