//! `buffer_unordered` of the `futures` crates.

use std::future::Future;
use std::hint::black_box;
use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::clock::now;
use crate::workload::{Parcel, Work};

/// Futures in flight. Fewer starve the workers, more make `FuturesUnordered` slower.
const WIDTH: usize = 64;

/// Everything in one task: cheap, on one core.
pub(crate) async fn in_one_task(work: Work, items: u64) -> Duration {
    let start = now();
    run(items, |seq| async move { work.apply(Parcel::new(seq)) }).await;
    start.elapsed()
}

/// A task for each item: on all cores.
pub(crate) async fn spawned(work: Work, items: u64) -> Duration {
    let start = now();
    run(items, |seq| tokio::spawn(async move { work.apply(Parcel::new(seq)) })).await;
    start.elapsed()
}

async fn run<F: Future>(items: u64, job: impl Fn(u64) -> F) {
    let mut outputs = stream::iter(0..items).map(job).buffer_unordered(WIDTH);
    while let Some(output) = outputs.next().await {
        black_box(&output);
    }
}
