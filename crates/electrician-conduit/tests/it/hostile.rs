//! User code at its worst: sinks that fail in every act, futures that are dropped at every point,
//! more items than a slow branch likes.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use electrician_conduit::Conduit;
use electrician_plug::{sink_async, sink_fn};
use electrician_wire::{Batching, Retry, Wire};

use crate::record::{Log, Record};
use crate::script::{Act, Do, scripted};
use crate::support::{branch, finish, ms, numbers, same, settle, soon, sorted, stalled, stop};

/// Every act of a sink panics or fails or hangs at some time: the account holds.
#[tokio::test(start_paused = true)]
async fn whatever_a_sink_does_the_account_holds() {
    for what in [Do::Fail, Do::Panic, Do::Hang, Do::Nothing, Do::Hold] {
        for retries in [0, 1, 3] {
            for at in 0..8_u64 {
                let log = Log::default();
                let mut acts = 0;
                let stage = scripted(&log, move |act| {
                    acts += 1;
                    let bad = acts % 9 == at
                        || at == 7 && matches!(act, Act::Open | Act::Close | Act::Flush);
                    if bad { what } else { Do::Well }
                });
                let stage = if retries > 0 {
                    stage.with_retry(Retry::fixed(retries, ms(1)).only_if(|_| true))
                } else {
                    stage
                };
                let conduit = Conduit::from(same("head", 4)).sink_stage(stage).build().unwrap();
                let running = conduit.start().unwrap();
                let inlet = running.inlet();
                let submitting = tokio::spawn(async move {
                    let mut accepted = 0;
                    for n in 0..50 {
                        accepted += u64::from(inlet.submit(n).await.is_ok());
                        if n % 5 == 0 {
                            tokio::task::yield_now().await;
                        }
                    }
                    accepted
                });
                settle().await;
                let stopped = stop(running).await;
                let accepted = soon(submitting).await.unwrap();
                assert_eq!(stopped.ledger.accepted, accepted, "{what:?} {retries} {at}");
                // And the sink is there for another run.
                let again = stopped.component.start().unwrap();
                let _accepted = again.try_submit(1);
                let _stopped = stop(again).await;
            }
        }
    }
}

/// Polls `future` `polls` times, with turns of the runtime in between, then drops it.
async fn cut_short<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test(start_paused = true)]
async fn submits_and_reads_that_are_cut_short_lose_nothing() {
    let conduit =
        Conduit::from(same("a", 2)).then(same("b", 2)).with_output_capacity(2).build().unwrap();
    let running = conduit.start().unwrap();
    let mut output = running.output();
    let inlet = running.inlet();
    let (mut sent, mut read) = (Vec::new(), Vec::new());
    for round in 0..5000_u64 {
        let mut slot = Some(round);
        let polls = usize::try_from(round % 4).unwrap();
        let _accepted = cut_short(inlet.submit_from(&mut slot), polls).await;
        if slot.is_none() {
            sent.push(round);
        }
        let mut many = vec![100_000 + round, 200_000 + round];
        let _accepted = cut_short(inlet.submit_batch(&mut many), polls).await;
        sent.extend([100_000 + round, 200_000 + round].into_iter().filter(|n| !many.contains(n)));
        for polls in 0..polls {
            read.extend(cut_short(output.recv(), polls + 1).await.flatten());
        }
        let mut some = Vec::new();
        let _count = cut_short(output.recv_batch(&mut some, 2), polls).await;
        read.extend(some);
    }
    let rest = tokio::spawn(output.collect());
    let stopped = stop(running).await;
    read.extend(soon(rest).await.unwrap());
    assert!(stopped.is_clean(), "{stopped:?}");
    assert!(sent.len() > 1000, "{}", sent.len());
    assert_eq!(sorted(read), sorted(sent));
}

#[tokio::test(start_paused = true)]
async fn a_stop_or_finish_cut_short_anywhere_settles_every_receipt() {
    for polls in 0..40 {
        for finish in [false, true] {
            let side = branch("side").with_source(numbers(0..100));
            let conduit = Conduit::from(same("head", 8))
                .fed_by(side)
                .then(Wire::batch("batch", Batching::items(3)))
                .then(Wire::unbatch("unbatch"))
                .broadcast([
                    branch("a").discard(),
                    branch("b").sink(
                        "slow",
                        sink_async(async |_| {
                            tokio::task::yield_now().await;
                            Ok::<_, String>(())
                        }),
                    ),
                ])
                .build()
                .unwrap();
            let running = conduit.start().unwrap();
            let record = Record::new();
            for n in 1000..1020 {
                let _accepted = running.inlet().try_submit_item(record.item(n, n));
                tokio::task::yield_now().await;
            }
            if finish {
                let _stopped = cut_short(running.finish(), polls).await;
            } else {
                let _stopped = cut_short(running.stop(ms(100)), polls).await;
            }
            settle().await;
            for n in 1000..1020 {
                assert!(record.verdict(n).is_some(), "{n} {polls}");
            }
            assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0, "{polls}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_broadcast_of_many_items_with_a_slow_branch_keeps_its_account() {
    const MANY: u64 = 200_000;
    let sums: Vec<_> = (0..3).map(|_| Arc::new(AtomicU64::new(0))).collect();
    let slow = {
        let sum = sums[0].clone();
        sink_async(move |n: u64| {
            let sum = sum.clone();
            async move {
                if n.is_multiple_of(64) {
                    tokio::task::yield_now().await;
                }
                sum.fetch_add(n, Ordering::Relaxed);
                Ok::<_, String>(())
            }
        })
    };
    let fast = |i: usize| {
        let sum = sums[i].clone();
        sink_fn(move |n: &u64| {
            sum.fetch_add(*n, Ordering::Relaxed);
            Ok::<_, String>(())
        })
    };
    let conduit = Conduit::from(Wire::map("head", |n: u64| n).with_workers(3))
        .broadcast([
            Conduit::from(same("slow", 2)).sink("slow out", slow),
            branch("x").sink("x out", fast(1)),
            branch("y").sink("y out", fast(2)),
        ])
        .with_source(numbers(0..MANY))
        .build();
    let stopped = finish(conduit.unwrap().start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(
        (stopped.ledger.accepted, stopped.ledger.split, stopped.ledger.delivered),
        (MANY, 2 * MANY, 3 * MANY)
    );
    for sum in sums {
        assert_eq!(sum.load(Ordering::Relaxed), MANY * (MANY - 1) / 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_conduits_in_one_runtime_feed_one_another() {
    let second = branch("second").build().unwrap().start().unwrap();
    let (inlet, read) = (second.inlet(), tokio::spawn(second.output().collect()));
    let forward = sink_async(move |n: u64| {
        let inlet = inlet.clone();
        async move { inlet.submit(n).await.map_err(|refused| refused.to_string()) }
    });
    let first =
        branch("first").with_source(numbers(0..10_000)).sink("forward", forward).build().unwrap();
    let stopped = finish(first.start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert!(stop(second).await.is_clean());
    assert_eq!(sorted(soon(read).await.unwrap()), (0..10_000).collect::<Vec<_>>());
}

#[test]
fn a_run_outlives_its_runtime_and_still_stops() {
    let build = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = build();
    let running = first.block_on(async {
        let running = Conduit::from(stalled("stalled", 4))
            .with_source(numbers(0..10))
            .build()
            .unwrap()
            .start()
            .unwrap();
        settle().await;
        running
    });
    drop(first);
    let stopped = build().block_on(soon(running.stop(ms(100))));
    assert!(stopped.ledger.is_balanced(), "{stopped:?}");
}
