//! The promises of the surge protector, on virtual time.

mod adaptive;
mod backup;
mod blackouts;
mod build;
mod conservation;
mod drive;
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
