//! Files of Parquet into records.

mod batches;
mod header;
mod options;
mod pages;
mod range;

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use serde::de::DeserializeOwned;

pub use batches::ParquetBatches;
pub use options::ReadOptions;
pub use range::Bound;

use crate::input::Input;
use crate::trace::Shape;
use crate::{ParquetError, Rows, schema};

/// Reads the records of a file of Parquet, one after the other.
///
/// Only the columns that are fields of `T` are read, in batches, so memory is bounded by the pages of
/// a batch, whatever the size of the file. A field whose column is missing takes its default
/// (`Option`, `#[serde(default)]`) or fails.
///
/// After an error of the file there is nothing more; after a row that is no record
/// ([`Record`](crate::ParquetErrorKind::Record)) the next may be asked for.
pub struct ParquetReader<T> {
    batches: ParquetBatches,
    rows: Option<Rows<T>>,
}

// === impl ParquetReader ===

impl<T: DeserializeOwned> ParquetReader<T> {
    /// A reader of the file at `path`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ParquetError> {
        Self::open_with(path, &ReadOptions::new())
    }

    /// A reader of the file at `path`, with other settings than the defaults.
    pub fn open_with(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self, ParquetError> {
        Self::new(file(path.as_ref())?, options)
    }

    /// A reader of a file in memory.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self, ParquetError> {
        Self::from_bytes_with(bytes, &ReadOptions::new())
    }

    /// A reader of a file in memory, with other settings than the defaults.
    pub fn from_bytes_with(
        bytes: impl Into<Bytes>,
        options: &ReadOptions,
    ) -> Result<Self, ParquetError> {
        Self::new(Input::Bytes(bytes.into()), options)
    }

    fn new(input: Input, options: &ReadOptions) -> Result<Self, ParquetError> {
        Ok(Self { batches: records::<T>(input, options)?, rows: None })
    }

    /// How many rows the file has, those of row groups that are passed over included.
    pub fn file_rows(&self) -> u64 {
        self.batches.file_rows()
    }

    /// The file's own keys and values.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.batches.metadata()
    }

    /// Goes on to the next batch.
    #[cold]
    fn advance(&mut self) -> Option<Result<(), ParquetError>> {
        let rows = self.batches.next()?.and_then(|batch| Rows::new(&batch));
        if rows.is_err() {
            self.batches.end();
        }
        Some(rows.map(|rows| self.rows = Some(rows)))
    }

    /// The next rows as columns, those of the current batch left out that came as records.
    pub fn next_batch(&mut self) -> Option<Result<RecordBatch, ParquetError>> {
        self.rows = None;
        self.batches.next()
    }
}

impl<T: DeserializeOwned> Iterator for ParquetReader<T> {
    type Item = Result<T, ParquetError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while self.rows.as_ref().is_none_or(Rows::is_over) {
            if let Err(error) = self.advance()? {
                return Some(Err(error));
            }
        }
        self.rows.as_mut()?.next()
    }
}

impl<T> fmt::Debug for ParquetReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetReader").field("batches", &self.batches).finish()
    }
}

pub(crate) fn file(path: &Path) -> Result<Input, ParquetError> {
    let file = File::open(path);
    let file = file.map_err(|error| ParquetError::io(&path.display().to_string(), error))?;
    Ok(Input::File(Arc::new(file)))
}

/// The batches that records of `T` are made of.
pub(crate) fn records<T: DeserializeOwned>(
    input: Input,
    options: &ReadOptions,
) -> Result<ParquetBatches, ParquetError> {
    // What cannot say its fields may want any column.
    let shape = schema::root::<T>().ok().filter(|_| options.columns.is_none());
    ParquetBatches::for_records(input, options, shape.map(Shape::Struct).as_ref())
}
