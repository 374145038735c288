#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod clock;
mod component;
mod config;
mod context;
mod encode;
mod error;
mod fields;
mod filter;
mod guard;
mod health;
mod layer;
mod line;
mod logger;
mod muted;
mod names;
mod queue;
mod record;
mod redact;
mod scratch;
mod sink;
mod timestamp;
mod writer;

pub use builder::LoggerBuilder;
pub use component::Component;
pub use config::{FieldValue, FileConfig, LoggerConfig, SinkConfig, SinkKind};
pub use context::TraceContext;
pub use error::{FlushError, SinkError, SinkTaken, Unflushed, UnknownFilter, UnknownSink, Why};
pub use filter::{DynamicFilter, LogFilter};
pub use guard::LoggerGuard;
pub use health::{LoggerHealth, SinkHealth, SinkState};
pub use layer::JsonLayer;
pub use line::{RESERVED, SCHEMA};
pub use logger::{Logger, LoggerLayer};
pub use muted::mute_thread;
pub use queue::QueueSettings;
pub use sink::{ConsoleSink, FileSink, FileSinkBuilder, Lines, LogSink, MemoryLog, MemorySink};
