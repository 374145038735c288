//! What events carry, one by one.

use std::fmt;
use std::time::Duration;

use crate::Event;

/// The most fields of an [`Event::Edge`] that are looked at.
const MOST_FIELDS: usize = 16;

/// What an event carries.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Field<'a> {
    /// A count, or a size in bytes.
    Unsigned(u64),
    /// A number that may be negative.
    Signed(i64),
    /// A ratio.
    Float(f64),
    /// Whether something is so.
    Bool(bool),
    /// A time.
    Duration(Duration),
    /// A text.
    Text(&'a str),
}

// === impl Event ===

impl Event<'_> {
    /// Gives each field to `visit`, with its name: what the event carries but for its component, its
    /// [error](Self::error) and its [ledger](Self::ledger). Fields that are `None` are left out.
    pub fn each_field(&self, mut visit: impl FnMut(&'static str, Field<'_>)) {
        match *self {
            Self::Started { workers, .. } => visit("workers", count(workers)),
            Self::Processed { taken, emitted, .. } => {
                visit("taken", count(taken));
                visit("emitted", count(emitted));
            }
            Self::Retrying { attempt, after, .. } => {
                visit("attempt", attempt.into());
                visit("after", after.into());
            }
            Self::Failed { attempts, dead_lettered, .. } => {
                visit("attempts", attempts.into());
                visit("dead_lettered", Field::Bool(dead_lettered));
            }
            Self::Recovered { attempts, .. } => visit("attempts", attempts.into()),
            Self::Denied { reason, retry_after, .. } => {
                visit("reason", Field::Text(reason.as_str()));
                if let Some(after) = retry_after {
                    visit("after", after.into());
                }
            }
            Self::Diverted { items, .. }
            | Self::Dropped { items, .. }
            | Self::HandedBack { items, .. }
            | Self::BackupUsed { items, .. }
            | Self::OverflowDropped { items, .. }
            | Self::Queued { items, .. }
            | Self::Requeued { items, .. }
            | Self::Dequeued { items, .. }
            | Self::Expired { items, .. }
            | Self::Exhausted { items, .. }
            | Self::SourceEnded { items, .. } => visit("items", items.into()),
            Self::RateLimited { wait, .. } => visit("after", wait.into()),
            Self::Refused { items, reason, .. } | Self::BackupFailed { items, reason, .. } => {
                visit("items", items.into());
                visit("reason", Field::Text(reason.as_str()));
            }
            Self::WorkerPanicked { worker, lost, is_renewed, .. } => {
                visit("worker", count(worker));
                visit("items", lost.into());
                visit("renewed", Field::Bool(is_renewed));
            }
            Self::ConduitStarted { stages, .. } => visit("stages", count(stages)),
            Self::Restarting { restart, after, .. } => {
                visit("attempt", restart.into());
                visit("after", after.into());
            }
            Self::Tripped { open_for, trips, .. } => {
                if let Some(open_for) = open_for {
                    visit("after", open_for.into());
                }
                visit("trips", trips.into());
            }
            Self::Edge { fields, .. } => {
                fields.iter().take(MOST_FIELDS).for_each(|(name, field)| visit(name, *field));
            }
            Self::SinkOpened { .. }
            | Self::SinkClosed { .. }
            | Self::SinkFailed { .. }
            | Self::ConduitStopped { .. }
            | Self::SourceStarted { .. }
            | Self::HalfOpened { .. }
            | Self::Reset { .. }
            | Self::BlackoutBegan { .. }
            | Self::BlackoutEnded { .. }
            | Self::SurgeTripped { .. }
            | Self::SurgeReset { .. }
            | Self::Emptied { .. }
            | Self::Stopped { .. } => {}
        }
    }
}

// === impl Field ===

const fn count(count: usize) -> Field<'static> {
    Field::Unsigned(count as u64)
}

impl From<u32> for Field<'_> {
    fn from(count: u32) -> Self {
        Self::Unsigned(count.into())
    }
}

impl From<u64> for Field<'_> {
    fn from(count: u64) -> Self {
        Self::Unsigned(count)
    }
}

impl From<Duration> for Field<'_> {
    fn from(time: Duration) -> Self {
        Self::Duration(time)
    }
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(number) => write!(f, "{number}"),
            Self::Signed(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Bool(is_so) => write!(f, "{is_so}"),
            Self::Duration(time) => write!(f, "{time:?}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
