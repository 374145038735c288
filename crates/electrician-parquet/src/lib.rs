#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod caught;
mod columns;
mod dataset;
mod error;
mod file;
mod input;
mod ipc;
mod limits;
mod options;
mod reader;
mod rows;
mod schema;
mod sink;
mod source;
mod trace;
mod types;
mod writer;

pub use dataset::{DatasetOptions, DatasetWriter, DatasetWritten};
pub use error::{ParquetError, ParquetErrorKind};
pub use file::WholeFile;
pub use ipc::{IpcCompression, IpcFormat, IpcOptions, IpcReader, IpcWriter};
pub use limits::FileLimits;
pub use options::{Compression, Statistics, WriteOptions};
pub use reader::{Bound, ParquetBatches, ParquetReader, ReadOptions};
pub use rows::Rows;
pub use schema::schema_of;
pub use sink::ParquetSink;
pub use source::{ParquetFile, ParquetSource};
pub use types::{Bytes, Date, Decimal, TimestampMicros, TimestampMillis, TimestampNanos};
pub use writer::{ParquetEncoder, ParquetWriter, Written};

pub use arrow_array::{self, RecordBatch};
pub use arrow_schema;
