#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod chain;
mod clocks;
mod conduit;
mod fan_out;
mod into_conduit;
mod sink;
mod split;

pub use builder::ConduitBuilder;
pub use conduit::Conduit;
pub use fan_out::FanOut;
pub use into_conduit::IntoConduit;
pub use sink::{Discard, Ended, SinkHandle, SinkStage};
pub use split::Routes;
