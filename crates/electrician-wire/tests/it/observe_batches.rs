//! What a stage's observer is told of batches: that counts add up, and that times are right.

use std::time::Duration;

use electrician_testkit::Recorder;
use electrician_wire::types::Ledger;
use electrician_wire::{Batching, Retry, Wire, WireBuilder, dead_letters, transforms::Logic};
use tokio::time::sleep;

use crate::guards::Gatekeeper;
use crate::support::{ms, now, settle, stop};

/// Runs numbers through a wire; gives the recorded totals and the account.
async fn run<L: Logic<u64>>(wire: WireBuilder<u64, L>) -> ((u64, u64, u64), Ledger, usize) {
    let recorder = Recorder::new();
    let running =
        wire.with_observer(recorder.clone()).with_output_capacity(4096).build().unwrap().start();
    let running = running.unwrap();
    for start in 0..10 {
        running.submit_batch(&mut (start * 50..(start + 1) * 50).collect()).await.unwrap();
    }
    let ledger = stop(running).await.stages[0].ledger;
    let stage = recorder.stage_named("watched");
    let workers: std::collections::BTreeSet<_> =
        stage.batches().iter().map(|batch| batch.worker).collect();
    assert!(workers.iter().all(|worker| *worker < stage.first().workers), "{workers:?}");
    (stage.totals(), ledger, workers.len())
}

fn add_up((taken, emitted, failed): (u64, u64, u64), ledger: &Ledger) {
    assert_eq!(taken, ledger.accepted, "{ledger}");
    assert_eq!(emitted, ledger.delivered, "{ledger}");
    assert_eq!(failed, ledger.failed + ledger.dead_lettered, "{ledger}");
}

#[tokio::test(start_paused = true)]
async fn they_add_up_to_the_account() {
    for workers in [1, 4] {
        for is_ordered in [false, true] {
            let wire =
                Wire::by_ref(
                    "watched",
                    |n: &u64| {
                        if n.is_multiple_of(7) { Err("sevens") } else { Ok(*n) }
                    },
                );
            let wire = wire.filter(|n| n % 5 != 0).flat_map(|n| [n; 3]).with_workers(workers);
            let (totals, ledger, _) = run(if is_ordered { wire.ordered() } else { wire }).await;
            assert!(ledger.failed > 0 && ledger.filtered > 0 && ledger.split > 0, "{ledger}");
            add_up(totals, &ledger);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn also_when_items_wait_for_another_attempt_and_when_letters_take_them() {
    for parked in [0, 2, 64] {
        let (port, letters) = dead_letters(1000);
        let wire =
            Wire::by_ref(
                "watched",
                |n: &u64| {
                    if n.is_multiple_of(7) { Err("sevens") } else { Ok(*n) }
                },
            );
        let wire = wire.with_workers(2).with_retry(Retry::fixed(2, ms(3))).with_parked(parked);
        let (totals, ledger, _) = run(wire.with_dead_letters(port)).await;
        assert_eq!((ledger.dead_lettered, ledger.retried), (72, 144));
        add_up(totals, &ledger);
        drop(letters);
    }
}

#[tokio::test(start_paused = true)]
async fn also_when_items_are_gathered_or_awaited() {
    let (totals, ledger, _) = run(Wire::batch("watched", Batching::items(7))).await;
    assert_eq!(ledger.merged, 500 - 72);
    add_up(totals, &ledger);
    let wire = Wire::new_async("watched", |n: u64| async move {
        sleep(ms(n % 3)).await;
        Ok::<_, String>(n)
    });
    let (totals, ledger, workers) = run(wire.with_concurrency(8)).await;
    assert_eq!(workers, 8);
    add_up(totals, &ledger);
}

/// Waits so many milliseconds for each item.
fn slow(millis: u64) -> WireBuilder<u64, impl Logic<u64, Out = u64>> {
    let wire = Wire::new_async("watched", move |n: u64| async move {
        sleep(ms(millis)).await;
        Ok::<_, String>(n)
    });
    wire.with_concurrency(1)
}

#[tokio::test(start_paused = true)]
async fn work_and_handing_on_are_told_apart_to_the_millisecond() {
    let recorder = Recorder::new();
    let wire = slow(5).with_output_capacity(1).with_observer(recorder.clone());
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    let begin = now();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    // Both are worked on after 10 ms; the second finds no room until 25 ms.
    sleep(ms(25)).await;
    assert_eq!(output.recv().await, Some(1));
    settle().await;
    let batches = recorder.stage_named("watched").batches();
    let times: Vec<_> = batches
        .iter()
        .map(|batch| (batch.started - begin, batch.worked, batch.handed_on))
        .collect();
    assert_eq!(times, [(ms(0), ms(5), ms(0)), (ms(5), ms(5), ms(15))]);
    drop(output);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn waits_for_guards_and_attempts_are_not_work() {
    let recorder = Recorder::new();
    let guard = Gatekeeper::new(0);
    let wire = slow(5).with_guard(guard.clone(), electrician_wire::WhenDenied::Pause);
    let running = wire.with_observer(recorder.clone()).build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    sleep(ms(100)).await;
    guard.set(usize::MAX);
    drop(stop(running).await);
    let [batch] = &recorder.stage_named("watched").batches()[..] else { panic!() };
    assert_eq!((batch.worked, batch.handed_on), (ms(5), ms(0)));

    for parked in [0, 4] {
        let recorder = Recorder::new();
        let wire = Wire::async_by_ref("watched", async |_: &u64| {
            sleep(ms(2)).await;
            Err::<u64, _>("no")
        });
        let wire = wire.with_concurrency(1).with_retry(Retry::fixed(2, ms(50))).with_parked(parked);
        let running = wire.with_observer(recorder.clone()).build().unwrap().start().unwrap();
        running.submit(1).await.unwrap();
        drop(stop(running).await);
        let batches = recorder.stage_named("watched").batches();
        let worked: Duration = batches.iter().map(|batch| batch.worked).sum();
        assert_eq!(worked, ms(6), "three attempts with room for {parked}: {batches:?}");
        assert_eq!(recorder.stage_named("watched").totals(), (1, 0, 1));
    }
}
