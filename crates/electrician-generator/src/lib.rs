#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod generator;
mod intake;
mod pump;
mod restart;

pub use generator::Generator;
pub use restart::Restart;
