//! Order: none, of the input, or per key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use electrician_wire::{Retry, Wire};

use crate::support::{Count, Gate, balanced, ms, settle, soon, stop, values};

/// A different delay for each item, the same in every run.
fn jitter(n: u64) -> Duration {
    ms(n.wrapping_mul(7919) % 17)
}

#[tokio::test(start_paused = true)]
async fn unordered_delivers_everything_as_it_gets_done() {
    let wire = Wire::new_async("any", |n: u64| async move {
        tokio::time::sleep(jitter(n)).await;
        Ok::<_, String>(n)
    });
    let running = wire.with_concurrency(8).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..500).collect()).await.unwrap();
    let mut all = values(stop(running).await.outputs);
    assert!(!all.is_sorted(), "faster items overtake slower ones");
    all.sort_unstable();
    assert_eq!(all, (0..500).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn one_worker_keeps_the_order_without_being_told() {
    let wire = Wire::new_async("one", |n: u64| async move {
        tokio::time::sleep(jitter(n)).await;
        Ok::<_, String>(n)
    });
    let running = wire.with_concurrency(1).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..200).collect()).await.unwrap();
    assert_eq!(values(stop(running).await.outputs), (0..200).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn ordered_in_spite_of_delays() {
    let wire = Wire::new_async("ordered", |n: u64| async move {
        tokio::time::sleep(jitter(n)).await;
        Ok::<_, String>(n)
    });
    let wire = wire.with_concurrency(8).ordered().build().unwrap();
    let running = wire.start().unwrap();
    let mut output = running.output();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move { inlet.submit_batch(&mut (0..2000).collect()).await });
    for n in 0..2000 {
        assert_eq!(soon(output.recv()).await, Some(n));
    }
    soon(feeding).await.unwrap().unwrap();
    assert_eq!(stop(running).await.ledger.delivered, 2000);
}

