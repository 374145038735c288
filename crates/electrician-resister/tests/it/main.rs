//! One contract for both queues, and what the one on disk promises beyond.

mod allocations;
mod contract;
mod memory;
mod model;
mod support;

#[cfg(feature = "tower")]
mod tower;

#[cfg(feature = "disk")]
mod crash;
#[cfg(feature = "disk")]
mod damage;
#[cfg(feature = "disk")]
mod directory;
#[cfg(feature = "disk")]
mod disk;
