//! Extreme settings: the longest durations, bounds that do not divide.

use std::time::Duration;

use electrician_wire::{Batching, Retry, Wire};

use crate::support::{Gate, balanced, ms, same, settle, soon, stop, values};

#[tokio::test(start_paused = true)]
async fn the_longest_timeout_is_none() {
    let gate = Gate::default();
    let pass = gate.clone();
    let wire = Wire::new_async("patient", move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    });
    let running = wire.with_timeout(Duration::MAX).build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    gate.open(1);
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.abandoned, 0);
    assert_eq!(values(stopped.outputs), [1]);
}

#[tokio::test(start_paused = true)]
async fn the_longest_age_is_none() {
    let wire = Wire::batch("patient", Batching::<u64>::items(2).age(Duration::MAX));
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
    settle().await;
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.abandoned, 0);
    assert_eq!(values(stopped.outputs), [vec![1, 2], vec![3]]);
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_for_a_retry_ends_with_the_stop() {
    let wire = Wire::by_ref("patient", |_: &u64| Err::<u64, _>("no"));
    let wire = wire.with_retry(Retry::fixed(1, Duration::MAX)).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    let stopped = soon(running.stop(ms(5))).await;
    assert_eq!(balanced(&stopped).abandoned, 0);
    assert_eq!(values(stopped.inputs), [1]);
}

#[test]
fn the_longest_deadlines_wait_for_everything() {
    for deadline in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(1 << 50)] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let stopped = runtime.block_on(async {
            let running = same(4).start().unwrap();
            running.submit(1).await.unwrap();
            soon(running.stop(deadline)).await
        });
        balanced(&stopped);
        assert_eq!(values(stopped.outputs), [1]);
    }
}

#[tokio::test(start_paused = true)]
async fn retries_without_a_wait_let_a_stop_through() {
    let wire = Wire::by_ref("stubborn", |_: &u64| Err::<u64, _>("no"));
    let wire = wire.with_retry(Retry::fixed(300_000, Duration::ZERO)).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    tokio::task::yield_now().await; // The worker begins; it has to yield for this task to go on.
    let stopped = soon(running.stop(Duration::ZERO)).await;
    balanced(&stopped);
    assert_eq!(values(stopped.inputs), [1], "given back, not tried to the end");
}

#[tokio::test(start_paused = true)]
async fn the_capacity_is_the_most_that_waits() {
    for capacity in [1, 2, 3, 5, 7, 8, 9, 100] {
        let wire = Wire::async_by_ref("stalled", async |_: &u64| {
            std::future::pending::<Result<u64, String>>().await
        });
        let wire = wire.with_concurrency(1).with_capacity(capacity).build().unwrap();
        let running = wire.start().unwrap();
        running.submit(0).await.unwrap();
        settle().await;
        let fit = (0..200).take_while(|n| running.try_submit(*n).is_ok()).count();
        assert_eq!(fit, capacity);
        let progress = running.progress().remove(0);
        assert_eq!((progress.queued, progress.capacity, progress.in_hand), (fit, capacity, 1));
        let stopped = soon(running.stop(Duration::ZERO)).await;
        assert_eq!(balanced(&stopped).returned, capacity as u64 + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_capacity_bounds_a_queue_by_key_too() {
    for (capacity, workers) in [(16, 4), (10, 4), (7, 2)] {
        let wire = Wire::map("keyed", |n: u64| n).with_workers(workers);
        let wire = wire.with_capacity(capacity).ordered_by_key(|n| *n).build().unwrap();
        let running = wire.start().unwrap();
        let bound = running.inlet().capacity();
        assert!(bound <= capacity, "{bound} places where {capacity} were asked for");
        drop(stop(running).await);
    }
}

#[tokio::test(start_paused = true)]
async fn the_capacity_bounds_a_queue_by_key_with_as_many_workers_as_by_default() {
    let wire = Wire::async_by_ref("keyed", async |n: &u64| Ok::<_, String>(*n));
    // Sixteen workers, eight places: it bounds what waits, or it does not build.
    if let Ok(wire) = wire.with_capacity(8).ordered_by_key(|n| *n).build() {
        let running = wire.start().unwrap();
        assert!(running.inlet().capacity() <= 8, "{} places", running.inlet().capacity());
        drop(stop(running).await);
    }
    // One worker, one place: nothing is wrong with it, however many cores there are.
    let batch = Wire::batch("keyed", Batching::<u64>::items(4)).with_capacity(1);
    batch.ordered_by_key(|n| *n).build().unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_place_is_enough_everywhere() {
    let wire = Wire::map("narrow", |n: u64| n).with_workers(3);
    let wire = wire.with_capacity(1).with_output_capacity(1).ordered().build().unwrap();
    let running = wire.start().unwrap();
    let mut output = running.output();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..1000 {
            inlet.submit(n).await.unwrap();
        }
    });
    for n in 0..1000 {
        assert_eq!(soon(output.recv()).await, Some(n));
    }
    soon(feeding).await.unwrap();
    assert_eq!(stop(running).await.ledger.delivered, 1000);
}
