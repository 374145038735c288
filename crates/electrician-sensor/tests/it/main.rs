//! The promises of the sensor.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod edges;
mod events;
mod feed;
mod filter;
mod isolation;
mod log;
mod owned;
mod pipeline;
mod sampling;
mod send_sync;
mod support;
