#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod connection;
mod dead_letter;
mod error;
mod log;
mod record;
mod source;

pub use connection::Connection;
pub use dead_letter::DeadLetter;
pub use record::Record;
pub use source::{
    KafkaSource, KafkaSourceHandle, KafkaTopics, KafkaTopicsBuilder, PartitionStats, SourceStats,
    Start,
};

pub use rdkafka;
