//! The promises of the generator.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod close;
mod demand;
mod drops;
mod observe;
mod restart;
mod support;
