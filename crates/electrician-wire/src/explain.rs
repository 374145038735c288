//! A run explains itself: what feeds what, what each part does, and which one holds the others up.

mod draw;
#[cfg(feature = "json")]
mod json;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use electrician_types::{ComponentKind, StageId, StageView};

/// From this fullness on a queue counts as full.
const FULL: f64 = 0.5;

/// A run as a graph: its sources, stages and output at one moment.
///
/// `Display` gives a table for people; [`to_dot`](Self::to_dot) and
/// [`to_mermaid`](Self::to_mermaid) give pictures; with the feature `json` there is `to_json`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Topology {
    /// Sources first, then the stages, front first, then the output.
    pub stages: Vec<StageView>,
}

/// The part of a run that holds the others up.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bottleneck {
    /// Which one.
    pub stage: StageId,
    /// Its name.
    pub name: Arc<str>,
    /// How full its queue is, from 0 to 1.
    pub fullness: f64,
    /// Why.
    pub cause: Cause,
}

/// Why a stage holds the others up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// All its workers are busy: it needs more of them, or faster work.
    Work {
        /// How many there are.
        workers: usize,
    },
    /// A guard gives no leave.
    Guard {
        /// Its name.
        name: Arc<str>,
        /// Its state; empty when it gives leave, but not enough.
        state: String,
    },
    /// Its workers wait before they try failed items again.
    Retries {
        /// How many items wait.
        parked: u64,
    },
    /// The outputs are not read fast enough.
    Reader,
}

// === impl Topology ===

impl Topology {
    /// A graph of `stages`, for whoever collected them otherwise. Arrows to stages that are not
    /// among them are left out of pictures.
    pub const fn new(stages: Vec<StageView>) -> Self {
        Self { stages }
    }

    /// The stage of this id.
    pub fn stage(&self, id: StageId) -> Option<&StageView> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    /// The part that holds the others up: the last one whose queue is at least half full while no
    /// queue is that it hands items to. `None` when nothing waits much: then the pipeline is as fast
    /// as what feeds it.
    ///
    /// It is how things are at this moment. Look several times before you act on it.
    pub fn bottleneck(&self) -> Option<Bottleneck> {
        let is_full = |stage: &StageView| stage.fullness() >= FULL;
        let waits_for_next = |stage: &StageView| {
            stage.feeds.iter().filter_map(|next| self.stage(*next)).any(is_full)
        };
        let stage = self.stages.iter().rfind(|stage| is_full(stage) && !waits_for_next(stage))?;
        Some(Bottleneck {
            stage: stage.id,
            name: Arc::clone(&stage.name),
            fullness: stage.fullness(),
            cause: cause(stage),
        })
    }
}

fn cause(stage: &StageView) -> Cause {
    if stage.kind == ComponentKind::Output {
        return Cause::Reader;
    }
    let closed = stage.guards.iter().find(|guard| !guard.is_admitting);
    if let Some(guard) = closed.or_else(|| stage.guards.first()).filter(|_| stage.doing.denied > 0)
    {
        // A rate gives leave all the time, only not to everybody at once.
        let state = if guard.is_admitting { String::new() } else { guard.state.clone() };
        return Cause::Guard { name: Arc::clone(&guard.name), state };
    }
    if stage.doing.pausing > stage.doing.working {
        return Cause::Retries { parked: stage.parked };
    }
    Cause::Work { workers: stage.workers }
}

/// A line for each part, then the bottleneck.
impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        draw::text(self, f)
    }
}

// === impl Bottleneck ===

impl fmt::Display for Bottleneck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, fullness, cause, .. } = self;
        write!(f, "{name} holds the others up: its queue is {:.0} % full, and ", fullness * 100.0)?;
        cause.fmt(f)
    }
}

// === impl Cause ===

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work { workers: 1 } => f.write_str("its one worker is busy"),
            Self::Work { workers } => write!(f, "its {workers} workers are busy"),
            Self::Guard { name, state } if state.is_empty() => write!(f, "{name} holds it back"),
            Self::Guard { name, state } => write!(f, "{name} holds it back ({state})"),
            Self::Retries { parked } => write!(f, "{parked} failed items wait to be tried again"),
            Self::Reader => f.write_str("the outputs are not read fast enough"),
        }
    }
}
