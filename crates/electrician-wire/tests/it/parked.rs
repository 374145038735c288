//! Items that wait for their next attempt beside the worker.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use electrician_wire::transforms::{ByRef, Computing};
use electrician_wire::types::ErrorKind;
use electrician_wire::{Retry, RetryBudget, Wire, WireBuilder, dead_letters};

use crate::support::{Record, balanced, ms, now, settle, soon, stop, values};

/// The attempts of each item so far.
#[derive(Clone, Default)]
struct Attempts(Arc<Mutex<HashMap<u64, u32>>>);

impl Attempts {
    /// Counts one more of `n`; which it is, from 1.
    fn next(&self, n: u64) -> u32 {
        let mut attempts = self.0.lock().unwrap();
        let count = attempts.entry(n).or_default();
        *count += 1;
        *count
    }
}

/// A number that is looked at and goes on.
type Looking<F> = WireBuilder<u64, Computing<ByRef<F>>>;

/// One worker; items of ten and more fail `failures` times, after 100 ms each.
fn stubborn(failures: u32) -> Looking<impl Fn(&u64) -> Result<u64, String> + Send + Sync> {
    let attempts = Attempts::default();
    Wire::by_ref("stubborn", move |n: &u64| {
        if *n >= 10 && attempts.next(*n) <= failures {
            Err(format!("{n}: not yet"))
        } else {
            Ok(*n)
        }
    })
    .with_workers(1)
    .with_retry(Retry::fixed(3, ms(100)))
}

