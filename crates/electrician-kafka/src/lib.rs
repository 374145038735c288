#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod connection;
mod error;

pub use connection::Connection;

pub use rdkafka;
