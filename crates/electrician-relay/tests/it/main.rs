//! Integration tests of `electrician-relay`.

use std::time::Instant;

mod contract;
mod directory;
mod envelope;
mod generate;
mod generated;
mod golden;
mod grpc;
mod joined;
mod mesh;
mod raw;
mod receiver;
mod sender;
mod simulated;

/// A moment to count from.
#[expect(clippy::disallowed_methods, reason = "time does not pass in these tests")]
pub(crate) fn start() -> Instant {
    Instant::now()
}
