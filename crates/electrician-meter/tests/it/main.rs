//! The promises of the meter.

#![allow(clippy::float_cmp, reason = "small whole numbers, and quotients made in the same way")]

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
