#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod connection;
mod dead_letter;
mod error;
mod exactly_once;
mod log;
mod partitioner;
mod record;
mod sink;
mod source;
mod template;

pub use connection::Connection;
pub use dead_letter::DeadLetter;
pub use exactly_once::ExactlyOnce;
pub use partitioner::{Choice, OwnPartitioner, Partitioner};
pub use record::Record;
pub use sink::{Compression, FailedRecord, KafkaSink, KafkaSinkBuilder, KafkaSinkStats};
pub use source::{
    KafkaSource, KafkaSourceHandle, KafkaTopics, KafkaTopicsBuilder, PartitionStats, SourceStats,
    Start,
};
pub use template::Template;

pub use rdkafka;
