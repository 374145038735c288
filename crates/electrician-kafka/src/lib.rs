#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
mod connection;
mod dead_letter;
mod error;
mod exactly_once;
#[cfg(doc)]
pub mod guarantees;
mod log;
mod partitioner;
mod record;
mod refusal;
#[cfg(feature = "tls")]
mod secret;
#[cfg(feature = "tls")]
mod security;
mod sink;
mod source;
mod template;
mod tokens;

pub use connection::Connection;
pub use dead_letter::DeadLetter;
pub use exactly_once::ExactlyOnce;
pub use partitioner::{Choice, OwnPartitioner, Partitioner};
pub use record::Record;
#[cfg(feature = "tls")]
pub use secret::Secret;
#[cfg(feature = "tls")]
pub use security::{Sasl, Security, Tls, Token};
pub use sink::{Compression, FailedRecord, KafkaSink, KafkaSinkBuilder, KafkaSinkStats};
pub use source::{
    KafkaSource, KafkaSourceHandle, KafkaTopics, KafkaTopicsBuilder, PartitionStats, SourceStats,
    Start,
};
pub use template::Template;

pub use rdkafka;
