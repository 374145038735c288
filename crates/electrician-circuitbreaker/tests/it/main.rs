//! The promises of the circuit breaker.

mod build;
mod calls;
mod cancel;
mod defects;
mod events;
mod model;
mod neutral;
mod property;
mod send_sync;
mod support;
mod threads;
#[cfg(feature = "tower")]
mod tower;
mod watch;
