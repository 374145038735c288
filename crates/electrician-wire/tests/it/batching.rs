//! Many items become one, and one many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use electrician_wire::types::{Clock, Timer};
use electrician_wire::{Batching, Wire};
use tokio::time::advance;

use crate::support::{Record, balanced, ms, now, settle, soon, stop, values};

fn batch(batching: Batching<u64>) -> Wire<u64, Vec<u64>> {
    Wire::batch("batch", batching).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn by_items_and_the_last_one_is_smaller() {
    let running = batch(Batching::items(4)).start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    settle().await;
    assert_eq!(running.progress()[0].in_hand, 2, "two wait for more");
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.accepted, ledger.merged, ledger.returned), (10, 7, 3));
    assert_eq!(values(stopped.outputs), [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_one_is_a_batch() {
    let running = batch(Batching::items(1)).start().unwrap();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.merged, 0);
    assert_eq!(values(stopped.outputs), [[1], [2]]);
}

#[tokio::test(start_paused = true)]
async fn by_bytes_before_they_are_exceeded() {
    let running = batch(Batching::items(100).bytes(10, |n| *n)).start().unwrap();
    // 4+5 (6 would be too much), 6, 12 alone, 10 fills exactly, 3 is left.
    running.submit_batch(&mut vec![4, 5, 6, 12, 10, 3]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [vec![4, 5], vec![6], vec![12], vec![10], vec![3]]);
}

#[tokio::test(start_paused = true)]
async fn sizes_beyond_any_sum_do_not_overflow() {
    let running = batch(Batching::items(100).bytes(u64::MAX, |_| u64::MAX - 1)).start().unwrap();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    assert_eq!(values(stop(running).await.outputs), [[1], [2]]);
}

#[tokio::test(start_paused = true)]
async fn by_age_counted_from_the_first_item() {
    let running = batch(Batching::items(100).age(ms(50))).start().unwrap();
    let mut output = running.output();
    advance(ms(500)).await; // An empty batch does not age.
    running.submit(1).await.unwrap();
    settle().await;
    advance(ms(30)).await;
    running.submit(2).await.unwrap();
    settle().await;
    assert_eq!(output.try_recv(), None);
    advance(ms(19)).await;
    settle().await;
    assert_eq!(output.try_recv(), None, "49 ms old");
    advance(ms(2)).await;
    settle().await;
    assert_eq!(output.try_recv(), Some(vec![1, 2]));
    // The next one begins anew.
    running.submit(3).await.unwrap();
    settle().await;
    advance(ms(49)).await;
    settle().await;
    assert_eq!(output.try_recv(), None);
    advance(ms(2)).await;
    settle().await;
    assert_eq!(output.try_recv(), Some(vec![3]));
    assert_eq!(stop(running).await.ledger.merged, 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_closed_by_items_gives_the_next_its_full_age() {
    let running = batch(Batching::items(2).age(ms(50))).start().unwrap();
    let mut output = running.output();
    running.submit(1).await.unwrap();
    settle().await;
    advance(ms(40)).await;
    running.submit_batch(&mut vec![2, 3]).await.unwrap();
    settle().await;
    assert_eq!(output.try_recv(), Some(vec![1, 2]));
    advance(ms(49)).await;
    settle().await;
    assert_eq!(output.try_recv(), None);
    advance(ms(2)).await;
    settle().await;
    assert_eq!(output.try_recv(), Some(vec![3]));
    drop(stop(running).await);
}

/// A clock that stands still until it is told otherwise; its timers look at it again and again.
#[derive(Clone, Debug)]
struct Manual(Arc<(Instant, AtomicU64)>);

struct ManualTimer(Manual, Option<Instant>);

impl Manual {
    fn new() -> Self {
        Self(Arc::new((now(), AtomicU64::new(0))))
    }

    fn tick(&self) {
        self.0.1.fetch_add(1, Ordering::Relaxed);
    }
}

impl Clock for Manual {
    fn now(&self) -> Instant {
        self.0.0 + ms(self.0.1.load(Ordering::Relaxed))
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(ManualTimer(self.clone(), None))
    }
}

impl Timer for ManualTimer {
    fn reset(&mut self, deadline: Instant) {
        self.1 = Some(deadline);
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        cx.waker().wake_by_ref();
        if self.1.is_some_and(|at| self.0.now() >= at) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[tokio::test]
async fn age_holds_while_the_queue_never_runs_empty() {
    const QUEUE: u64 = 256;
    let clock = Manual::new();
    let wire = Wire::batch("batch", Batching::<u64>::items(100_000).age(ms(10)))
        .with_capacity(256)
        .with_clock(Arc::new(clock.clone()));
    let running = wire.build().unwrap().start().unwrap();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..50_000 {
            if n % QUEUE == 0 {
                clock.tick(); // A millisecond per queueful.
            }
            if inlet.submit(n).await.is_err() {
                return;
            }
        }
    });
    let mut output = running.output();
    let first = soon(async {
        tokio::select! {
            first = output.recv() => first.unwrap(),
            _ = feeding => panic!("no batch in 195 ms, of an age of 10 ms"),
        }
    })
    .await;
    assert!(first.len() as u64 <= 15 * QUEUE, "{} items in 10 ms", first.len());
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn a_stop_without_time_gives_the_gathered_items_back() {
    let record = Record::new();
    let running = batch(Batching::items(4)).start().unwrap();
    for n in 0..6 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.merged, ledger.returned), (3, 3));
    assert_eq!(record.counts(), (0, 0), "all came back with open receipts");
    assert_eq!(values(stopped.inputs), [4, 5]);
    assert_eq!(values(stopped.outputs), [[0, 1, 2, 3]]);
    assert_eq!(record.counts(), (6, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panicking_size_fails_that_item_alone() {
    let record = Record::new();
    let weigh = |n: &u64| {
        assert_ne!(*n, 2, "two has no size");
        1
    };
    let running = batch(Batching::items(3).bytes(100, weigh)).start().unwrap();
    for n in 0..5 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.failures.len()), (1, 1));
    assert!(record.nack(2).is_some());
    assert_eq!(values(stopped.outputs), [vec![0, 1, 3], vec![4]]);
}

#[tokio::test(start_paused = true)]
async fn several_workers_batch_side_by_side() {
    let wire = Wire::batch("batch", Batching::<u64>::items(5)).with_workers(3);
    let running = wire.build().unwrap().start().unwrap();
    for n in 0..100 {
        running.submit(n).await.unwrap();
        tokio::task::yield_now().await;
    }
    let stopped = stop(running).await;
    let mut all: Vec<_> = values(stopped.outputs).into_iter().flatten().collect();
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn batches_by_key_keep_each_key_together_and_in_order() {
    let wire = Wire::batch("batch", Batching::<u64>::items(5)).with_workers(3);
    let running = wire.ordered_by_key(|n| n % 10).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..200).collect()).await.unwrap();
    let batches = values(stop(running).await.outputs);
    for key in 0..10 {
        let of_key = |batch: &Vec<u64>| batch.iter().any(|n| n % 10 == key);
        let all: Vec<_> = batches.iter().filter(|batch| of_key(batch)).flatten().copied().collect();
        let of_key: Vec<_> = all.into_iter().filter(|n| n % 10 == key).collect();
        assert_eq!(of_key, (0..20).map(|n| n * 10 + key).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn batches_are_taken_apart() {
    let record = Record::new();
    let running = Wire::unbatch("unbatch").with_workers(1).build().unwrap().start().unwrap();
    let batches = [vec![], vec![1], vec![2, 3, 4]];
    for (token, batch) in (0..).zip(batches) {
        running.inlet().submit_item(record.item(token, batch)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.filtered, stopped.ledger.split), (1, 2));
    assert!(record.is_acked(0), "an empty batch is done with");
    assert_eq!(record.counts(), (1, 0));
    assert_eq!(values(stopped.outputs), [1, 2, 3, 4]);
    assert_eq!(record.counts(), (3, 0));
}
