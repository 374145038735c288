//! The promises of the surge protector, on virtual time.

mod adaptive;
mod backup;
mod blackouts;
mod build;
mod bulkhead;
mod conservation;
mod drive;
mod events;
mod guarded;
mod leases;
mod rate;
#[cfg(feature = "tokio")]
mod runtime;
mod support;
mod threads;
#[cfg(feature = "tower")]
mod tower;
mod trips;
mod waiting;
mod watching;
