//! What happened between two snapshots.

use std::sync::Arc;
use std::time::Duration;

use electrician_types::{ComponentKind, Ledger};

use crate::custom::CustomValue;
#[cfg(feature = "serde")]
use crate::serialize;
use crate::snapshot::{EventCounts, Snapshot, StageSnapshot};

/// What happened between two snapshots of one meter. This is what there is instead of a reset:
/// counts of the meter never go back, so several can watch it.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// The time between them.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub elapsed: Duration,
    /// What every stage of the later one did, in its order.
    pub stages: Vec<StageChange>,
    /// What all did together.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::ledger"))]
    pub total: Ledger,
    /// What else happened.
    pub events: EventCounts,
    /// By how much the user's counters grew, and how many values their histograms and timers took.
    pub custom: Vec<(Arc<str>, u64)>,
}

/// What a stage did between two snapshots.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StageChange {
    /// As in [`StageSnapshot`].
    pub pipeline: Arc<str>,
    /// As in [`StageSnapshot`].
    pub name: Arc<str>,
    /// As in [`StageSnapshot`].
    pub instance: u32,
    /// As in [`StageSnapshot`].
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::kind"))]
    pub kind: ComponentKind,
    /// What was added to its account.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::ledger"))]
    pub ledger: Ledger,
    /// Batches that its workers went through.
    pub batches: u64,
    /// How long its workers worked.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub worked: Duration,
    /// How long its workers handed items on.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub handed_on: Duration,
}

// === impl Snapshot ===

impl Snapshot {
    /// What happened since `earlier`, a snapshot of the same meter. Differences are never negative:
    /// given in the wrong order, there are none.
    pub fn since(&self, earlier: &Self) -> Change {
        let before = |stage: &StageSnapshot| {
            let is_same = |other: &&StageSnapshot| {
                other.name == stage.name
                    && other.kind == stage.kind
                    && other.pipeline == stage.pipeline
                    && other.instance == stage.instance
            };
            earlier.stages.iter().find(is_same)
        };
        let stages = self.stages.iter().map(|stage| stage_change(stage, before(stage)));
        let (now, then) = (&self.events, &earlier.events);
        Change {
            elapsed: self.elapsed.saturating_sub(earlier.elapsed),
            stages: stages.collect(),
            total: ledger(&self.total.ledger, &earlier.total.ledger),
            events: EventCounts {
                sources_started: now.sources_started.saturating_sub(then.sources_started),
                sources_ended: now.sources_ended.saturating_sub(then.sources_ended),
                sources_failed: now.sources_failed.saturating_sub(then.sources_failed),
                restarts: now.restarts.saturating_sub(then.restarts),
                sink_failures: now.sink_failures.saturating_sub(then.sink_failures),
            },
            custom: self.custom_change(earlier),
        }
    }

    fn custom_change(&self, earlier: &Self) -> Vec<(Arc<str>, u64)> {
        let count = |value: &CustomValue| match value {
            CustomValue::Counter(count) => Some(*count),
            CustomValue::Gauge(_) => None,
            CustomValue::Histogram(spread) => Some(spread.count),
            CustomValue::Timer { latency, .. } => Some(latency.count),
        };
        let change = |now: &crate::custom::CustomSnapshot| {
            let then = earlier.custom.iter().find(|then| then.name == now.name);
            let before = then.and_then(|then| count(&then.value)).unwrap_or(0);
            Some((Arc::clone(&now.name), count(&now.value)?.saturating_sub(before)))
        };
        self.custom.iter().filter_map(change).collect()
    }
}

fn stage_change(now: &StageSnapshot, then: Option<&StageSnapshot>) -> StageChange {
    let nothing = Ledger::default();
    let before = then.map_or(Duration::ZERO, |then| then.worked);
    let handed_before = then.map_or(Duration::ZERO, |then| then.handed_on);
    StageChange {
        pipeline: Arc::clone(&now.pipeline),
        name: Arc::clone(&now.name),
        instance: now.instance,
        kind: now.kind,
        ledger: ledger(&now.ledger, then.map_or(&nothing, |then| &then.ledger)),
        batches: now.batches.saturating_sub(then.map_or(0, |then| then.batches)),
        worked: now.worked.saturating_sub(before),
        handed_on: now.handed_on.saturating_sub(handed_before),
    }
}

/// What was added to an account.
fn ledger(now: &Ledger, then: &Ledger) -> Ledger {
    let mut change = *now;
    for (count, before) in [
        (&mut change.accepted, then.accepted),
        (&mut change.split, then.split),
        (&mut change.delivered, then.delivered),
        (&mut change.filtered, then.filtered),
        (&mut change.merged, then.merged),
        (&mut change.diverted, then.diverted),
        (&mut change.dead_lettered, then.dead_lettered),
        (&mut change.failed, then.failed),
        (&mut change.dropped, then.dropped),
        (&mut change.abandoned, then.abandoned),
        (&mut change.returned, then.returned),
        (&mut change.retried, then.retried),
    ] {
        *count = count.saturating_sub(before);
    }
    change
}
