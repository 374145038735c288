//! What each worker has for itself, and where workers run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use electrician_wire::types::Event;
use electrician_wire::{Retry, Wire, dead_letters};

use crate::support::{Barrier, Count, balanced, ms, settle, soon, stop, values};

#[tokio::test(start_paused = true)]
async fn each_worker_makes_its_own_state_once() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let wire = Wire::per_worker("own", move || {
        let me = count.fetch_add(1, Ordering::Relaxed);
        let mut calls = 0_u64;
        move |_: u64| {
            calls += 1;
            Ok::<_, String>((me, calls))
        }
    })
    .with_workers(3)
    .with_capacity(2000);
    let running = wire.build().unwrap().start().unwrap();
    assert_eq!(made.load(Ordering::Relaxed), 3);
    for n in 0..1000 {
        if n % 100 == 0 {
            settle().await;
        }
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(made.load(Ordering::Relaxed), 3);
    let mut last = [0; 3];
    for (me, calls) in values(stopped.outputs) {
        assert!(calls > last[me], "worker {me} counts on");
        last[me] = calls;
    }
    assert!(last.iter().all(|calls| *calls > 0), "every worker worked: {last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_makes_the_state_anew_for_that_worker() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let wire = Wire::per_worker("own", move || {
        let me = count.fetch_add(1, Ordering::Relaxed);
        let mut is_broken = false;
        move |n: u64| {
            assert!(!is_broken, "used after a panic");
            is_broken = true;
            assert_ne!(n, 3, "three");
            is_broken = false;
            if n == 5 { Err("five") } else { Ok(me) }
        }
    })
    .with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..8).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.failed, 2);
    assert_eq!(values(stopped.outputs), [0, 0, 0, 1, 1, 1], "an error keeps the state");
    assert_eq!(made.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_retry_makes_the_state_anew_too() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let wire = Wire::per_worker("own", move || {
        count.fetch_add(1, Ordering::Relaxed);
        let (mut calls, mut is_broken) = (0, false);
        move |n: u64| {
            assert!(!is_broken, "used after a panic");
            calls += 1;
            if n == 0 && calls == 1 {
                return Err("try again");
            }
            is_broken = true;
            assert_ne!(n, 0, "zero");
            is_broken = false;
            Ok(n)
        }
    })
    .keep_by_clone()
    .with_retry(Retry::fixed(1, ms(1)))
    .with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![0, 1, 2]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.retried), (1, 1));
    assert_eq!(values(stopped.outputs), [1, 2]);
    assert_eq!(made.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn the_state_is_used_whatever_else_is_attached() {
    let (port, _letters) = dead_letters(8);
    let observed = Count::new();
    let events = Arc::clone(&observed);
    let wire = Wire::per_worker("own", || {
        let mut factor = 2_u64;
        move |n: u64| {
            factor += 1;
            Ok::<_, String>(n * factor)
        }
    })
    .keep_by_clone()
    .map(|n| n + 1)
    .with_workers(1)
    .ordered()
    .with_byte_budget(1000, |_| 1)
    .with_retry(Retry::exponential(3))
    .with_dead_letters(port)
    .with_observer(move |_: &Event<'_>| _ = events.up());
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![10, 10, 10]).await.unwrap();
    assert_eq!(values(stop(running).await.outputs), [31, 41, 51]);
    assert!(observed.get() > 0);
}

/// One worker whose state cannot be made the `broken`th times (from 0); it panics on zeros.
fn fragile(broken: &'static [usize]) -> Wire<u64, u64> {
    let made = AtomicUsize::new(0);
    Wire::per_worker("fragile", move || {
        let nth = made.fetch_add(1, Ordering::Relaxed);
        assert!(!broken.contains(&nth), "no state the {nth}th time");
        |n: u64| {
            assert_ne!(n, 0, "zero");
            Ok::<_, String>(n)
        }
    })
    .with_workers(1)
    .with_capacity(8)
    .build()
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_made_anew_at_once_costs_no_other_item() {
    let running = fragile(&[1]).start().unwrap();
    running.submit_batch(&mut vec![5, 0, 1, 2, 3]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.abandoned + stopped.ledger.failed, 1, "{}", stopped.ledger);
    let mut rest = values(stopped.outputs);
    rest.extend(values(stopped.inputs));
    assert_eq!(rest, [5, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn when_no_worker_is_left_the_intake_closes() {
    let running = fragile(&[1, 2, 3, 4]).start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    let mut accepted = 1;
    for n in 1..20 {
        match soon(running.submit(n)).await {
            Ok(()) => accepted += 1,
            Err(refused) => {
                assert!(refused.is_closed());
                break;
            }
        }
    }
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.accepted, accepted);
}

#[tokio::test(start_paused = true)]
async fn scratch_is_sized_kept_and_not_shared() {
    let wire = Wire::with_scratch("buffer", 16, |n: u8, buffer: &mut Vec<u8>| {
        let first_use = buffer.iter().all(|byte| *byte == 0);
        let before = (buffer.len(), buffer[0]);
        buffer[0] = n;
        buffer.push(n);
        Ok::<_, String>((before, first_use))
    })
    .with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![7, 8, 9]).await.unwrap();
    let seen = values(stop(running).await.outputs);
    assert_eq!(seen, [((16, 0), true), ((17, 7), false), ((18, 8), false)]);

    let wire =
        Wire::with_scratch("none", 0, |(): (), buffer: &mut Vec<u8>| Ok::<_, String>(buffer.len()));
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    running.submit(()).await.unwrap();
    assert_eq!(values(stop(running).await.outputs), [0]);
}

#[tokio::test]
async fn blocking_workers_do_not_stall_a_current_thread_runtime() {
    let (barrier, begun) = (Barrier::default(), Count::new());
    let (gate, count) = (barrier.clone(), Arc::clone(&begun));
    let threads: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let seen = Arc::clone(&threads);
    let id = |thread: ThreadId| format!("{thread:?}");
    let wire = Wire::new_blocking("block", move |n: u64| {
        seen.lock().unwrap().insert(id(thread::current().id()));
        count.up();
        gate.pass();
        Ok::<_, String>(n)
    })
    .with_workers(2);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit(1).await.unwrap();
    soon(begun.reached(1)).await;
    running.submit(2).await.unwrap();
    // Both block now; this task goes on all the same.
    soon(begun.reached(2)).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(output.try_recv(), None);
    barrier.open(2);
    let mut both = [soon(output.recv()).await, soon(output.recv()).await];
    both.sort_unstable();
    assert_eq!(both, [Some(1), Some(2)]);
    drop(output);
    balanced(&soon(running.stop(Duration::from_secs(5))).await);
    let threads = threads.lock().unwrap();
    assert_eq!(threads.len(), 2, "a thread for each worker");
    assert!(!threads.contains(&id(thread::current().id())));
}

#[tokio::test]
async fn a_blocking_worker_holds_no_item_that_another_could_take() {
    let barrier = Barrier::default();
    let gate = barrier.clone();
    let wire = Wire::new_blocking("block", move |n: u64| {
        if n == 0 {
            gate.pass();
        }
        Ok::<_, String>(n)
    });
    let running = wire.with_workers(2).build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit_batch(&mut (0..100).collect()).await.unwrap();
    // One worker blocks; all that came with its item goes to the other one.
    let mut others = Vec::new();
    while others.len() < 99 {
        others.extend(soon(output.recv()).await);
    }
    assert_eq!(others, (1..100).collect::<Vec<_>>());
    barrier.open(1);
    assert_eq!(soon(output.recv()).await, Some(0));
    drop(output);
    balanced(&soon(running.stop(Duration::from_secs(5))).await);
}

#[tokio::test]
async fn idle_blocking_workers_end_with_the_run() {
    let wire = || {
        let wire = Wire::by_ref("compute", |n: &u64| Ok::<_, String>(*n)).on_blocking_threads();
        wire.with_workers(2).build().unwrap().start().unwrap()
    };
    for _ in 0..20 {
        let running = wire();
        running.submit(1).await.unwrap();
        balanced(&soon(running.stop(Duration::from_secs(5))).await);
        let running = wire();
        running.submit(1).await.unwrap();
        balanced(&soon(running.stop(Duration::ZERO)).await);
        drop(wire());
    }
    let metrics = tokio::runtime::Handle::current().metrics();
    soon(async {
        while metrics.num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
