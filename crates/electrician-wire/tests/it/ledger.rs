//! The account: each column where it happens, and sane at every moment.

use std::time::Duration;

use electrician_wire::types::Ledger;
use electrician_wire::{Retry, Wire, dead_letters};

use crate::support::{balanced, gated, ms, settle, soon, stop};

#[tokio::test(start_paused = true)]
async fn every_column_is_counted() {
    let (port, mut letters) = dead_letters(8);
    // 0 filtered, 1 delivered, 2 split in three, 3 dead-lettered after a retry, 4 hangs.
    let wire = Wire::async_by_ref("columns", async |n: &u64| match n {
        3 => Err("three"),
        4 => std::future::pending().await,
        n => Ok(*n),
    })
    .flat_map(|n| vec![n; [0, 1, 3, 0, 0, 1, 1][usize::try_from(n).unwrap()]])
    .with_concurrency(1)
    .with_retry(Retry::fixed(1, ms(1)))
    .with_parked(0)
    .with_dead_letters(port);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit_batch(&mut (0..7).collect()).await.unwrap();
    for _ in 0..3 {
        soon(output.recv()).await.unwrap();
    }
    drop(output);
    soon(letters.recv()).await.unwrap().accept();
    let stopped = soon(running.stop(ms(10))).await;
    let ledger = balanced(&stopped);
    let mut expected = Ledger::default();
    expected.accepted = 7;
    expected.split = 2;
    expected.delivered = 3;
    expected.filtered = 1;
    expected.dead_lettered = 1;
    expected.returned = 4;
    expected.retried = 1;
    assert_eq!(ledger, expected);
    assert_eq!((stopped.inputs.len(), stopped.outputs.len()), (3, 1));
    assert_eq!(
        ledger.to_string(),
        "accepted 7 + split 2 = delivered 3 + filtered 1 + dead-lettered 1 + returned 4 (1 retries)"
    );
}

#[tokio::test(start_paused = true)]
async fn progress_is_sane_at_every_moment() {
    let (wire, gate) = gated(8);
    let running = wire.start().unwrap();
    let stage = || running.progress().remove(0);
    assert_eq!((stage().workers, stage().capacity, &*stage().name), (1, 8, "gated"));
    assert_eq!(stage().ledger, Ledger::default());
    running.submit_batch(&mut (0..5).collect()).await.unwrap();
    assert_eq!((stage().queued, stage().in_hand, stage().ledger.accepted), (5, 0, 5));
    assert_eq!(stage().ledger.in_flight(), 5);
    for done in 0..5 {
        settle().await;
        let at = stage();
        assert_eq!((at.queued, at.in_hand, at.ledger.delivered), (4 - done, 1, done as u64));
        assert_eq!(at.ledger.in_flight(), 5 - done as u64);
        assert!(!at.ledger.is_balanced());
        gate.open(1);
    }
    settle().await;
    let at = stage();
    assert_eq!((at.queued, at.in_hand, at.ledger.in_flight()), (0, 0, 0));
    assert_eq!(stop(running).await.stages[0].ledger, at.ledger);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_live_account_never_gives_out_more_than_came_in() {
    const ITEMS: u64 = 400_000;
    // One item at a time, and several outputs for each: the columns change as often as they can.
    let wire = Wire::new_async("split", |n: u64| async move { Ok::<_, String>(n) })
        .flat_map(|n| [n; 5])
        .with_concurrency(8);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    let reading = tokio::spawn(async move {
        let mut batch = Vec::new();
        while output.recv_batch(&mut batch, 1000).await > 0 {
            batch.clear();
        }
    });
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..ITEMS {
            inlet.submit(n).await.unwrap();
        }
    });
    let mut looks = 0;
    while !feeding.is_finished() {
        let ledger = running.progress()[0].ledger;
        assert!(ledger.inflow() >= ledger.outflow(), "look {looks}: {ledger}");
        assert!(ledger.accepted <= ITEMS);
        looks += 1;
    }
    let ledger = stop(running).await.ledger;
    assert_eq!((ledger.accepted, ledger.split, ledger.delivered), (ITEMS, 4 * ITEMS, 5 * ITEMS));
    soon(reading).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_account_of_nothing_is_balanced() {
    let (wire, _gate) = gated(8);
    let stopped = soon(wire.start().unwrap().stop(Duration::ZERO)).await;
    assert_eq!(balanced(&stopped), Ledger::default());
    assert!(stopped.is_clean());
    assert_eq!(stopped.ledger.to_string(), "accepted 0 = delivered 0");
}
