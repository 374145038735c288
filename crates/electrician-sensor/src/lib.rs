#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod ext;
mod feed;
mod filter;
mod health;
mod isolate;
mod log;
mod owned;
mod sampling;
mod sensor;

pub use ext::{Filtered, ObserverExt, Sampled};
pub use feed::{EventFeed, EventStream, EventStreamIter, FeedCounts, events};
pub use filter::Filter;
pub use health::{ObserverHealth, SensorHealth};
pub use isolate::Isolated;
pub use log::LogObserver;
pub use owned::{OwnedEvent, Value};
pub use sampling::Sampling;
pub use sensor::{Callback, Sensor, Silent};

/// The contracts that this crate works with.
pub use electrician_types as types;
