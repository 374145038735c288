#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod clock;
mod custom;
mod error;
mod events;
#[cfg(feature = "host")]
mod host;
mod latency;
mod meter;
mod rate;
mod recorder;
mod registry;
#[cfg(feature = "serde")]
mod serialize;
mod show;
mod slot;
mod snapshot;

pub use builder::MeterBuilder;
pub use custom::{
    Counter, CustomSnapshot, CustomValue, Distribution, Gauge, Histogram, Stopwatch, Timer,
};
pub use error::MeterError;
#[cfg(feature = "host")]
pub use host::HostSnapshot;
pub use latency::{Bucket, Latencies, Latency};
pub use meter::Meter;
pub use rate::{Peaks, Rates, Windows};
pub use snapshot::{
    EventCounts, GuardEvents, GuardState, Snapshot, StageSnapshot, StageState, TotalSnapshot,
};
