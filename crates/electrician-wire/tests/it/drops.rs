//! Items whose `Drop` panics: the account and the worker survive.

use std::sync::Arc;

use electrician_wire::engine::Start;
use electrician_wire::types::NackReason;
use electrician_wire::{IntoSegment, Running, RuntimeClock, Wire};

use crate::support::{AMPLE, Record, balanced, same, settle, soon, stop};

/// Explodes when it is dropped, if it is a three.
#[derive(Debug)]
struct Bomb(u64);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 == 3 && !std::thread::panicking() {
            self.0 = 0;
            panic!("a three was dropped");
        }
    }
}

/// Submits 0 to 9 at once, then as many again, and checks that all but the threes' batches got
/// through, and that each item has one verdict.
async fn survives(running: Running<Wire<Bomb, u64>>) {
    let record = Record::new();
    let inlet = running.inlet();
    for n in 0..10 {
        inlet.submit_item(record.item(n, Bomb(n))).await.unwrap();
    }
    settle().await;
    for n in 10..20 {
        soon(inlet.submit_item(record.item(n, Bomb(n)))).await.unwrap();
    }
    settle().await;
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.accepted, ledger.returned), (20, 19), "the three alone: {ledger}");
    for item in stopped.outputs {
        item.accept();
    }
    assert!(matches!(record.nack(3), Some(NackReason::Failed | NackReason::Dropped)));
    assert_eq!(record.counts(), (19, 1));
}

#[tokio::test(start_paused = true)]
async fn dropped_by_the_transform() {
    let wire = Wire::map("drop", |bomb: Bomb| bomb.0).with_workers(1);
    survives(wire.build().unwrap().start().unwrap()).await;
    let wire = Wire::map("drop", |bomb: Bomb| bomb.0).with_workers(2).ordered();
    survives(wire.build().unwrap().start().unwrap()).await;
    let wire = Wire::new_async("drop", |bomb: Bomb| async move { Ok::<_, String>(bomb.0) });
    survives(wire.with_concurrency(2).build().unwrap().start().unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn dropped_by_the_engine_after_success() {
    let look = |bomb: &Bomb| Ok::<_, String>(bomb.0);
    let wire = Wire::by_ref("drop", look).with_workers(1);
    survives(wire.build().unwrap().start().unwrap()).await;
    let wire = Wire::by_ref("drop", look).with_workers(3).ordered();
    survives(wire.build().unwrap().start().unwrap()).await;
    let wire = Wire::async_by_ref("drop", async |bomb: &Bomb| Ok::<_, String>(bomb.0));
    survives(wire.with_concurrency(3).ordered().build().unwrap().start().unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn dropped_by_the_engine_after_failure() {
    let look = |bomb: &Bomb| {
        if bomb.0 == 3 { Err("three") } else { Ok(bomb.0) }
    };
    let wire = Wire::by_ref("drop", look).with_workers(1);
    survives(wire.build().unwrap().start().unwrap()).await;
    let wire = Wire::by_ref("drop", look).with_workers(2).ordered();
    survives(wire.build().unwrap().start().unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_state_that_explodes_when_it_is_replaced() {
    let wire = Wire::per_worker("drop", || {
        let bomb = Bomb(3);
        move |n: u64| {
            let bomb = &bomb;
            assert_ne!(n + bomb.0, 6, "three");
            Ok::<_, String>(n)
        }
    });
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    settle().await;
    running.submit_batch(&mut (10..20).collect()).await.unwrap();
    let stopped = soon(running.stop(AMPLE)).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.failed, ledger.returned), (1, 19), "the three alone: {ledger}");
}

#[tokio::test(start_paused = true)]
async fn a_discarded_output_that_explodes() {
    // The first part of a three is made, the second fails: the first is dropped.
    let wire = Wire::flat_map("drop", |n: u64| [(n, 0), (n, 1)])
        .and_then(|(n, part)| if (n, part) == (3, 1) { Err("3.1") } else { Ok(Bomb(n)) })
        .with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    settle().await;
    running.submit_batch(&mut (10..20).collect()).await.unwrap();
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.accepted, ledger.returned), (20, 38), "the three alone: {ledger}");
}

/// The payload of a panic that panics again when it is dropped.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("the payload was dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_by_a_panic_whose_payload_explodes() {
    let wire = same(8);
    let segment = same(8).into_segment();
    let start =
        Start { clock: Arc::new(RuntimeClock), output_capacity: 8, has_sources: true, told: None };
    let running = Running::start(wire, &*segment, start, |launch, feeder| {
        let feeder = feeder.clone();
        launch.add_task(async move {
            let _feeder = feeder;
            std::panic::panic_any(Spiteful);
        });
        Ok(())
    });
    let stopped = stop(running.unwrap()).await;
    assert_eq!(stopped.ledger.accepted, 0);
}
