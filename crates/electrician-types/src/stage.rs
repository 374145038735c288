//! What a running stage says about itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{ComponentKind, Ledger};

/// A stage of a run. Unique in this process: a component that starts again has other stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StageId(u64);

/// Something that runs and can be looked at, from any thread and at any time.
///
/// # Laws
///
/// `view` does not block and disturbs nobody. It may be called after the run has ended, and then
/// shows how it ended.
pub trait Inspect: Send + Sync + 'static {
    /// How it is at this moment.
    fn view(&self) -> StageView;
}

/// A stage, a source or an output at one moment. Counts are read one after the other while the run
/// goes on, so they may be some items apart.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StageView {
    /// Which stage it is.
    pub id: StageId,
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub kind: ComponentKind,
    /// Those it hands items to.
    pub feeds: Vec<StageId>,
    /// How many workers it has; 0 for an output, which the user reads.
    pub workers: usize,
    /// What they are doing.
    pub doing: Doing,
    /// Items waiting in its queue.
    pub queued: usize,
    /// The bound of its queue; 0 for a source, which has none.
    pub capacity: usize,
    /// Items in its workers' hands.
    pub in_hand: u64,
    /// Those of them that wait for another attempt.
    pub parked: u64,
    /// Who is asked before it works.
    pub guards: Vec<GuardView>,
    /// Its account so far.
    pub ledger: Ledger,
}

/// How many workers of a stage are doing what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Doing {
    /// Waiting for items.
    pub idle: usize,
    /// Working on items.
    pub working: usize,
    /// Handing items on, or waiting for room where they go.
    pub handing_on: usize,
    /// Waiting for leave of a guard.
    pub denied: usize,
    /// Waiting for another attempt.
    pub pausing: usize,
    /// Not begun yet, or ended.
    pub absent: usize,
}

/// A guard at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardView {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub kind: ComponentKind,
    /// Whether it gives leave.
    pub is_admitting: bool,
    /// Its state in its own words: "closed", "half-open", "blackout".
    pub state: String,
}

// === impl StageId ===

impl StageId {
    /// An id that was not given before.
    pub fn next() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        Self(COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// The number of the id.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for StageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

// === impl StageView ===

impl StageView {
    /// A stage that has done nothing yet.
    pub fn new(id: StageId, kind: ComponentKind, name: impl Into<Arc<str>>) -> Self {
        Self {
            id,
            name: name.into(),
            kind,
            feeds: Vec::new(),
            workers: 0,
            doing: Doing::default(),
            queued: 0,
            capacity: 0,
            in_hand: 0,
            parked: 0,
            guards: Vec::new(),
            ledger: Ledger::default(),
        }
    }

    /// How full its queue is, from 0 to 1; 0 if it has none.
    pub fn fullness(&self) -> f64 {
        if self.capacity == 0 { 0.0 } else { self.queued as f64 / self.capacity as f64 }
    }
}

// === impl GuardView ===

impl GuardView {
    /// A guard that gives leave, in the state `state`.
    pub fn new(kind: ComponentKind, name: impl Into<Arc<str>>, state: impl Into<String>) -> Self {
        Self { name: name.into(), kind, is_admitting: true, state: state.into() }
    }

    /// Whether it gives leave.
    pub fn admitting(mut self, is_admitting: bool) -> Self {
        self.is_admitting = is_admitting;
        self
    }
}
