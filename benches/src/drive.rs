//! The producers, the pacer and the consumer around a line.

use std::hint::{black_box, spin_loop};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::clock::now;
use crate::line::{BATCH, Entrance, Exit, Line, Open};
use crate::workload::{Parcel, Work};

/// How a producer hands over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Feed {
    /// Item by item.
    Single,
    /// In batches, from one vector.
    Batch,
}

/// Sends `items` through a fresh line and reads them back. The time is from the first item sent
/// to the last one read.
pub(crate) async fn throughput<L: Line>(line: L, work: Work, feed: Feed, items: u64) -> Duration {
    let Open { entrance, exit, closing } = line.open(work);
    let mut producers = JoinSet::new();
    let consumer = tokio::spawn(read(exit, items));
    let start = now();
    producers.spawn(produce(entrance, 0..items, feed));
    finish(start, consumer, producers, closing).await
}

/// As [`throughput`], with several producers that each send a part of the items one by one.
pub(crate) async fn crowd<L>(line: L, work: Work, size: u64, items: u64) -> Duration
where
    L: Line,
    L::Entrance: Clone,
{
    let Open { entrance, exit, closing } = line.open(work);
    let mut producers = JoinSet::new();
    let consumer = tokio::spawn(read(exit, items));
    let start = now();
    for member in 0..size {
        let part = items * member / size..items * (member + 1) / size;
        producers.spawn(produce(entrance.clone(), part, Feed::Single));
    }
    drop(entrance);
    finish(start, consumer, producers, closing).await
}

async fn finish(
    start: Instant,
    consumer: tokio::task::JoinHandle<Instant>,
    mut producers: JoinSet<()>,
    closing: crate::line::Closing,
) -> Duration {
    let end = consumer.await.expect("the consumer does not panic");
    while let Some(ended) = producers.join_next().await {
        ended.expect("the producer does not panic");
    }
    closing.await;
    end - start
}

/// Sends the parcels of `range`.
pub(crate) async fn produce<E: Entrance>(mut entrance: E, range: Range<u64>, feed: Feed) {
    match feed {
        Feed::Single => {
            for seq in range {
                entrance.send(Parcel::new(seq)).await;
            }
        }
        Feed::Batch => {
            let mut batch = Vec::with_capacity(BATCH);
            for seq in range {
                batch.push(Parcel::new(seq));
                if batch.len() == BATCH {
                    entrance.send_batch(&mut batch).await;
                }
            }
            entrance.send_batch(&mut batch).await;
        }
    }
}

/// Sends one parcel `every` so often, each with the time since `epoch` at which it was sent. For a
/// thread of its own: it does not sleep, but lets others run.
pub(crate) fn pace<E: Entrance>(mut entrance: E, items: u64, every: Duration, epoch: Instant) {
    let mut waiting = None;
    keep_pace(items, every, |seq| {
        let parcel = waiting.take().unwrap_or_else(|| Parcel::sent(seq, nanos_since(epoch)));
        waiting = entrance.try_send(parcel).err();
        waiting.is_none()
    });
}

/// Calls `send` with a number `every` so often, and again with the same one until it gives `true`.
/// For a thread of its own, as [`pace`].
pub(crate) fn keep_pace(items: u64, every: Duration, mut send: impl FnMut(u64) -> bool) {
    /// What is left when yielding would take too long.
    const NEAR: Duration = Duration::from_micros(3);
    let mut due = now();
    for seq in 0..items {
        loop {
            let left = due.saturating_duration_since(now());
            if left.is_zero() {
                break;
            }
            if left > NEAR {
                thread::yield_now();
            } else {
                spin_loop();
            }
        }
        due += every;
        while !send(seq) {
            thread::yield_now();
        }
    }
}

/// Nanoseconds from `epoch` to now.
pub(crate) fn nanos_since(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Reads `items` parcels, numbered from 0 in any order; tells when it had the last.
async fn read<X: Exit>(mut exit: X, items: u64) -> Instant {
    let mut batch = Vec::with_capacity(BATCH);
    let (mut seen, mut sum) = (0, 0);
    while seen < items {
        exit.receive(&mut batch).await;
        seen += batch.len() as u64;
        sum += batch.iter().map(|parcel| black_box(parcel).seq).sum::<u64>();
        batch.clear();
    }
    let end = now();
    assert_eq!(sum, items * (items - 1) / 2, "each parcel comes out once");
    end
}
