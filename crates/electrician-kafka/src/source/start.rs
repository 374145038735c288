//! Where to begin in a partition.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where to begin in a partition of which the group has committed nothing, or which is read without
/// a group.
///
/// Wherever that is, it is decided once: a group commits it, so that another member, or a later run,
/// goes on there and skips nothing in between. A committed offset that the broker has deleted since
/// continues at the oldest record that is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// With the oldest record that the broker has. The default.
    #[default]
    Earliest,
    /// With the next record that is written.
    Latest,
    /// With the first record whose timestamp is not before this; with the next one that is written
    /// if there is none.
    Timestamp(SystemTime),
    /// With this offset; with the oldest record when the partition does not have it.
    Offset(i64),
}

// === impl Start ===

impl Start {
    pub(crate) fn problem(self) -> Option<String> {
        match self {
            Self::Offset(offset) if offset < 0 => {
                Some(format!("an offset to start at is negative: {offset}, the first one is 0"))
            }
            Self::Timestamp(time) if time < UNIX_EPOCH => {
                Some("a timestamp to start at is before 1970, the epoch of Kafka".to_owned())
            }
            _ => None,
        }
    }
}
