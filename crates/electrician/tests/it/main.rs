//! The promises of the facade.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod names;
#[cfg(all(
    feature = "circuitbreaker",
    feature = "conduit",
    feature = "generator",
    feature = "plug",
    feature = "resister",
    feature = "surgeprotector"
))]
mod protection;
#[cfg(all(feature = "conduit", feature = "plug", feature = "generator"))]
mod send_sync;
