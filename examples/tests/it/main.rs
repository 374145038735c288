//! The examples from outside: what they print, and with what they end.

#![expect(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod bird_strikes;
mod broken;
mod graceful_stop;
mod program;
mod records;
mod relays;
