#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod aging;
mod builder;
mod counters;
#[cfg(feature = "disk")]
mod disk;
mod element;
mod heap;
mod herald;
mod key;
mod line;
#[cfg(all(test, loom))]
mod models;
mod placement;
mod resister;
mod room;
mod source;
mod sync;
mod time;
#[cfg(feature = "tower")]
mod tower;
mod waits;

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
#[cfg(feature = "tower")]
pub use tower::{ResisterError, ResisterFuture, ResisterLayer, ResisterService};