#[tokio::test(start_paused = true)]
async fn a_worker_goes_on_while_an_item_waits() {
    let running = stubborn(2).build().unwrap().start().unwrap();
    let mut output = running.output();
    let begin = now();
    running.submit_batch(&mut vec![1, 10, 2, 11, 3]).await.unwrap();
    for n in [1, 2, 3] {
        assert_eq!(soon(output.recv()).await, Some(n));
    }
    assert_eq!(now(), begin, "nobody waited");
    // Batches that come meanwhile do not wait either.
    running.submit(4).await.unwrap();
    assert_eq!(soon(output.recv()).await, Some(4));
    assert_eq!(now(), begin);
    settle().await;
    assert_eq!(running.progress()[0].in_hand, 2, "they are still in hand");
    for n in [10, 11] {
        assert_eq!(soon(output.recv()).await, Some(n));
    }
    assert_eq!(now() - begin, ms(200), "two waits each, side by side");
    drop(output);
    assert_eq!(stop(running).await.ledger.retried, 4);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_counted_over_all_waits_and_then_it_is_a_dead_letter() {
    let (port, mut letters) = dead_letters(4);
    let wire = stubborn(9).with_dead_letters(port).build().unwrap();
    let running = wire.start().unwrap();
    running.submit_batch(&mut vec![10, 1]).await.unwrap();
    let letter = soon(letters.recv()).await.unwrap();
    assert_eq!((letter.attempts, letter.error.kind()), (4, ErrorKind::Failed));
    assert_eq!(letter.accept(), 10);
    let ledger = stop(running).await.ledger;
    assert_eq!((ledger.retried, ledger.dead_lettered, ledger.returned), (3, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_those_that_wait() {
    let running = stubborn(3).build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![10, 11, 12]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [10, 11, 12]);
    assert_eq!(stopped.ledger.retried, 9);
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_those_that_wait_come_back_with_open_receipts() {
    let record = Record::new();
    let running = stubborn(3).build().unwrap().start().unwrap();
    for n in [10, 11, 1, 12] {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let stopped = soon(running.stop(ms(150))).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.returned, ledger.failed, ledger.abandoned), (4, 0, 0), "{ledger}");
    assert_eq!(record.counts(), (0, 0), "nothing is settled yet");
    assert_eq!(values(stopped.inputs), [10, 11, 12]);
    assert_eq!(values(stopped.outputs), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_full_park_makes_the_worker_wait() {
    let running = stubborn(1).with_parked(2).build().unwrap().start().unwrap();
    let mut output = running.output();
    let begin = now();
    for n in [10, 11, 12, 1] {
        running.submit(n).await.unwrap();
        settle().await;
    }
    assert_eq!(output.try_recv(), None, "two wait, and no more is taken");
    assert_eq!(running.progress()[0].queued, 2);
    for n in [10, 11, 1, 12] {
        assert_eq!(soon(output.recv()).await, Some(n));
    }
    assert_eq!(now() - begin, ms(200));
    drop(output);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn only_items_of_the_same_key_wait_behind() {
    for together in [true, false] {
        let running = keyed().start().unwrap();
        let mut output = running.output();
        let items = vec![2, 100, 4, 3, 6, 5, 8];
        if together {
            running.submit_batch(&mut items.clone()).await.unwrap();
        } else {
            for n in items {
                running.submit(n).await.unwrap();
                settle().await;
            }
        }
        let (mut even, mut odd) = (Vec::new(), Vec::new());
        for _ in 0..7 {
            let n = soon(output.recv()).await.unwrap();
            if n % 2 == 0 {
                even.push(n);
            } else {
                odd.push(n);
            }
            if n == 100 {
                assert_eq!(odd, [3, 5], "the other key did not wait");
            }
        }
        assert_eq!(even, [2, 100, 4, 6, 8], "what came behind it stays behind it");
        drop(output);
        drop(stop(running).await);
    }
}

/// Two keys, even and odd; items of a hundred and more fail twice.
fn keyed() -> Wire<u64, u64> {
    let attempts = Attempts::default();
    let wire = Wire::by_ref("keyed", move |n: &u64| {
        if *n >= 100 && attempts.next(*n) <= 2 { Err("not yet") } else { Ok(*n) }
    });
    let wire = wire.ordered_by_key(|n: &u64| n % 2).with_workers(2).with_capacity(64);
    wire.with_retry(Retry::fixed(2, ms(100))).build().unwrap()
}

/// Several of one key fail one after the other: each in its turn, and none overtakes.
#[tokio::test(start_paused = true)]
async fn a_key_keeps_its_order_when_several_of_its_items_fail() {
    let attempts = Attempts::default();
    let wire = Wire::by_ref("keyed", move |n: &u64| {
        if n.is_multiple_of(3) && attempts.next(*n) <= 2 { Err("not yet") } else { Ok(*n) }
    });
    let wire = wire.ordered_by_key(|n: &u64| n % 5).with_workers(2).with_capacity(256);
    let running =
        wire.with_retry(Retry::fixed(2, ms(10))).with_parked(16).build().unwrap().start().unwrap();
    let mut output = running.output();
    let (mut next, mut seen) = (0, Vec::new());
    while seen.len() < 500 {
        while next < 500 && running.try_submit(next).is_ok() {
            next += 1;
        }
        seen.push(soon(output.recv()).await.unwrap());
    }
    for key in 0..5 {
        let of_key: Vec<_> = seen.iter().copied().filter(|n| n % 5 == key).collect();
        assert!(of_key.is_sorted() && of_key.len() == 100, "key {key}: {of_key:?}");
    }
    drop(output);
    let ledger = stop(running).await.ledger;
    assert_eq!(ledger.retried, 2 * 167);
}

#[tokio::test(start_paused = true)]
async fn a_stop_brings_a_keys_items_back_in_order() {
    let wire = Wire::by_ref("keyed", |n: &u64| if *n == 0 { Err("no") } else { Ok(*n) });
    let wire = wire.ordered_by_key(|_: &u64| 7).with_workers(2).with_capacity(64);
    let wire = wire.with_retry(Retry::fixed(9, ms(60_000))).build().unwrap();
    let running = wire.start().unwrap();
    for n in 0..5 {
        running.submit(n).await.unwrap();
        settle().await;
    }
    let stopped = soon(running.stop(ms(10))).await;
    assert_eq!(balanced(&stopped).returned, 5);
    assert_eq!(values(stopped.inputs), [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_panicking_transform_is_retried_from_beside_too() {
    let calls = AtomicU32::new(0);
    let wire = Wire::by_ref("panics", move |n: &u64| {
        assert!(*n != 1 || calls.fetch_add(1, Ordering::Relaxed) >= 2, "not yet");
        Ok::<_, String>(*n)
    });
    let retry = Retry::fixed(2, ms(10)).only_if(|_| true);
    let running = wire.with_workers(1).with_retry(retry).build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [2, 1]);
    assert_eq!(stopped.ledger.retried, 2);
}

// --- the budget ---

#[tokio::test(start_paused = true)]
async fn a_budget_ends_retries_for_all_who_share_it() {
    let budget = RetryBudget::new(0, 3);
    let wire = |name: &'static str| {
        let wire = Wire::by_ref(name, |_: &u64| Err::<u64, _>("down"));
        wire.with_workers(1).with_retry(Retry::fixed(2, ms(1)).with_budget(budget.clone()))
    };
    let (first, second) = (wire("first").build().unwrap(), wire("second").build().unwrap());
    let first = first.start().unwrap();
    first.submit(1).await.unwrap();
    assert_eq!(stop(first).await.ledger.retried, 2);
    assert_eq!(budget.left(), 1);
    let second = second.start().unwrap();
    second.submit_batch(&mut vec![1, 2]).await.unwrap();
    let ledger = stop(second).await.ledger;
    assert_eq!((ledger.retried, ledger.failed), (1, 2));
    assert_eq!(budget.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn successes_pay_for_retries_up_to_the_reserve() {
    let budget = RetryBudget::new(20, 2);
    let wire = Wire::by_ref("half", |n: &u64| if *n >= 100 { Err("down") } else { Ok(*n) });
    let retry = Retry::fixed(5, ms(1)).with_budget(budget.clone());
    let running = wire.with_workers(1).with_retry(retry).build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit(100).await.unwrap();
    running.submit_batch(&mut (0..5).collect()).await.unwrap();
    for _ in 0..5 {
        soon(output.recv()).await.unwrap();
    }
    settle().await;
    // Two were there; one came from five successes, if it came in time, and stays otherwise.
    drop(output);
    let ledger = stop(running).await.ledger;
    assert_eq!(ledger.retried + budget.left(), 3, "{ledger}");
    // The reserve is the most it ever holds.
    let wire = Wire::by_ref("well", |n: &u64| Ok::<_, String>(*n));
    let retry = Retry::fixed(5, ms(1)).with_budget(budget.clone());
    let running = wire.with_workers(1).with_retry(retry).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..500).collect()).await.unwrap();
    drop(stop(running).await);
    assert_eq!(budget.left(), 2);
}
