//! Trying again: how often, when, on what, and what a stop does to it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_wire::types::{Error, ErrorKind};
use electrician_wire::{Retry, Wire, dead_letters};

use crate::support::{Record, balanced, ms, now, settle, soon, stop, values};

/// A wire of one worker whose `n`th attempt for every item succeeds, from 1. The worker waits with
/// the item.
fn at_attempt(success: u32, retry: Retry) -> Wire<u64, u64> {
    let attempts = AtomicU32::new(0);
    Wire::by_ref("retry", move |n: &u64| {
        let attempt = attempts.fetch_add(1, Ordering::Relaxed) % success + 1;
        if attempt == success { Ok(*n) } else { Err(format!("attempt {attempt}")) }
    })
    .with_workers(1)
    .with_retry(retry)
    .with_parked(0)
    .build()
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_retried_item_goes_on_as_if_nothing_had_happened() {
    let record = Record::new();
    let running = at_attempt(3, Retry::fixed(2, ms(10))).start().unwrap();
    running.inlet().submit_item(record.item(0, 7)).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.retried, stopped.ledger.failed), (2, 0));
    assert!(stopped.failures.is_empty());
    assert_eq!(record.verdict(0), None);
    assert_eq!(values(stopped.outputs), [7]);
    assert!(record.is_acked(0));
}

#[tokio::test(start_paused = true)]
async fn retries_are_counted_and_exhausted() {
    let running = at_attempt(4, Retry::fixed(2, ms(10))).start().unwrap();
    running.submit(7).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.retried, stopped.ledger.failed), (2, 1));
    assert_eq!(
        stopped.failures[0].to_string(),
        "retry: attempt 3",
        "the last error, not the first"
    );
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_the_chain_runs_after_a_retry() {
    // The failing stage is tried again with its own input, and then the chain goes on.
    let calls = Arc::new(Mutex::new(Vec::new()));
    let log = |name: &'static str| {
        let calls = Arc::clone(&calls);
        move |n: &u64| calls.lock().unwrap().push((name, *n))
    };
    let (a, c) = (log("a"), log("c"));
    let b = calls.clone();
    let wire = Wire::by_ref("a", move |n: &u64| {
        a(n);
        Ok::<_, String>(n + 1)
    })
    .and_then(move |n| {
        let mut calls = b.lock().unwrap();
        calls.push(("b", n));
        let attempts = calls.iter().filter(|(name, _)| *name == "b").count();
        if attempts < 2 { Err("b fails once") } else { Ok(n * 10) }
    })
    .inspect(c)
    .with_workers(1)
    .with_retry(Retry::fixed(1, ms(1)));
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    assert_eq!(values(stop(running).await.outputs), [20]);
    let calls = calls.lock().unwrap();
    assert_eq!(*calls, [("a", 1), ("b", 2), ("a", 1), ("b", 2), ("c", 20)]);
}

/// When each attempt of an item that never succeeds was made, from the first.
async fn attempts_at(retry: Retry) -> Vec<Duration> {
    let begin = now();
    let times = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&times);
    let wire = Wire::by_ref("never", move |_: &u64| {
        log.lock().unwrap().push(now() - begin);
        Err::<u64, _>("no")
    });
    let running = wire.with_workers(1).with_retry(retry).build().unwrap().start().unwrap();
    running.submit(0).await.unwrap();
    let stopped = soon(running.stop(Duration::MAX)).await;
    assert_eq!(balanced(&stopped).failed, 1);
    times.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn waits_are_fixed_or_grow_to_a_cap() {
    let millis = |times: Vec<Duration>| times.iter().map(Duration::as_millis).collect::<Vec<_>>();
    let fixed = attempts_at(Retry::fixed(3, ms(100))).await;
    assert_eq!(millis(fixed), [0, 100, 200, 300]);
    let growing = Retry::exponential(5).with_base(ms(10)).with_cap(ms(50)).without_jitter();
    assert_eq!(millis(attempts_at(growing).await), [0, 10, 30, 70, 120, 170]);
}

#[test]
fn jitter_stays_within_its_bound_and_varies() {
    let error = Error::new(ErrorKind::Failed, "no");
    let retry = Retry::exponential(40);
    assert_eq!(retry.retries(), 40);
    for attempt in 1..=40 {
        let bound =
            Duration::from_millis(100 << (attempt - 1).min(20)).min(Duration::from_secs(10));
        let waits: Vec<_> = (0..50).map(|_| retry.next_wait(attempt, &error).unwrap()).collect();
        assert!(waits.iter().all(|wait| *wait <= bound), "{attempt}: {waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{attempt}: no jitter");
        assert!(waits.iter().any(|wait| *wait > bound / 4), "{attempt}: {waits:?}");
    }
    assert_eq!(retry.next_wait(41, &error), None);
}

