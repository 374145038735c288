//! Which partition a record goes to.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A partition that no topic has. (The driver's own mark for none would keep the record waiting.)
const NOWHERE: i32 = i32::MAX;

/// How a record that names no partition gets one.
///
/// All producers of a topic must agree on it, or records of a key are spread over partitions and
/// lose their order.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Partitioner {
    /// By the murmur2 hash of the key, as the Java client does. Records without a key stay together
    /// for some milliseconds and then move to another partition. The default.
    #[default]
    Murmur2,
    /// By the FNV-1a hash of the key, as the `Hash` balancer of kafka-go and the hash partitioner of
    /// Sarama do. Records without a key go anywhere.
    Fnv1a,
    /// Anywhere, key or not.
    Random,
    /// By a function: see [`Partitioner::own`].
    Own(OwnPartitioner),
}

/// A partitioner by a function: see [`Partitioner::own`].
#[derive(Clone)]
pub struct OwnPartitioner(Arc<dyn Fn(Choice<'_>) -> i32 + Send + Sync>);

/// What an own partitioner chooses by.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The record's key.
    pub key: Option<&'a [u8]>,
    /// How many partitions the topic has: 1 at least.
    pub partitions: i32,
}

// === impl Partitioner ===

impl Partitioner {
    /// By `function`, which gives a number from 0 to below [`Choice::partitions`]. With another
    /// number, or if it panics, the record fails.
    ///
    /// It is called on the driver's threads, maybe several times for a record, and must not block.
    pub fn own(function: impl Fn(Choice<'_>) -> i32 + Send + Sync + 'static) -> Self {
        Self::Own(OwnPartitioner(Arc::new(function)))
    }

    /// What the driver calls it, if it is one of its own.
    pub(crate) const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Murmur2 => Some("murmur2_random"),
            Self::Fnv1a => Some("fnv1a_random"),
            Self::Random => Some("random"),
            Self::Own(_) => None,
        }
    }
}

impl fmt::Debug for Partitioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("own"))
    }
}

// === impl OwnPartitioner ===

impl rdkafka::producer::Partitioner for OwnPartitioner {
    fn partition(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        partitions: i32,
        _is_available: impl Fn(i32) -> bool,
    ) -> i32 {
        // The caller is no Rust, and must not be unwound.
        let choice = Choice { topic, key, partitions };
        catch_unwind(AssertUnwindSafe(|| (self.0)(choice)))
            .ok()
            .filter(|partition| (0..partitions).contains(partition))
            .unwrap_or(NOWHERE)
    }
}

impl fmt::Debug for OwnPartitioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnPartitioner")
    }
}
