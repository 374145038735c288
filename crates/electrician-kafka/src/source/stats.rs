//! What a source tells about itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where to look at what a source does: cheap to clone, valid as long as one likes.
#[derive(Clone, Default)]
pub struct KafkaSourceHandle {
    stats: Arc<Mutex<SourceStats>>,
}

/// What a source has done and what it has in hand. Counters go on over restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceStats {
    /// The partitions that are assigned now, by topic and number.
    pub partitions: Vec<PartitionStats>,
    /// Records given to the pipeline, those included that were given again.
    pub delivered: u64,
    /// Records given again because they had not been processed.
    pub redelivered: u64,
    /// Records confirmed by the dead-letter topic's broker or on the way there.
    pub dead_lettered: u64,
    /// How often partitions were assigned, given up or lost.
    pub rebalances: u64,
    /// Partitions that were lost: the group did not hear from this process in time.
    pub lost: u64,
    /// Partitions that were given up before everything delivered of them was settled, because the
    /// drain time was over.
    pub cut_short: u64,
    /// Commits that the broker confirmed.
    pub commits: u64,
    /// Commits that failed. What they were about is committed again.
    pub failed_commits: u64,
    /// Transactions that came to nothing; what they had read was delivered again.
    pub aborts: u64,
    /// Whether everything is paused because the pipeline takes nothing.
    pub is_held: bool,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionStats {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition's number.
    pub partition: i32,
    /// The next offset to be given to the pipeline: one past the newest that was.
    pub position: i64,
    /// The offset up to which everything is done, exclusive; `None` while nothing is known.
    pub watermark: Option<i64>,
    /// What the broker has confirmed as committed; `None` when nothing is.
    pub committed: Option<i64>,
    /// How many records lie between the watermark and the newest one that was given.
    pub in_flight: usize,
    /// How many records failed and are not done yet.
    pub failing: usize,
    /// One past the newest record that a reader may see; `None` until the driver has said so, which
    /// it does every `statistics.interval.ms` (5 seconds).
    pub end: Option<i64>,
    /// Whether it is paused because its window is full.
    pub is_paused: bool,
}

// === impl KafkaSourceHandle ===

impl KafkaSourceHandle {
    /// How things stand, at most about a tenth of a second ago.
    pub fn stats(&self) -> SourceStats {
        self.lock().clone()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut SourceStats)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, SourceStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KafkaSourceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KafkaSourceHandle").field(&self.stats()).finish()
    }
}

// === impl SourceStats ===

impl SourceStats {
    /// How many records wait to be done with, over all partitions that are assigned now: what was
    /// not read yet, and what is in flight. `None` until the driver has said where the ends are.
    pub fn lag(&self) -> Option<u64> {
        self.partitions.iter().map(PartitionStats::lag).sum()
    }
}

// === impl PartitionStats ===

impl PartitionStats {
    /// How many records wait to be done with. `None` until the driver has said where the end is, and
    /// while nothing is known of where the partition begins for us.
    pub fn lag(&self) -> Option<u64> {
        let from = self.watermark.unwrap_or(self.position);
        Some(u64::try_from(self.end? - from).unwrap_or(0))
    }
}
