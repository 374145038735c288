//! The metrics by name: what exporters export, and what tests prove to be fed.

mod tables;

use crate::latency::Latency;
use crate::snapshot::{GuardEvents, GuardState, Snapshot, StageSnapshot};

/// One of the meter's metrics: its name for other systems, and where it stands in a [`Snapshot`].
///
/// Exporters show all of [`ALL`](Self::ALL). Units are seconds, bytes, items and ratios from 0 to
/// 1; a counter never goes back while the meter lives.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    name: &'static str,
    help: &'static str,
    kind: MetricKind,
    read: Read,
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Times, in seconds.
    Histogram,
}

/// One value of a metric, with what it is about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample<'a> {
    /// What it is about.
    pub subject: Subject<'a>,
    /// The value.
    pub value: Value<'a>,
}

/// What a value is about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Subject<'a> {
    /// Everything that the meter watches.
    Meter(&'a Snapshot),
    /// A stage, a source or an output.
    Stage(&'a StageSnapshot),
    /// A guard of a stage.
    Guard(&'a StageSnapshot, &'a GuardState),
    /// A circuit breaker.
    Breaker(&'a GuardEvents),
}

/// The value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A count.
    Count(u64),
    /// A number.
    Number(f64),
    /// Times.
    Times(&'a Latency),
}

/// Where a metric stands.
#[derive(Clone, Copy, Debug)]
enum Read {
    Total(fn(&Snapshot) -> Option<Value<'_>>),
    Stage(fn(&StageSnapshot) -> Option<Value<'_>>),
    Guard(fn(&GuardState) -> Option<Value<'_>>),
    Breaker(fn(&GuardEvents) -> Option<Value<'_>>),
}

// === impl Metric ===

impl Metric {
    /// All of them, in the order in which they are exported.
    pub const ALL: &'static [Self] = tables::ALL;

    /// Its name, without the `_total` that Prometheus wants of counters.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it means.
    pub const fn help(&self) -> &'static str {
        self.help
    }

    /// How it behaves.
    pub const fn kind(&self) -> MetricKind {
        self.kind
    }

    /// Its values in `snapshot`, one for each that it is about. What is not known has none.
    pub fn samples<'a>(&self, snapshot: &'a Snapshot) -> Vec<Sample<'a>> {
        let sample = |subject| move |value| Sample { subject, value };
        match self.read {
            Read::Total(read) => {
                read(snapshot).map(sample(Subject::Meter(snapshot))).into_iter().collect()
            }
            Read::Stage(read) => {
                let stages = snapshot.stages.iter();
                stages.filter_map(|stage| read(stage).map(sample(Subject::Stage(stage)))).collect()
            }
            Read::Guard(read) => {
                let guards = snapshot.stages.iter().flat_map(|stage| {
                    // Two guards of one name at one stage cannot be told apart.
                    let is_first = |(at, guard): &(usize, &GuardState)| {
                        let same = |other: &GuardState| {
                            other.name == guard.name && other.kind == guard.kind
                        };
                        !stage.guards.iter().take(*at).any(same)
                    };
                    let guards = stage.guards.iter().enumerate().filter(is_first);
                    guards.map(move |(_, guard)| (stage, guard))
                });
                let value = |(stage, guard)| read(guard).map(sample(Subject::Guard(stage, guard)));
                guards.filter_map(value).collect()
            }
            Read::Breaker(read) => {
                let guards = snapshot.guards.iter();
                guards
                    .filter_map(|guard| read(guard).map(sample(Subject::Breaker(guard))))
                    .collect()
            }
        }
    }
}

// === impl Subject ===

impl Subject<'_> {
    /// The labels that tell what it is about, names and values, to `label`.
    pub fn labels(&self, mut label: impl FnMut(&'static str, &str)) {
        match self {
            Self::Meter(snapshot) => label("meter", &snapshot.name),
            Self::Stage(stage) => stage_labels(stage, &mut label),
            Self::Guard(stage, guard) => {
                stage_labels(stage, &mut label);
                label("guard", &guard.name);
                label("guard_kind", &guard.kind.to_string());
            }
            Self::Breaker(guard) => {
                label("pipeline", &guard.pipeline);
                label("guard", &guard.name);
            }
        }
    }
}

fn stage_labels(stage: &StageSnapshot, label: &mut impl FnMut(&'static str, &str)) {
    label("pipeline", &stage.pipeline);
    label("stage", &stage.name);
    label("kind", &stage.kind.to_string());
    // Not `instance`, which Prometheus has for itself.
    label("nth", &stage.instance.to_string());
}