#[tokio::test(start_paused = true)]
async fn only_what_may_help_is_retried() {
    // By default: errors and timeouts, not panics.
    let wire = Wire::async_by_ref("kinds", async |n: &u64| match n {
        0 => panic!("zero"),
        1 => Err("one"),
        _ => std::future::pending::<Result<u64, &str>>().await,
    });
    let wire = wire.with_concurrency(1).with_timeout(ms(50)).with_retry(Retry::fixed(2, ms(1)));
    let running = wire.build().unwrap().start().unwrap();
    for (n, retried) in [(0, 0), (1, 2), (2, 4)] {
        running.submit(n).await.unwrap();
        soon(async {
            while running.progress()[0].ledger.failed <= n {
                tokio::time::sleep(ms(10)).await;
            }
        })
        .await;
        assert_eq!(running.progress()[0].ledger.retried, retried, "after item {n}");
    }
    assert_eq!(stop(running).await.ledger.failed, 3);
}

#[tokio::test(start_paused = true)]
async fn the_classifier_sees_the_last_error_of_each_attempt() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let retry = Retry::fixed(10, ms(1)).only_if(move |error| {
        log.lock().unwrap().push((error.kind(), error.to_string()));
        !error.to_string().contains("enough")
    });
    let calls = AtomicU32::new(0);
    let wire =
        Wire::by_ref("classified", move |_: &u64| match calls.fetch_add(1, Ordering::Relaxed) {
            0 => Err("first"),
            1 => panic!("second"),
            2 => Err("enough"),
            _ => Ok(()),
        });
    let running = wire.with_workers(1).with_retry(retry).build().unwrap().start().unwrap();
    running.submit(0).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.retried), (1, 2));
    let seen = seen.lock().unwrap();
    let kinds: Vec<_> = seen.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [ErrorKind::Failed, ErrorKind::Panicked, ErrorKind::Failed]);
    assert!(seen[0].1.contains("first") && seen[1].1.contains("second"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_classifier_that_panics_costs_one_item_at_most() {
    let retry = Retry::fixed(1, ms(1)).only_if(|_| panic!("no judgement"));
    let wire = Wire::by_ref("odd", |n: &u64| if *n == 3 { Err("three") } else { Ok(*n) });
    let running = wire.with_workers(1).with_retry(retry).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.failed + ledger.abandoned, ledger.returned), (1, 9), "{ledger}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_the_wait_returns_the_item_and_what_is_behind_it() {
    let record = Record::new();
    let running = at_attempt(2, Retry::fixed(1, Duration::from_mins(1))).start().unwrap();
    for n in 0..4 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let before = now();
    let stopped = soon(running.stop(ms(500))).await;
    assert!(now() - before < ms(800), "not the whole wait");
    let ledger = balanced(&stopped);
    assert_eq!((ledger.returned, ledger.failed, ledger.abandoned), (4, 0, 0));
    assert_eq!(record.counts(), (0, 0), "their receipts are still open");
    assert_eq!(values(stopped.inputs), [0, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_with_time_lets_retries_finish() {
    let running = at_attempt(3, Retry::fixed(2, ms(100))).start().unwrap();
    running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.retried, stopped.ledger.failed), (6, 0));
    assert_eq!(values(stopped.outputs), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_clone_makes_a_transform_by_value_retryable() {
    let (port, mut letters) = dead_letters(4);
    let calls = AtomicU32::new(0);
    let wire = Wire::new("clone", move |text: String| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        if text == "bad" || call == 0 { Err("not now") } else { Ok(text) }
    });
    let wire = wire.keep_by_clone().with_workers(1).with_retry(Retry::fixed(1, ms(1)));
    let running = wire.with_dead_letters(port).build().unwrap().start().unwrap();
    running.submit_batch(&mut vec!["good".into(), "bad".into()]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.retried, stopped.ledger.dead_lettered), (2, 1));
    assert_eq!(values(stopped.outputs), ["good"]);
    assert_eq!(letters.try_recv().unwrap().accept(), "bad");
}

#[tokio::test(start_paused = true)]
async fn in_place_is_retried_as_the_transform_left_it() {
    let wire = Wire::in_place("push", |text: &mut String| {
        text.push('!');
        if text.len() < 4 { Err("too short") } else { Ok(()) }
    });
    let wire = wire.with_workers(1).with_retry(Retry::fixed(9, ms(1)));
    let running = wire.build().unwrap().start().unwrap();
    running.submit("a".into()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.retried, 2);
    assert_eq!(values(stopped.outputs), ["a!!!"]);
}
