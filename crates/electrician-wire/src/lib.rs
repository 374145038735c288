#![doc = include_str!("../README.md")]

mod builder;
mod chain;
mod chain_async;
mod clock;
mod dead_letter;
mod desk;
mod encode;
mod explain;
mod gate;
mod gather;
mod guards;
mod inlet;
mod launch;
mod logic;
#[cfg(all(test, loom))]
mod models;
mod output;
mod panics;
mod park;
mod process;
mod queue;
mod reject;
mod reorder;
mod retry;
mod ring;
mod run;
mod running;
mod sample;
#[cfg(feature = "tower")]
mod serve;
#[cfg(feature = "tower")]
mod service;
mod shift;
mod signal;
mod stage;
mod start_error;
mod sync;
mod tally;
mod wait;
mod wire;
mod worker;

pub use builder::WireBuilder;
pub use clock::RuntimeClock;
pub use dead_letter::{DeadLetter, DeadLetterPort, DeadLetters, dead_letters};
pub use electrician_types as types;
pub use encode::{BrokenEncoding, EncoderSink};
pub use explain::{Bottleneck, Cause, Topology};
pub use gather::Batching;
pub use guards::{Diversion, WhenDenied};
pub use inlet::{Inlet, InletSink};
pub use output::Output;
pub use retry::{Retry, RetryBudget};
pub use running::{Component, Running, Stopped};
#[cfg(feature = "tower")]
pub use service::{Served, ServiceTransform, WireService};
pub use stage::Leftover;
pub use start_error::StartError;
pub use wire::{IntoSegment, Wire};

/// What conduits, generators and sinks are built from: preparing a run, feeding a queue.
pub mod engine {
    pub use tokio::task::yield_now as give_way;

    pub use crate::builder::{MAX_CAPACITY, MAX_WORKERS};
    pub use crate::gate::{Barred, Gate, Granted};
    pub use crate::guards::Guards;
    pub use crate::launch::{Feed, Launch, Segment, SourceErrors, StagePlan, StopWatch, Thread};
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
    pub use crate::chain_async::{
        AsyncMutFn, AsyncRefFn, ByRefAsync, ByValueAsync, InPlaceAsync, PerWorkerAsync,
    };
    pub use crate::logic::{Awaiting, Computing, Gathering, Logic};
    #[cfg(feature = "tower")]
    pub use crate::serve::{Answering, Call, Serve};
}
