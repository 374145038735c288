//! The promises of the meter.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod completion;
mod counts;
mod coverage;
mod custom;
#[cfg(feature = "metrics")]
mod facade;
#[cfg(feature = "host")]
mod host;
#[cfg(feature = "prometheus")]
mod prometheus;
mod rates;
mod runs;
mod support;
