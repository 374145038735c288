//! What a scenario is made of: plain data, drawn from a seed, shown when it fails.

use std::time::Duration;

use crate::fault::FaultPlan;
use crate::scenario::parcel::Oddities;

pub(super) struct Spec {
    pub(super) producers: Vec<Producer>,
    pub(super) sources: Vec<SourceSpec>,
    /// Chains that feed the head.
    pub(super) sides: Vec<(Vec<Step>, SourceSpec)>,
    pub(super) steps: Vec<Step>,
    pub(super) end: End,
    pub(super) letters: Letters,
    pub(super) when: When,
    pub(super) how: How,
    /// How often it is started.
    pub(super) rounds: usize,
    /// When what hangs goes on, if ever before the end.
    pub(super) release: Option<Duration>,
    pub(super) oddities: Oddities,
    /// Whether the sources count the parts of split items themselves.
    pub(super) counts_parts: bool,
    pub(super) output_capacity: usize,
    /// Whether a single stage is started as a wire, without a conduit around it.
    pub(super) bare: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Producer {
    pub(super) items: u64,
    pub(super) way: Way,
    pub(super) seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Submit,
    Tracked,
    Try,
    Batch(usize),
    Retaken,
    Cancelled,
    Mixed,
}

#[derive(Clone)]
pub(super) struct SourceSpec {
    pub(super) name: String,
    pub(super) items: u64,
    pub(super) chunk: usize,
    pub(super) read_ahead: usize,
    pub(super) yields: bool,
    pub(super) tracked: bool,
    pub(super) batch: usize,
    pub(super) restarts: u32,
    pub(super) faults: FaultPlan,
    pub(super) close_faults: FaultPlan,
}

pub(super) enum Step {
    Stage(Stage),
    Batch(Gather),
    Fan(Fan),
    /// A whole conduit with a source of its own.
    Joined(Vec<Self>, SourceSpec),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Map,
    PerWorker,
    Filter,
    FlatMap,
    ByRef,
    Cloned,
    InPlace,
    Emit,
    Async,
    AsyncByRef,
    Blocking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    None,
    Keyed,
    Whole,
}

#[derive(Clone)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) op: Op,
    pub(super) capacity: usize,
    pub(super) workers: usize,
    pub(super) order: Order,
    pub(super) budget: Option<u64>,
    pub(super) retries: u32,
    pub(super) has_letters: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) faults: FaultPlan,
    pub(super) is_observed: bool,
    pub(super) guards: Vec<GuardSpec>,
    /// Which of how many branches begins here.
    pub(super) stamp: Option<(u32, u32)>,
}

/// A guard of a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuardSpec {
    pub(super) seed: u64,
    /// Of a thousand, how often it closes when it is asked.
    pub(super) denials: u32,
    /// How much may be under way.
    pub(super) limit: usize,
    pub(super) is_timing: bool,
    pub(super) denied: Denied,
}

/// What becomes of parcels while a guard gives no leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    Pause,
    Reject,
    Divert,
}

/// A batching stage and the one that takes the batches apart.
#[derive(Clone)]
pub(super) struct Gather {
    pub(super) name: String,
    pub(super) items: usize,
    pub(super) bytes: Option<u64>,
    pub(super) age: Option<Duration>,
    pub(super) capacity: usize,
    pub(super) workers: usize,
    pub(super) apart: Stage,
}

pub(super) struct Fan {
    pub(super) kind: FanKind,
    pub(super) branches: Vec<Vec<Step>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FanKind {
    Broadcast,
    Partition,
    /// By key; keys without a branch go to the last one.
    RouteElse,
    /// By key; keys without a branch are dropped.
    RouteDrop,
    /// By key; keys without a branch fail.
    RouteFail,
}

#[expect(clippy::large_enum_variant, reason = "there is one of it in a scenario")]
pub(super) enum End {
    Output(Vec<Reader>),
    Sink(SinkSpec),
    Sinks(FanKind, Vec<(Vec<Step>, SinkSpec)>),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) way: Reading,
    pub(super) pause: Option<Duration>,
    /// Goes away after so many items.
    pub(super) quits_after: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Value,
    /// With receipts, of which so many of a thousand are not acknowledged.
    Item {
        rejects: u64,
    },
    Batch(usize),
    /// With a receive that is cancelled now and then.
    Cancelling,
    /// Holds the output and does not read.
    Stalled,
}

#[derive(Clone)]
pub(super) struct SinkSpec {
    pub(super) name: String,
    pub(super) capacity: usize,
    pub(super) chunk: usize,
    pub(super) is_buffering: bool,
    pub(super) guards: Vec<GuardSpec>,
    pub(super) retries: u32,
    pub(super) has_letters: bool,
    pub(super) faults: FaultPlan,
    pub(super) open_faults: FaultPlan,
    pub(super) flush_faults: FaultPlan,
    pub(super) close_faults: FaultPlan,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Letters {
    pub(super) capacity: usize,
    pub(super) pause: Option<Duration>,
    /// Of a thousand, how many are not acknowledged.
    pub(super) rejects: u64,
    pub(super) quits_after: Option<usize>,
    pub(super) is_stalled: bool,
}

/// When the run is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// When the producers are done, or after a while.
    Done,
    After(Duration),
    Now,
}

/// How the run is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Drain,
    Deadline(Duration),
    Zero,
    Finish,
    FinishOrStop(Duration, Duration),
    Drop,
    /// The stop itself is given up after so many polls.
    CancelStop(usize),
}

// === impl How ===

impl How {
    /// Whether everything gets the time it needs.
    pub(super) const fn is_patient(self) -> bool {
        matches!(self, Self::Drain | Self::Finish)
    }
}
