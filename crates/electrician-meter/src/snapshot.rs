//! What a meter shows: plain data.

use std::sync::Arc;
use std::time::Duration;

use electrician_types::{ComponentKind, Doing, Ledger};

use crate::custom::CustomSnapshot;
use crate::latency::Latencies;
use crate::rate::{Peaks, Rates};
#[cfg(feature = "serde")]
use crate::serialize;

/// Everything a meter knows at one moment. Plain data: it changes no more.
///
/// Parts are read one after the other while the pipeline goes on, so they may be some items apart.
/// What is counted never goes back, so two snapshots can be compared: see
/// [`since`](Self::since).
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// The name of the meter.
    pub name: Arc<str>,
    /// Time since the first stage was seen; zero before.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub elapsed: Duration,
    /// Every stage, source and output, front first.
    pub stages: Vec<StageSnapshot>,
    /// All pipelines that the meter watches together, as one account.
    pub total: TotalSnapshot,
    /// Breakers and other guards that told of themselves.
    pub guards: Vec<GuardEvents>,
    /// How often things happened that concern no single item.
    pub events: EventCounts,
    /// What the user counts, in the order of the names.
    pub custom: Vec<CustomSnapshot>,
    /// Stages that are not measured, because the meter has as many as it may have.
    pub unmetered_stages: u64,
    /// The process and its machine, if the meter looks at them.
    #[cfg(feature = "host")]
    pub host: Option<crate::host::HostSnapshot>,
}

/// A stage, a source or an output. Where a component was started several times, the counts, times
/// and latencies are those of all its runs; the rest is about the latest.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StageSnapshot {
    /// The pipeline, as the meter was [told](crate::Meter::for_pipeline); else the meter's name.
    pub pipeline: Arc<str>,
    /// The name of the stage.
    pub name: Arc<str>,
    /// Tells stages of one name, kind and pipeline apart that run at the same time; 0 for the
    /// first.
    pub instance: u32,
    /// What it is.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::kind"))]
    pub kind: ComponentKind,
    /// The number of the [`StageId`](electrician_types::StageId) of the latest run.
    pub id: u64,
    /// The `id` of those it hands items to.
    pub feeds: Vec<u64>,
    /// Whether it runs.
    pub state: StageState,
    /// How often it was started.
    pub runs: u64,
    /// How long it has run, in all.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub running: Duration,
    /// How many workers it has; 0 for an output.
    pub workers: usize,
    /// What they are doing.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::doing"))]
    pub doing: Doing,
    /// Items waiting in its queue.
    pub queued: usize,
    /// The bound of its queue; 0 for a source.
    pub capacity: usize,
    /// Items in its workers' hands.
    pub in_hand: u64,
    /// Those of them that wait for another attempt.
    pub parked: u64,
    /// Who is asked before it works.
    pub guards: Vec<GuardState>,
    /// Its account.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::ledger"))]
    pub ledger: Ledger,
    /// Percent of the settled items, those with a place in the ledger, that went well: delivered,
    /// filtered or merged. `None` before the first.
    pub success_percent: Option<f64>,
    /// Percent of the settled items that failed for good: failed, dead-lettered or abandoned.
    /// `None` before the first. What was dropped, diverted or returned is neither.
    pub error_percent: Option<f64>,
    /// Batches, or parts of batches, that its workers went through.
    pub batches: u64,
    /// How long its workers worked, in all.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub worked: Duration,
    /// How long its workers handed items on, waits for room included, in all.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub handed_on: Duration,
    /// Items and work per second.
    pub rates: Rates,
    /// The most that was seen.
    pub peaks: Peaks,
    /// How long things take.
    pub latency: Latencies,
}

/// Whether a stage runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum StageState {
    /// It runs.
    Running,
    /// It came to its end, and its account is final.
    Stopped,
    /// Its run was dropped without a stop. The account is what was seen last.
    Gone,
}

/// A guard of a stage at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct GuardState {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::kind"))]
    pub kind: ComponentKind,
    /// Whether it gives leave.
    pub is_admitting: bool,
    /// Its state in its own words.
    pub state: String,
}

/// What a circuit breaker told of itself: give it the meter as its observer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct GuardEvents {
    /// The pipeline, as for a stage.
    pub pipeline: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is tripped: it tripped, and has not closed since.
    pub is_tripped: bool,
    /// How often it tripped.
    pub trips: u64,
    /// How often it let probes through.
    pub half_opens: u64,
    /// How often it closed again.
    pub resets: u64,
    /// Time since the last trip.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::maybe_seconds"))]
    pub since_trip: Option<Duration>,
    /// Time since it last closed.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::maybe_seconds"))]
    pub since_reset: Option<Duration>,
    /// Time until it lets probes through, while it is tripped and that is known.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::maybe_seconds"))]
    pub until_probe: Option<Duration>,
}

/// Everything that a meter watches, as one account.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TotalSnapshot {
    /// `accepted` came from outside, and `delivered` went outside; what stages hand to each other
    /// shows in neither. What lies unread in an output is not delivered.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::ledger"))]
    pub ledger: Ledger,
    /// Items inside.
    pub in_flight: u64,
    /// Items that came in and are done with: accepted less those inside, where an item that was
    /// split counts as what became of it.
    pub done: u64,
    /// How many items there will be, if that was [told](crate::MeterBuilder::with_total).
    pub expected: Option<u64>,
    /// Percent of them that are done with, at most 100. `None` when it is not known how many there
    /// will be, or when there will be none.
    pub progress_percent: Option<f64>,
    /// Time until the last one is done with, at the rate of the last 10 s. `None` when that is not
    /// known, or nothing moves.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::maybe_seconds"))]
    pub eta: Option<Duration>,
    /// As for a [stage](StageSnapshot::success_percent).
    pub success_percent: Option<f64>,
    /// As for a [stage](StageSnapshot::error_percent).
    pub error_percent: Option<f64>,
    /// Items per second; the work of all workers.
    pub rates: Rates,
    /// The most that was seen.
    pub peaks: Peaks,
    /// Sources that run.
    pub sources_running: usize,
    /// Stages that run, sources and outputs not counted.
    pub stages_running: usize,
    /// Whether everything that will come is done with: see [`Meter::is_complete`].
    ///
    /// [`Meter::is_complete`]: crate::Meter::is_complete
    pub is_complete: bool,
}

/// How often things happened that concern no single item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EventCounts {
    /// Sources that began to run.
    pub sources_started: u64,
    /// Sources that ended for good.
    pub sources_ended: u64,
    /// Those of them that failed.
    pub sources_failed: u64,
    /// Times a source was opened again.
    pub restarts: u64,
    /// Sinks that failed to open or to close.
    pub sink_failures: u64,
}
