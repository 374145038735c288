//! The promises of the conduit.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod broadcast;
mod build;
mod chain;
mod clock;
mod clocks;
mod compile;
mod deadline;
mod door;
mod drops;
mod encoder;
mod entrance;
mod fan_in;
mod fan_out;
mod flushing;
mod guards;
mod hostile;
mod leaks;
mod observe_graph;
mod observe_sinks;
mod observers;
mod receipts;
mod record;
mod route;
mod script;
mod sink;
mod sink_failures;
mod sink_guards;
mod stress;
mod support;
