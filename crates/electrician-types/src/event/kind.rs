//! Which kind of event it is, and whose.

use std::fmt;

use crate::{Error, Event, Ledger};

/// The kinds of [`Event`], without what they borrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EventKind {
    /// [`Event::Started`].
    Started,
    /// [`Event::Processed`].
    Processed,
    /// [`Event::Retrying`].
    Retrying,
    /// [`Event::Failed`].
    Failed,
    /// [`Event::Recovered`].
    Recovered,
    /// [`Event::Denied`].
    Denied,
    /// [`Event::Diverted`].
    Diverted,
    /// [`Event::Dropped`].
    Dropped,
    /// [`Event::Refused`].
    Refused,
    /// [`Event::HandedBack`].
    HandedBack,
    /// [`Event::WorkerPanicked`].
    WorkerPanicked,
    /// [`Event::SinkOpened`].
    SinkOpened,
    /// [`Event::SinkClosed`].
    SinkClosed,
    /// [`Event::SinkFailed`].
    SinkFailed,
    /// [`Event::ConduitStarted`].
    ConduitStarted,
    /// [`Event::ConduitStopped`].
    ConduitStopped,
    /// [`Event::SourceStarted`].
    SourceStarted,
    /// [`Event::SourceEnded`].
    SourceEnded,
    /// [`Event::Restarting`].
    Restarting,
    /// [`Event::Tripped`].
    Tripped,
    /// [`Event::HalfOpened`].
    HalfOpened,
    /// [`Event::Reset`].
    Reset,
    /// [`Event::RateLimited`].
    RateLimited,
    /// [`Event::BlackoutBegan`].
    BlackoutBegan,
    /// [`Event::BlackoutEnded`].
    BlackoutEnded,
    /// [`Event::SurgeTripped`].
    SurgeTripped,
    /// [`Event::SurgeReset`].
    SurgeReset,
    /// [`Event::BackupUsed`].
    BackupUsed,
    /// [`Event::BackupFailed`].
    BackupFailed,
    /// [`Event::OverflowDropped`].
    OverflowDropped,
    /// [`Event::Queued`].
    Queued,
    /// [`Event::Requeued`].
    Requeued,
    /// [`Event::Dequeued`].
    Dequeued,
    /// [`Event::Emptied`].
    Emptied,
    /// [`Event::Expired`].
    Expired,
    /// [`Event::Exhausted`].
    Exhausted,
    /// [`Event::Stopped`].
    Stopped,
    /// [`Event::Edge`], with its own kind.
    Edge(&'static str),
}

// === impl EventKind ===

