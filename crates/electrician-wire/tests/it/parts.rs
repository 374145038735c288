//! A batch of which one item waits: what is finished goes out, the rest stays accounted for.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_wire::types::{Acknowledge, Item, Receipt, Verdict};
use electrician_wire::{
    DeadLetter, DeadLetterPort, DeadLetters, Output, Retry, Wire, dead_letters,
};

use crate::support::{balanced, ms, now, settle, soon, stop, values};

/// Long enough that a test on virtual time sees whether it was waited for.
const LONG: Duration = Duration::from_mins(10);

fn even(n: u64) -> Result<u64, String> {
    if n.is_multiple_of(2) { Ok(n) } else { Err(format!("{n} is odd")) }
}

/// A wire that refuses odd numbers, in order: of one worker, or of several.
fn evens(workers: usize, port: DeadLetterPort<u64>) -> Wire<u64, u64> {
    let wire = Wire::by_ref("evens", |n: &u64| even(*n)).with_dead_letters(port);
    let wire = if workers > 1 { wire.ordered() } else { wire };
    wire.with_workers(workers).build().unwrap()
}

/// A wire that fails on odd numbers at their first attempt, in order.
fn second_time(workers: usize, wait: Duration) -> Wire<u64, u64> {
    let seen = Mutex::new(BTreeSet::new());
    let wire =
        Wire::by_ref(
            "second",
            move |n: &u64| {
                if seen.lock().unwrap().insert(*n) { even(*n) } else { Ok(*n) }
            },
        );
    let wire = wire.with_retry(Retry::fixed(1, wait)).with_parked(0);
    let wire = if workers > 1 { wire.ordered() } else { wire };
    wire.with_workers(workers).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn finished_outputs_do_not_wait_for_room_at_the_port() {
    for workers in [1, 2] {
        let (port, mut letters) = dead_letters(1);
        let running = evens(workers, port).start().unwrap();
        let mut output = running.output();
        running.submit(1).await.unwrap();
        settle().await;
        assert_eq!(letters.len(), 1, "the port is full");
        // The share of one worker is half of it at least.
        running.submit_batch(&mut vec![0, 2, 3, 4, 5, 6, 8, 10]).await.unwrap();
        assert_eq!(soon(output.recv()).await, Some(0), "{workers} workers");
        assert_eq!(soon(output.recv()).await, Some(2), "{workers} workers");
        settle().await;
        assert_eq!(output.try_recv(), None, "the third waits");
        for n in [1, 3, 5] {
            assert_eq!(soon(letters.recv()).await.unwrap().accept(), n);
        }
        for n in [4, 6, 8, 10] {
            assert_eq!(soon(output.recv()).await, Some(n));
        }
        drop(output);
        let ledger = stop(running).await.ledger;
        assert_eq!((ledger.delivered, ledger.dead_lettered, ledger.accepted), (6, 3, 9));
    }
}

#[tokio::test(start_paused = true)]
async fn finished_outputs_do_not_wait_for_a_retry() {
    for workers in [1, 2] {
        let running = second_time(workers, LONG).start().unwrap();
        let mut output = running.output();
        let begin = now();
        running.submit_batch(&mut vec![0, 2, 3, 4, 5, 6, 8, 10]).await.unwrap();
        assert_eq!(soon(output.recv()).await, Some(0), "{workers} workers");
        assert_eq!(soon(output.recv()).await, Some(2), "{workers} workers");
        assert_eq!(now(), begin, "{workers} workers: no time has passed");
        for n in [3, 4, 5, 6, 8, 10] {
            assert_eq!(tokio::time::timeout(LONG * 3, output.recv()).await, Ok(Some(n)));
        }
        drop(output);
        assert_eq!(stop(running).await.ledger.retried, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn each_part_of_a_batch_is_accounted_for_when_it_is_out() {
    for workers in [1, 2] {
        let running = second_time(workers, LONG).start().unwrap();
        let mut output = running.output();
        running.submit_batch(&mut vec![0, 2, 3, 4, 6, 8]).await.unwrap();
        let first = [soon(output.recv()).await, soon(output.recv()).await];
        assert_eq!(first, [Some(0), Some(2)]);
        settle().await;
        let stage = &running.progress()[0];
        // With two workers, what the other one made waits for its turn: done, and not out.
        let waiting = if workers > 1 { 3 } else { 0 };
        assert_eq!((stage.ledger.delivered, stage.in_hand), (2, 4 - waiting), "{stage:?}");
        // The deadline comes while the rest waits for the next attempt.
        drop(output);
        let stopped = soon(running.stop(ms(100))).await;
        let ledger = balanced(&stopped);
        assert_eq!((ledger.abandoned, ledger.failed, ledger.delivered), (0, 0, 2), "{ledger}");
        let (inputs, outputs) = (values(stopped.inputs), values(stopped.outputs));
        assert!(inputs.is_sorted() && outputs.is_sorted(), "{inputs:?} {outputs:?}");
        assert_eq!(inputs.first(), Some(&3));
    }
}

/// Panics when it is told that item 1 is done with.
struct Touchy(u64);

impl Acknowledge for Touchy {
    fn settle(&self, _token: u64, verdict: Verdict) {
        assert!(self.0 != 1 || verdict != Verdict::Ack, "one is done with");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_engine_costs_what_is_left_of_the_batch() {
    for workers in [1, 2] {
        let calls = AtomicUsize::new(0);
        let wire = Wire::by_ref("filter", move |n: &u64| {
            // Fails at first, then it is filtered out, of which its source is told.
            let is_first = *n == 1 && calls.fetch_add(1, Ordering::Relaxed) == 0;
            if is_first { Err("not yet") } else { Ok(*n) }
        });
        let wire = wire.filter(|n| *n != 1).with_retry(Retry::fixed(1, ms(1))).with_parked(0);
        let wire = if workers > 1 { wire.ordered() } else { wire };
        let running = wire.with_workers(workers).build().unwrap().start().unwrap();
        let mut output = running.output();
        for n in [0, 2, 1, 20, 22, 24] {
            let receipt = Receipt::new(Arc::new(Touchy(n)), 0);
            running.inlet().try_submit_item(Item::with_receipt(n, receipt)).unwrap();
        }
        for n in [0, 2] {
            assert_eq!(soon(output.recv()).await, Some(n), "{workers} workers");
        }
        // Nothing waits behind the hole.
        running.submit(30).await.unwrap();
        let rest = if workers > 1 { &[20, 22, 24, 30][..] } else { &[30] };
        for n in rest {
            assert_eq!(soon(output.recv()).await, Some(*n), "{workers} workers");
        }
        drop(output);
        let ledger = stop(running).await.ledger;
        assert_eq!((ledger.filtered, ledger.failed), (0, 0), "{ledger}");
        assert_eq!(ledger.abandoned + ledger.delivered, 7, "{ledger}");
        assert_eq!(ledger.abandoned, if workers > 1 { 1 } else { 4 }, "{ledger}");
    }
}

/// Reads both ends until both are over.
async fn read_all(mut letters: DeadLetters<u64>, output: Output<u64>) -> (Vec<u64>, Vec<u64>) {
    let odd = async move {
        let mut odd = Vec::new();
        while let Some(letter) = letters.recv().await {
            odd.push(letter.accept());
        }
        odd
    };
    tokio::join!(odd, output.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_is_kept_when_many_batches_go_out_in_parts() {
    const ITEMS: u64 = 20_000;
    let (port, letters) = dead_letters(1);
    let calls = AtomicUsize::new(0);
    // Some fail for good, some once, some are filtered.
    let wire = Wire::by_ref("mixed", move |n: &u64| match n % 50 {
        7 => Err("sevens fail"),
        9 if !calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) => Err("nines fail at times"),
        _ => Ok(*n),
    });
    let wire = wire
        .filter(|n| n % 50 != 11)
        .with_retry(
            Retry::fixed(9, Duration::from_nanos(1))
                .only_if(|error| error.to_string().contains("nines")),
        )
        .with_dead_letters(port)
        .with_workers(4)
        .ordered()
        .with_capacity(256);
    let running = wire.build().unwrap().start().unwrap();
    let reading = tokio::spawn(read_all(letters, running.output()));
    soon(running.submit_batch(&mut (0..ITEMS).collect())).await.unwrap();
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    // The last port goes with the wire.
    drop(stopped);
    let (odd, outputs) = soon(reading).await.unwrap();
    assert!(outputs.is_sorted());
    assert_eq!((ledger.filtered, ledger.failed), (ITEMS / 50, 0), "{ledger}");
    assert_eq!((outputs.len() as u64, odd.len() as u64), (ledger.delivered, ledger.dead_lettered));
    assert_eq!(ledger.delivered + ledger.dead_lettered + ledger.filtered, ITEMS);
    assert!(ledger.retried > 0);
}

#[tokio::test(start_paused = true)]
async fn whatever_the_moment_of_the_stop_parts_come_back_in_order() {
    for workers in [1, 3] {
        for moment in 0..60 {
            let (port, mut letters) = dead_letters(2);
            let wire = Wire::by_ref("mixed", |n: &u64| match n % 10 {
                3 | 7 => Err("some fail"),
                _ => Ok(*n),
            });
            let wire = wire
                .with_retry(Retry::fixed(1, ms(3)))
                .with_dead_letters(port)
                .with_workers(workers)
                .with_output_capacity(8);
            let wire = if workers > 1 { wire.ordered() } else { wire };
            let running = wire.build().unwrap().start().unwrap();
            let mut output = running.output();
            running.submit_batch(&mut (0..100).collect()).await.unwrap();
            let mut outputs = Vec::new();
            let mut odd = Vec::new();
            for step in 0..moment {
                tokio::time::advance(ms(1)).await;
                settle().await;
                outputs.extend(output.try_recv());
                if step % 4 == 0 {
                    odd.extend(letters.try_recv().map(DeadLetter::accept));
                }
            }
            let stopped = soon(running.stop(Duration::ZERO)).await;
            let ledger = balanced(&stopped);
            assert_eq!(ledger.failed + ledger.abandoned, 0, "{workers} {moment}: {ledger}");
            outputs.extend(values(stopped.outputs));
            assert!(outputs.is_sorted(), "{workers} {moment}: {outputs:?}");
            odd.extend(std::iter::from_fn(|| letters.try_recv()).map(DeadLetter::accept));
            let inputs = values(stopped.inputs);
            let mut all = [outputs, odd, inputs].concat();
            all.sort_unstable();
            assert_eq!(all, (0..100).collect::<Vec<_>>(), "{workers} {moment}");
        }
    }
}
