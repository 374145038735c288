//! What is required of Electrician, and what it aims at.

/// Two marks for one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Goal {
    pub(crate) required: f64,
    pub(crate) aim: f64,
}

/// How a number stands to its goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Missed,
    Met,
    Reached,
}

/// A wire fed item by item, times faster than hand-rolled workers on flume.
pub(crate) const SUBMIT_OVER_FLUME: Goal = Goal { required: 3.0, aim: 7.0 };

/// A wire fed batches, times faster than hand-rolled workers on tokio channels.
pub(crate) const BATCH_OVER_MPSC: Goal = Goal { required: 6.0, aim: 15.0 };

/// Percent of the two-thread ideal, hashing.
pub(crate) const SHARE_HASHING: Goal = Goal { required: 80.0, aim: 90.0 };

/// Percent of the two-thread ideal, from 1 µs of work on.
pub(crate) const SHARE_COMPUTING: Goal = Goal { required: 97.0, aim: 99.0 };

/// A wire with three chained functions, times the cost of one with one.
pub(crate) const FUSED_OVER_ONE: Goal = Goal { required: 1.15, aim: 1.0 };

/// An ordered wire, times the cost of an unordered one, at 1 µs of work.
pub(crate) const ORDERED_OVER_UNORDERED: Goal = Goal { required: 1.05, aim: 1.0 };

/// Allocations per item in the steady state.
pub(crate) const ALLOCATIONS: Goal = Goal { required: 0.001, aim: 0.0 };

/// Median latency, times that of hand-rolled workers on flume.
pub(crate) const LATENCY_OVER_FLUME: Goal = Goal { required: 1.0, aim: 0.6 };

/// What a closed circuit breaker adds to an item of a batch, ns.
pub(crate) const BREAKER: Goal = Goal { required: 1.0, aim: 0.5 };

/// What a closed circuit breaker and a rate limit that never limits add to an item of a wire that is
/// fed batches, ns.
pub(crate) const GUARDS: Goal = Goal { required: 3.0, aim: 1.5 };

/// What a meter adds to an item of a wire that is fed batches, ns.
pub(crate) const METER: Goal = Goal { required: 3.0, aim: 2.0 };

/// Milliseconds of a scrape of a hundred wires.
pub(crate) const SCRAPE: Goal = Goal { required: 5.0, aim: 2.0 };

/// A closed circuit breaker that two threads share, times faster than others.
pub(crate) const BREAKER_OVER_OTHERS: Goal = Goal { required: 10.0, aim: 30.0 };

/// A lease of 64 tokens, times cheaper per item than the bare governor, with two threads.
pub(crate) const LEASE_OVER_GOVERNOR: Goal = Goal { required: 10.0, aim: 30.0 };

/// A wire without work under an observer, times the cost of an unwatched one. Also when the reader
/// of the events blocks.
pub(crate) const WATCHED_OVER_UNWATCHED: Goal = Goal { required: 1.15, aim: 1.02 };

/// Bytes by which ten million items make the process grow while nobody reads. Ten million items
/// weigh 640 MB; what remains is the noise of page accounting.
pub(crate) const GROWTH: Goal = Goal { required: 1_048_576.0, aim: 0.0 };

/// Million values of 256 B a second that a queue on disk takes in batches, nothing forced to the
/// disk.
pub(crate) const DISK_PUSH: Goal = Goal { required: 1.0, aim: 2.0 };

/// Gigabytes a second that are read, checked and queued when a log is opened.
pub(crate) const DISK_SCAN: Goal = Goal { required: 1.0, aim: 2.0 };

/// JSON lines, times the cost of the bare `serde_json`.
pub(crate) const CODEC_OVER_BARE: Goal = Goal { required: 1.1, aim: 1.0 };

/// A compression or a seal, times the cost of the bare crate on the same records.
pub(crate) const LAYER_OVER_BARE: Goal = Goal { required: 1.05, aim: 1.0 };

/// Records to and from Parquet, times the cost of the bare `parquet` crate.
#[cfg(feature = "parquet")]
pub(crate) const PARQUET_OVER_BARE: Goal = Goal { required: 1.1, aim: 1.0 };

/// The most memory for a file of Parquet, times that for one with a tenth of the rows. What remains
/// is the noise of page accounting.
#[cfg(feature = "parquet")]
pub(crate) const PARQUET_PEAK: Goal = Goal { required: 1.1, aim: 1.0 };

/// Columns to and from Parquet, times faster than `PyArrow` with one thread.
#[cfg(feature = "parquet")]
pub(crate) const PARQUET_OVER_PYARROW: Goal = Goal { required: 1.0, aim: 1.5 };

/// Records to or from Kafka, throughput over that of the bare driver.
#[cfg(feature = "kafka")]
pub(crate) const KAFKA_EDGE_OVER_BARE: Goal = Goal { required: 0.95, aim: 1.0 };

/// Percent that commits of offsets add to reading from Kafka.
#[cfg(feature = "kafka")]
pub(crate) const KAFKA_COMMITS: Goal = Goal { required: 3.0, aim: 1.0 };

/// Records from Kafka through a pipeline to Kafka, throughput over that of the bare driver.
#[cfg(feature = "kafka")]
pub(crate) const KAFKA_COPY_OVER_BARE: Goal = Goal { required: 0.8, aim: 0.95 };

/// Payloads through relays, throughput over that of bare tonic.
#[cfg(feature = "relay")]
pub(crate) const RELAY_OVER_BARE: Goal = Goal { required: 0.9, aim: 1.0 };

/// From sending to the acknowledgement at half load, the 99th percentile, times that of bare tonic.
#[cfg(feature = "relay")]
pub(crate) const RELAY_P99_OVER_BARE: Goal = Goal { required: 1.5, aim: 1.0 };

/// Compressed and encrypted envelopes, times the cost of the codecs alone.
#[cfg(feature = "relay")]
pub(crate) const ENVELOPE_OVER_CODECS: Goal = Goal { required: 1.1, aim: 1.0 };

// === impl Goal ===

impl Goal {
    /// The verdict on the value as it is shown: of a number near the mark, three digits count.
    pub(crate) fn judge(self, value: f64, higher_is_better: bool) -> Verdict {
        let holds = |mark: f64| {
            if higher_is_better { value >= mark } else { value <= mark }
        };
        match (holds(self.aim), holds(self.required)) {
            (true, _) => Verdict::Reached,
            (false, true) => Verdict::Met,
            (false, false) => Verdict::Missed,
        }
    }
}

// === impl Verdict ===

impl Verdict {
    pub(crate) const fn is_met(self) -> bool {
        !matches!(self, Self::Missed)
    }

    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Missed => "✗",
            Self::Met => "✓",
            Self::Reached => "✓✓",
        }
    }
}

#[cfg(test)]
mod tests;
