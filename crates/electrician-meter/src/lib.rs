#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod change;
mod clock;
mod custom;
mod error;
mod events;
#[cfg(feature = "metrics")]
pub mod facade;
#[cfg(feature = "host")]
mod host;
mod latency;
mod meter;
mod metric;
#[cfg(feature = "prometheus")]
pub mod prometheus;
mod rate;
mod recorder;
mod registry;
#[cfg(feature = "serde")]
mod serialize;
mod show;
mod slot;
mod snapshot;
#[cfg(feature = "terminal")]
pub mod terminal;
mod watch;

pub use builder::MeterBuilder;
pub use change::{Change, StageChange};
pub use custom::{
    Counter, CustomSnapshot, CustomValue, Distribution, Gauge, Histogram, Stopwatch, Timer,
};
pub use error::MeterError;
#[cfg(feature = "host")]
pub use host::HostSnapshot;
pub use latency::{Bucket, Latencies, Latency};
pub use meter::Meter;
pub use metric::{Metric, MetricKind, Sample, Subject, Value};
pub use rate::{Peaks, Rates, Windows};
pub use snapshot::{
    EventCounts, GuardEvents, GuardState, Snapshot, StageSnapshot, StageState, TotalSnapshot,
};
pub use watch::{Outcome, Percent, Watch};
