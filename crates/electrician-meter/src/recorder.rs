//! What is measured while workers work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_types::{BatchReport, Finished, StageObserver};

use crate::latency::{Latencies, Merger, Recording, add, nanos};

/// How many shards a stage has at most. Workers beyond share them.
const MAX_SHARDS: usize = 16;

/// Measures one stage, over all its runs. Writing is a few additions to memory that the worker has
/// for itself.
#[derive(Debug)]
pub(crate) struct Recorder {
    shards: Box<[Shard]>,
    /// Whether several workers write to the same shard.
    is_shared: bool,
    queue_wait: Recording,
    end_to_end: Recording,
    sample_every: Duration,
}

/// What one worker writes, on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Shard {
    batches: AtomicU64,
    worked: AtomicU64,
    handed_on: AtomicU64,
    service: Recording,
    hand_on: Recording,
}

/// What was measured so far, apart from latencies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    pub(crate) batches: u64,
    /// Nanoseconds.
    pub(crate) worked: u64,
    /// Nanoseconds.
    pub(crate) handed_on: u64,
}

// === impl Recorder ===

impl Recorder {
    pub(crate) fn new(workers: usize, sample_every: Duration) -> Self {
        // A power of two, so that finding a worker's shard is a mask.
        let shards = workers.clamp(1, MAX_SHARDS).next_power_of_two();
        Self {
            shards: (0..shards).map(|_| Shard::new()).collect(),
            is_shared: workers > MAX_SHARDS,
            queue_wait: Recording::new(),
            end_to_end: Recording::new(),
            sample_every,
        }
    }

    pub(crate) fn work(&self) -> Work {
        let mut work = Work::default();
        for shard in &self.shards {
            work.batches += shard.batches.load(Ordering::Relaxed);
            work.worked += shard.worked.load(Ordering::Relaxed);
            work.handed_on += shard.handed_on.load(Ordering::Relaxed);
        }
        work
    }

    pub(crate) fn latencies(&self, merger: &mut Merger) -> Latencies {
        Latencies {
            queue_wait: merger.latency([&self.queue_wait]),
            service: merger.latency(self.shards.iter().map(|shard| &shard.service)),
            hand_on: merger.latency(self.shards.iter().map(|shard| &shard.hand_on)),
            end_to_end: merger.latency([&self.end_to_end]),
        }
    }
}

impl StageObserver for Recorder {
    #[inline]
    fn batch(&self, batch: &BatchReport<'_>) {
        let Some(shard) = self.shards.get(batch.worker & (self.shards.len() - 1)) else {
            return;
        };
        let add = |counter, count| add(counter, count, self.is_shared);
        add(&shard.batches, 1);
        let worked = nanos(batch.worked);
        add(&shard.worked, worked);
        if let Some(each) = worked.checked_div(batch.taken) {
            shard.service.add(each, batch.taken, worked, self.is_shared);
        }
        let handed_on = nanos(batch.handed_on);
        if batch.emitted > 0 {
            add(&shard.handed_on, handed_on);
            let sum = handed_on.saturating_mul(batch.emitted);
            shard.hand_on.add(handed_on, batch.emitted, sum, self.is_shared);
        }
    }

    fn waited(&self, wait: Duration) {
        self.queue_wait.add_one(wait);
    }

    fn finished(&self, item: &Finished) {
        self.end_to_end.add_one(item.age);
    }

    fn sample_every(&self) -> Duration {
        self.sample_every
    }
}

// === impl Shard ===

impl Shard {
    fn new() -> Self {
        Self {
            batches: AtomicU64::new(0),
            worked: AtomicU64::new(0),
            handed_on: AtomicU64::new(0),
            service: Recording::new(),
            hand_on: Recording::new(),
        }
    }
}
