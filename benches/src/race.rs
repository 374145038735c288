//! Interleaved rounds: every contestant runs once per round, so that drift hits all alike.

use std::time::Duration;

use tokio::runtime::Runtime;

use crate::drive::{Feed, throughput};
use crate::line::Line;
use crate::stats::Samples;
use crate::workload::Work;

/// Items of the very first run, which finds out how fast a contestant is.
const PROBE: u64 = 3_000;

/// Whose number it is; decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// No pipeline at all.
    Bare,
    /// Made of other parts.
    Other,
    /// Electrician.
    Ours,
}

/// Somebody who can process items and say how long it took.
pub(crate) struct Contestant<'a> {
    /// A name for machines: letters, digits, underscores.
    pub(crate) name: &'static str,
    /// A name for readers.
    pub(crate) label: &'static str,
    pub(crate) side: Side,
    pub(crate) run: Box<dyn Fn(u64) -> Duration + 'a>,
}

/// A contestant's result: nanoseconds per item, one sample per round.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) side: Side,
    pub(crate) ns: Samples,
}

// === impl Contestant ===

impl<'a> Contestant<'a> {
    pub(crate) fn new(
        side: Side,
        (name, label): (&'static str, &'static str),
        run: impl Fn(u64) -> Duration + 'a,
    ) -> Self {
        Self { name, label, side, run: Box::new(run) }
    }

    /// A task on the runtime, like any producer.
    pub(crate) fn task<F>(
        runtime: &'a Runtime,
        side: Side,
        name: (&'static str, &'static str),
        task: impl Fn(u64) -> F + 'a,
    ) -> Self
    where
        F: Future<Output = Duration> + Send + 'static,
    {
        let run = move |items| {
            let done = runtime.block_on(runtime.spawn(task(items)));
            done.expect("the task does not panic")
        };
        Self::new(side, name, run)
    }

    /// A line between one producer and one consumer.
    pub(crate) fn line<L: Line>(
        runtime: &'a Runtime,
        side: Side,
        name: (&'static str, &'static str),
        line: L,
        work: Work,
        feed: Feed,
    ) -> Self {
        let run = move |items| runtime.block_on(throughput(line, work, feed, items));
        Self::new(side, name, run)
    }

    fn ns_per_item(&self, items: u64) -> f64 {
        (self.run)(items).as_nanos() as f64 / items as f64
    }

    /// Enough items to fill `window`.
    fn size(&self, window: Duration) -> u64 {
        let ns = self.ns_per_item(PROBE);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "millions")]
        let items = (window.as_nanos() as f64 / ns) as u64;
        items.max(PROBE / 4)
    }
}

/// Runs `rounds` rounds after one that does not count.
pub(crate) fn race(contestants: &[Contestant<'_>], rounds: usize, window: Duration) -> Vec<Entry> {
    let sizes: Vec<u64> = contestants
        .iter()
        .map(|contestant| {
            // Twice: the first time, nothing is warm.
            contestant.size(window);
            contestant.size(window)
        })
        .collect();
    race_of(contestants, rounds, &sizes)
}

/// Runs `rounds` rounds of so many items after one that does not count.
pub(crate) fn race_of(contestants: &[Contestant<'_>], rounds: usize, sizes: &[u64]) -> Vec<Entry> {
    let mut samples = vec![Samples::default(); contestants.len()];
    for round in 0..=rounds {
        for turn in 0..contestants.len() {
            // Everybody follows everybody else at times, not always the same one.
            let index = (turn + round) % contestants.len();
            let ns = contestants[index].ns_per_item(sizes[index]);
            if round > 0 {
                samples[index].push(ns);
            }
        }
    }
    contestants
        .iter()
        .zip(samples)
        .map(|(Contestant { name, label, side, .. }, ns)| Entry { name, label, side: *side, ns })
        .collect()
}
