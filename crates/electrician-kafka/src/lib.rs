#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod connection;
mod error;
mod partitioner;
mod sink;
mod template;

pub use connection::Connection;
pub use partitioner::{Choice, OwnPartitioner, Partitioner};
pub use sink::{Compression, FailedRecord, KafkaSink, KafkaSinkBuilder, KafkaSinkStats};
pub use template::Template;

pub use rdkafka;
