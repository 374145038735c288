//! The examples from outside: what they print, and with what they end.

#![expect(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod bird_strikes;
mod broken;
mod graceful_stop;
mod program;
mod records;
#[cfg(feature = "relay-web")]
mod relay_grpc_web;
mod relays;
#[cfg(feature = "relay-web")]
#[path = "../../../crates/electrician-panel/tests/it/webdriver.rs"]
#[expect(dead_code, reason = "it is shared, and not all of it is needed here")]
mod webdriver;
