#![doc = include_str!("../README.md")]

mod builder;
mod chain;
mod chain_async;
mod clock;
mod dead_letter;
mod desk;
mod gather;
mod inlet;
mod launch;
mod logic;
mod output;
mod panics;
mod process;
mod queue;
mod reorder;
mod retry;
mod ring;
mod run;
mod running;
mod signal;
mod stage;
mod sync;
mod tally;
mod wait;
mod wire;
mod worker;

pub use builder::WireBuilder;
pub use clock::RuntimeClock;
pub use dead_letter::{DeadLetter, DeadLetterPort, DeadLetters, dead_letters};
pub use electrician_types as types;
pub use gather::Batching;
pub use inlet::{Inlet, InletSink};
pub use output::Output;
pub use retry::Retry;
pub use running::{Component, Running, Stopped};
pub use stage::{Leftover, StageProgress};
pub use wire::{IntoSegment, Wire};

/// What conduits, generators and sinks are built from: preparing a run, feeding a queue.
pub mod engine {
    pub use crate::launch::{Launch, Segment, StagePlan, StopWatch, Thread};
    pub use crate::panics::{caught, caught_async};
    pub use crate::queue::Feeder;
    pub use crate::running::Start;
    pub use crate::worker::{Work, Worker};
}

/// The types behind the constructors of [`Wire`] and the methods of [`WireBuilder`].
pub mod transforms {
    pub use crate::chain::{
        ByRef, Cloned, Filter, FilterMap, FlatMap, Identity, InPlace, Inspect, Map, Own, PerWorker,
        Scratch, Then, TryMap,
    };
    pub use crate::chain_async::{AsyncRefFn, ByRefAsync, ByValueAsync};
    pub use crate::logic::{Awaiting, Computing, Gathering, Logic};
}
