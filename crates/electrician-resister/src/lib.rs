#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod aging;
mod builder;
mod counters;
#[cfg(feature = "disk")]
mod disk;
mod element;
mod heap;
mod key;
mod line;
mod placement;
mod resister;
mod source;
mod time;
mod waits;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use aging::Aging;
pub use builder::ResisterBuilder;
pub use counters::Counters;
#[cfg(feature = "disk")]
pub use disk::{DiskResister, DiskResisterBuilder, Fsync, OpenError, OpenReport, Record, Spoiled};
pub use element::Element;
pub use key::Key;
pub use placement::Placement;
pub use resister::Resister;
pub use source::{ResisterReader, ResisterSource};

/// Locks, also when another holder panicked: every critical section here leaves its data whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