impl EventKind {
    /// Its name in lower case with underscores; that of an edge is its own.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Processed => "processed",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
            Self::Recovered => "recovered",
            Self::Denied => "denied",
            Self::Diverted => "diverted",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
            Self::HandedBack => "handed_back",
            Self::WorkerPanicked => "worker_panicked",
            Self::SinkOpened => "sink_opened",
            Self::SinkClosed => "sink_closed",
            Self::SinkFailed => "sink_failed",
            Self::ConduitStarted => "conduit_started",
            Self::ConduitStopped => "conduit_stopped",
            Self::SourceStarted => "source_started",
            Self::SourceEnded => "source_ended",
            Self::Restarting => "restarting",
            Self::Tripped => "tripped",
            Self::HalfOpened => "half_opened",
            Self::Reset => "reset",
            Self::RateLimited => "rate_limited",
            Self::BlackoutBegan => "blackout_began",
            Self::BlackoutEnded => "blackout_ended",
            Self::SurgeTripped => "surge_tripped",
            Self::SurgeReset => "surge_reset",
            Self::BackupUsed => "backup_used",
            Self::BackupFailed => "backup_failed",
            Self::OverflowDropped => "overflow_dropped",
            Self::Queued => "queued",
            Self::Requeued => "requeued",
            Self::Dequeued => "dequeued",
            Self::Emptied => "emptied",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Stopped => "stopped",
            Self::Edge(kind) => kind,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Event ===

impl<'a> Event<'a> {
    /// Which kind it is.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Started { .. } => EventKind::Started,
            Self::Processed { .. } => EventKind::Processed,
            Self::Retrying { .. } => EventKind::Retrying,
            Self::Failed { .. } => EventKind::Failed,
            Self::Recovered { .. } => EventKind::Recovered,
            Self::Denied { .. } => EventKind::Denied,
            Self::Diverted { .. } => EventKind::Diverted,
            Self::Dropped { .. } => EventKind::Dropped,
            Self::Refused { .. } => EventKind::Refused,
            Self::HandedBack { .. } => EventKind::HandedBack,
            Self::WorkerPanicked { .. } => EventKind::WorkerPanicked,
            Self::SinkOpened { .. } => EventKind::SinkOpened,
            Self::SinkClosed { .. } => EventKind::SinkClosed,
            Self::SinkFailed { .. } => EventKind::SinkFailed,
            Self::ConduitStarted { .. } => EventKind::ConduitStarted,
            Self::ConduitStopped { .. } => EventKind::ConduitStopped,
            Self::SourceStarted { .. } => EventKind::SourceStarted,
            Self::SourceEnded { .. } => EventKind::SourceEnded,
            Self::Restarting { .. } => EventKind::Restarting,
            Self::Tripped { .. } => EventKind::Tripped,
            Self::HalfOpened { .. } => EventKind::HalfOpened,
            Self::Reset { .. } => EventKind::Reset,
            Self::RateLimited { .. } => EventKind::RateLimited,
            Self::BlackoutBegan { .. } => EventKind::BlackoutBegan,
            Self::BlackoutEnded { .. } => EventKind::BlackoutEnded,
            Self::SurgeTripped { .. } => EventKind::SurgeTripped,
            Self::SurgeReset { .. } => EventKind::SurgeReset,
            Self::BackupUsed { .. } => EventKind::BackupUsed,
            Self::BackupFailed { .. } => EventKind::BackupFailed,
            Self::OverflowDropped { .. } => EventKind::OverflowDropped,
            Self::Queued { .. } => EventKind::Queued,
            Self::Requeued { .. } => EventKind::Requeued,
            Self::Dequeued { .. } => EventKind::Dequeued,
            Self::Emptied { .. } => EventKind::Emptied,
            Self::Expired { .. } => EventKind::Expired,
            Self::Exhausted { .. } => EventKind::Exhausted,
            Self::Stopped { .. } => EventKind::Stopped,
            Self::Edge { kind, .. } => EventKind::Edge(kind),
        }
    }

    /// The name of the component that it happened in.
    pub const fn component(&self) -> &'a str {
        match self {
            Self::Started { component, .. }
            | Self::Processed { component, .. }
            | Self::Retrying { component, .. }
            | Self::Failed { component, .. }
            | Self::Recovered { component, .. }
            | Self::Denied { component, .. }
            | Self::Diverted { component, .. }
            | Self::Dropped { component, .. }
            | Self::Refused { component, .. }
            | Self::HandedBack { component, .. }
            | Self::WorkerPanicked { component, .. }
            | Self::SinkOpened { component, .. }
            | Self::SinkClosed { component, .. }
            | Self::SinkFailed { component, .. }
            | Self::ConduitStarted { component, .. }
            | Self::ConduitStopped { component, .. }
            | Self::SourceStarted { component, .. }
            | Self::SourceEnded { component, .. }
            | Self::Restarting { component, .. }
            | Self::Tripped { component, .. }
            | Self::HalfOpened { component, .. }
            | Self::Reset { component, .. }
            | Self::RateLimited { component, .. }
            | Self::BlackoutBegan { component, .. }
            | Self::BlackoutEnded { component, .. }
            | Self::SurgeTripped { component, .. }
            | Self::SurgeReset { component, .. }
            | Self::BackupUsed { component, .. }
            | Self::BackupFailed { component, .. }
            | Self::OverflowDropped { component, .. }
            | Self::Queued { component, .. }
            | Self::Requeued { component, .. }
            | Self::Dequeued { component, .. }
            | Self::Emptied { component, .. }
            | Self::Expired { component, .. }
            | Self::Exhausted { component, .. }
            | Self::Stopped { component, .. }
            | Self::Edge { component, .. } => component,
        }
    }

    /// The error that it is about.
    pub const fn error(&self) -> Option<&'a Error> {
        match self {
            Self::Retrying { error, .. }
            | Self::Failed { error, .. }
            | Self::WorkerPanicked { error, .. }
            | Self::SinkFailed { error, .. } => Some(error),
            Self::SourceEnded { error, .. }
            | Self::Restarting { error, .. }
            | Self::Edge { error, .. } => *error,
            _ => None,
        }
    }

    /// The account that it closes.
    pub const fn ledger(&self) -> Option<&'a Ledger> {
        match self {
            Self::Stopped { ledger, .. } | Self::ConduitStopped { ledger, .. } => Some(ledger),
            _ => None,
        }
    }
}
