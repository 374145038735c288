//! The promises of the plug.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod blocking;
mod function;
mod sinks;
mod sources;
mod support;
mod tap;
