#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod adaptive;
mod backup;
mod blackout;
mod bucket;
mod builder;
mod bulkhead;
#[cfg(feature = "tokio")]
mod clock;
mod core;
mod error;
mod guard;
mod guarded;
mod herald;
mod lease;
mod overflow;
mod protector;
mod queue;
mod rate;
mod slots;
mod state;
#[cfg(feature = "tower")]
mod tower;
mod wait;

pub use account::Account;
pub use adaptive::{Adaptive, AdaptiveBuilder, Permit};
pub use backup::Backup;
pub use blackout::{Blackout, TimeOfDay, TimeOfDayError};
pub use builder::SurgeProtectorBuilder;
pub use bulkhead::{Bulkhead, BulkheadPermit};
#[cfg(feature = "tokio")]
pub use clock::RuntimeClock;
pub use error::SurgeProtectorError;
pub use guarded::{DriveError, Guarded};
pub use lease::Lease;
pub use overflow::Overflow;
pub use protector::{Admission, SurgeProtector};
pub use queue::{Fifo, Queue};
pub use rate::{Burst, Rate, RateError};
pub use state::{State, StateWatch};
#[cfg(feature = "tower")]
pub use tower::{
    BulkheadFuture, BulkheadLayer, BulkheadService, ConcurrencyLayer, ConcurrencyService,
    ResponseFuture, SurgeProtectorLayer, SurgeProtectorService,
};
