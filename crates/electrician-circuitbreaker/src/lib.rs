#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod breaker;
mod builder;
mod call;
#[cfg(feature = "tower")]
mod classify;
mod clock;
mod error;
mod gate;
mod guard;
mod neutral;
mod outcome;
mod permit;
mod permits;
#[cfg(feature = "tower")]
mod service;
mod settings;
mod shared;
mod state;
mod tally;
mod watch;
mod window;

pub use breaker::{BreakerState, CircuitBreaker, Snapshot};
pub use builder::CircuitBreakerBuilder;
#[cfg(feature = "tower")]
pub use classify::{Classify, ErrorsFail};
pub use clock::SystemClock;
pub use error::{CircuitBreakerError, Open};
pub use neutral::{Diverted, Neutral};
pub use outcome::Outcome;
pub use permit::Permit;
pub use permits::Permits;
#[cfg(feature = "tower")]
pub use service::{CircuitBreakerFuture, CircuitBreakerLayer, CircuitBreakerService};
pub use watch::Watch;