#[tokio::test(start_paused = true)]
async fn ordered_with_everything_that_can_happen_to_an_item() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&attempts);
    // Some are filtered, some multiply, some fail, some panic, some succeed at the second attempt.
    let wire = Wire::async_by_ref("mixed", async |n: &u64| {
        tokio::time::sleep(jitter(*n)).await;
        Ok::<_, String>(*n)
    })
    .and_then(move |n| match n % 7 {
        1 => Err("ones fail"),
        2 if count.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => Err("twos fail once"),
        _ => Ok(n),
    })
    .inspect(|n| assert_ne!(n % 7, 3, "threes panic"))
    .filter(|n| n % 7 != 4)
    .flat_map(|n| vec![n; if n % 7 == 5 { 3 } else { 1 }])
    .with_concurrency(6)
    .with_retry(Retry::fixed(1, ms(2)))
    .ordered();
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..700).collect()).await.unwrap();
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.filtered, ledger.split, ledger.accepted), (100, 200, 700), "{ledger}");
    let outputs = values(stopped.outputs);
    assert!(outputs.is_sorted());
    assert!(ledger.failed >= 200 && outputs.len() as u64 + ledger.failed == 800, "{ledger}");
    let without = |rest| outputs.iter().all(|n| n % 7 != rest);
    assert!(without(1) && without(3) && without(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ordered_sync_with_panics_and_filters_on_several_threads() {
    let wire = Wire::filter_map("sync", |n: u64| {
        assert!(!n.is_multiple_of(101), "a multiple of 101");
        (!n.is_multiple_of(3)).then_some(n)
    });
    let wire = wire.with_workers(4).ordered().with_capacity(128).build().unwrap();
    let running = wire.start().unwrap();
    let reading = tokio::spawn(running.output().collect());
    let inlet = running.inlet();
    for chunk in 0..100 {
        let mut chunk = (chunk * 100..chunk * 100 + 100).collect();
        soon(inlet.submit_batch(&mut chunk)).await.unwrap();
    }
    let stopped = stop(running).await;
    let expected: Vec<u64> =
        (0..10_000).filter(|n: &u64| !n.is_multiple_of(101) && !n.is_multiple_of(3)).collect();
    assert_eq!(soon(reading).await.unwrap(), expected);
    assert_eq!(stopped.ledger.failed, 100);
}

#[tokio::test(start_paused = true)]
async fn a_slow_item_holds_up_outputs_but_not_work_up_to_a_bound() {
    const WORKERS: usize = 3;
    let (gate, begun) = (Gate::default(), Count::new());
    let (pass, count) = (gate.clone(), Arc::clone(&begun));
    let wire = Wire::new_async("slow", move |n: u64| {
        let (gate, count) = (pass.clone(), Arc::clone(&count));
        async move {
            count.up();
            if n == 0 {
                gate.pass().await;
            }
            Ok::<_, String>(n)
        }
    });
    let running = wire.with_concurrency(WORKERS).ordered().build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit_batch(&mut (0..200).collect()).await.unwrap();
    settle().await;
    // Asynchronous workers take items one by one: a batch is one item.
    let most = 4 * WORKERS + WORKERS;
    assert!((WORKERS + 1..=most).contains(&begun.get()), "{} items were begun", begun.get());
    assert_eq!(output.try_recv(), None);
    gate.open(1);
    for n in 0..200 {
        assert_eq!(soon(output.recv()).await, Some(n));
    }
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn per_key_in_order_with_delays() {
    let wire = Wire::new_async("keyed", |(key, n): (u64, u64)| async move {
        tokio::time::sleep(jitter(key * 31 + n)).await;
        if n % 11 == 5 { Err("fives fail") } else { Ok((key, n)) }
    });
    let wire = wire.with_concurrency(4).ordered_by_key(|(key, _)| *key).with_capacity(64);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..1000_u64 {
            inlet.submit((n % 13, n)).await.unwrap();
        }
    });
    let mut last = BTreeMap::new();
    let mut seen = 0;
    let mut overtakes = 0;
    let mut newest = 0;
    while seen < (0..1000_u64).filter(|n| n % 11 != 5).count() {
        let (key, n) = soon(output.recv()).await.unwrap();
        let before = last.insert(key, n);
        assert!(before.is_none_or(|before| before < n), "key {key}: {n} after {before:?}");
        overtakes += usize::from(n < newest);
        newest = newest.max(n);
        seen += 1;
    }
    assert!(overtakes > 0, "different keys overtake each other");
    soon(feeding).await.unwrap();
    assert_eq!(stop(running).await.ledger.failed, 91);
}

#[tokio::test(start_paused = true)]
async fn different_keys_run_side_by_side_and_equal_ones_do_not() {
    let (gate, begun) = (Gate::default(), Count::new());
    let (pass, count) = (gate.clone(), Arc::clone(&begun));
    let wire = Wire::new_async("keyed", move |key: u64| {
        let (gate, count) = (pass.clone(), Arc::clone(&count));
        async move {
            count.up();
            gate.pass().await;
            Ok::<_, String>(key)
        }
    });
    let wire = wire.with_concurrency(4).ordered_by_key(|key| *key).build().unwrap();
    let running = wire.start().unwrap();
    // A key has one place to go: a second item of it waits, whatever the other workers do.
    running.submit(0).await.unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    assert_eq!(begun.get(), 1);
    // Of many other keys, some go elsewhere.
    running.submit_batch(&mut (1..50).collect()).await.unwrap();
    settle().await;
    assert_eq!(begun.get(), 4, "every worker is busy");
    gate.open(100);
    assert_eq!(stop(running).await.outputs.len(), 51);
}

#[tokio::test(start_paused = true)]
async fn a_retried_item_keeps_its_place() {
    for ordered in [true, false] {
        let wire = Wire::by_ref("retry", {
            let attempts = AtomicUsize::new(0);
            move |n: &u64| {
                if *n == 2 && attempts.fetch_add(1, Ordering::Relaxed) < 3 {
                    return Err("not yet");
                }
                Ok(*n)
            }
        })
        .with_retry(Retry::fixed(5, ms(10)));
        let wire = if ordered { wire.with_workers(3).ordered() } else { wire.with_workers(1) };
        // Without a place beside it, the one worker waits with the item.
        let running = wire.with_parked(0).build().unwrap().start().unwrap();
        for n in 0..6 {
            running.submit(n).await.unwrap();
            settle().await;
        }
        let stopped = stop(running).await;
        assert_eq!(stopped.ledger.retried, 3);
        assert_eq!(values(stopped.outputs), [0, 1, 2, 3, 4, 5]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hard_stop_gives_ordered_outputs_back_in_order() {
    let wire = Wire::async_by_ref("same", async |n: &u64| Ok::<_, String>(*n));
    let wire = wire.with_concurrency(3).ordered().with_output_capacity(2).with_capacity(32);
    let running = wire.build().unwrap().start().unwrap();
    let output = running.output();
    running.submit_batch(&mut (0..20).collect()).await.unwrap();
    settle().await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    balanced(&stopped);
    let outputs = values(stopped.outputs);
    assert!(outputs.len() >= 3 && outputs.is_sorted(), "{outputs:?}");
    assert!(values(stopped.inputs).is_sorted());
    drop(output);
}

#[tokio::test(start_paused = true)]
async fn a_hard_stop_gives_the_outputs_of_one_worker_back_in_order() {
    let wire = Wire::map("same", |n: u64| n).with_workers(1).with_output_capacity(2);
    let running = wire.build().unwrap().start().unwrap();
    let output = running.output();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    settle().await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    balanced(&stopped);
    assert_eq!(values(stopped.outputs), (0..10).collect::<Vec<_>>());
    drop(output);
}
