//! The producer and the consumer around a line.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::clock::now;
use crate::line::{BATCH, Entrance, Exit, Line, Open};
use crate::workload::{Parcel, Work};

/// How a producer hands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feed {
    Single,
    Batch,
}

/// Sends `items` through a fresh line and reads them back.
pub(crate) async fn throughput<L: Line>(line: L, work: Work, feed: Feed, items: u64) -> Duration {
    let Open { entrance, exit, closing } = line.open(work);
    let consumer = tokio::spawn(read(exit, items));
    let start = now();
    let producer = tokio::spawn(produce(entrance, 0..items, feed));
    let end = consumer.await.expect("the consumer does not panic");
    producer.await.expect("the producer does not panic");
    closing.await;
    end - start
}

pub(crate) async fn produce<E: Entrance>(mut entrance: E, range: std::ops::Range<u64>, feed: Feed) {
    let epoch = now();
    match feed {
        Feed::Single => {
            for seq in range {
                entrance.send(Parcel::new(seq, epoch)).await;
            }
        }
        Feed::Batch => {
            let mut batch = Vec::with_capacity(BATCH);
            for seq in range {
                batch.push(Parcel::new(seq, epoch));
                if batch.len() == BATCH {
                    entrance.send_batch(&mut batch).await;
                }
            }
            entrance.send_batch(&mut batch).await;
        }
    }
}

/// Reads `items` parcels, 0 to `items` in any order; tells when it had the last.
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
