//! How long it takes from sending to the acknowledgement, at half of what the bare service moves.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use electrician_types::{Batch, Receipt, Sink};
use futures_util::FutureExt;
use tokio::runtime::Runtime;

use super::bare::{Bare, envelope};
use super::ours::Ours;
use super::{Acked, letter};
use crate::drive::keep_pace;
use crate::stats::{Samples, percentile};

/// Percentiles of both, round by round, microseconds.
#[derive(Default)]
pub(super) struct Latencies {
    pub(super) bare: [Samples; 2],
    pub(super) ours: [Samples; 2],
}

/// The shares of payloads whose times are told, percent.
pub(super) const PERCENTS: [f64; 2] = [50.0, 99.0];

pub(super) fn run(
    runtime: &Runtime,
    every: Duration,
    rounds: usize,
    window: Duration,
) -> Latencies {
    let payloads = u64::try_from(window.as_nanos() / every.as_nanos()).expect("a short window");
    let mut latencies = Latencies::default();
    for round in 0..=rounds {
        let is_bare_first = round % 2 == 0;
        for is_bare in [is_bare_first, !is_bare_first] {
            let times = runtime.block_on(async {
                if is_bare { bare(payloads, every).await } else { ours(payloads, every).await }
            });
            let into = if is_bare { &mut latencies.bare } else { &mut latencies.ours };
            for (samples, percent) in into.iter_mut().zip(PERCENTS).filter(|_| round > 0) {
                samples.push(percentile(&times, percent) as f64 / 1e3);
            }
        }
    }
    latencies
}

async fn bare(payloads: u64, every: Duration) -> Vec<u64> {
    let bare = Bare::start(1).await;
    let sending = bare.stream().await;
    let queue = sending.payloads.clone();
    let acked = Arc::new(Acked::new(payloads));
    let acks = tokio::spawn(sending.acknowledge(Arc::clone(&acked)));
    let sent = Arc::clone(&acked);
    let pacer = thread::spawn(move || {
        keep_pace(payloads, every, |seq| {
            sent.sent(seq);
            queue.try_send(envelope(seq + 1)).is_ok()
        });
    });
    drop(acks.await.expect("they come"));
    pacer.join().expect("the pacer does not panic");
    acked.times()
}

async fn ours(payloads: u64, every: Duration) -> Vec<u64> {
    let ours = Ours::start();
    let mut sink = ours.sink(1).await;
    let acked = Arc::new(Acked::new(payloads));
    let sent = Arc::clone(&acked);
    let runtime = tokio::runtime::Handle::current();
    let pacer = thread::spawn(move || {
        let _entered = runtime.enter();
        let mut batch = Batch::new();
        keep_pace(payloads, every, |seq| {
            sent.sent(seq);
            if batch.is_empty() {
                batch.push_tracked(letter(seq), Receipt::new(Arc::clone(&sent) as _, seq));
            }
            sink.write(&mut batch).now_or_never().is_some()
        });
        sink
    });
    let mut sink = tokio::task::spawn_blocking(|| pacer.join().expect("the pacer does not panic"))
        .await
        .expect("it ends");
    sink.flush().await.expect("they are delivered");
    sink.close().await.expect("nothing is left");
    acked.times()
}
