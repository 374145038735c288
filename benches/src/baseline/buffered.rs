//! `buffer_unordered` of the `futures` crates.

use std::hint::black_box;
use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::clock::now;
use crate::workload::{Parcel, Work};

/// Everything in one task: cheap, on one core.
pub(crate) async fn one_task(work: Work, items: u64, width: usize) -> Duration {
    let start = now();
    let mut outputs = stream::iter(0..items)
        .map(|seq| async move { work.apply(Parcel::new(seq, start)) })
        .buffer_unordered(width);
    while let Some(parcel) = outputs.next().await {
        black_box(parcel);
    }
    start.elapsed()
}

/// A task per item: on all cores.
pub(crate) async fn spawned(work: Work, items: u64, width: usize) -> Duration {
    let start = now();
    let mut outputs = stream::iter(0..items)
        .map(|seq| tokio::spawn(async move { work.apply(Parcel::new(seq, start)) }))
        .buffer_unordered(width);
    while let Some(parcel) = outputs.next().await {
        black_box(parcel.expect("the work does not panic"));
    }
    start.elapsed()
}
