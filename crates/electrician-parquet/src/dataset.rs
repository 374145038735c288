//! Directories of files.

mod files;
mod options;
mod partition;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use files::{Files, Pushed};
pub use options::DatasetOptions;

use crate::{ParquetError, Written};

/// Writes records to the files of a directory, which appear whole or not at all.
///
/// A file is ended when it is full, and a new one begun. With partitions, each record goes to a file
/// in a directory of its own, `origin=ATL/`, and the column is left out of the file: so do readers
/// expect it. Of the open files, the one that was written to longest ago is ended when there would
/// be too many.
///
/// Names are `part-ID-NUMBER.parquet`, where `ID` is new for each writer: writers do not come into
/// each other's way, and nothing is overwritten.
///
/// ```
/// use electrician_parquet::{DatasetOptions, DatasetWriter};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct Flight { origin: String, delay: i64 }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = std::env::temp_dir().join(format!("electrician-{}", std::process::id()));
/// let options = DatasetOptions::new(&dir).with_partition("origin", |f: &Flight| f.origin.clone());
/// let mut writer = DatasetWriter::new(options)?;
/// writer.write(&Flight { origin: "ATL".into(), delay: 3 })?;
/// let written = writer.finish()?;
/// assert_eq!((written.files, written.rows), (1, 1));
/// assert!(dir.join("origin=ATL").is_dir());
/// # std::fs::remove_dir_all(dir)?;
/// # Ok(()) }
/// ```
pub struct DatasetWriter<T> {
    files: Files<T, ()>,
}

/// What a directory got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatasetWritten {
    /// How many files.
    pub files: u64,
    /// How many rows, in all of them.
    pub rows: u64,
    /// How many bytes, in all of them.
    pub bytes: u64,
}

// === impl DatasetWriter ===

impl<T: Serialize + DeserializeOwned> DatasetWriter<T> {
    /// A writer to a directory, which is made with the first file.
    pub fn new(options: DatasetOptions<T>) -> Result<Self, ParquetError> {
        Ok(Self { files: Files::new(options)? })
    }
}

impl<T: Serialize> DatasetWriter<T> {
    /// Writes one record.
    ///
    /// # Errors
    ///
    /// [`Record`](crate::ParquetErrorKind::Record) if it does not fit its columns: then it is not
    /// there, and the next may be written. Any other error is of a file, which is gone with all of
    /// its rows.
    pub fn write(&mut self, record: &T) -> Result<(), ParquetError> {
        while self.files.push(record)? == Pushed::NoRoom {
            self.work()?;
        }
        if self.files.is_due() { self.work() } else { Ok(()) }
    }

    /// Ends all files that are open.
    pub fn end_files(&mut self) -> Result<(), ParquetError> {
        self.files.end_all();
        self.outcome()
    }

    /// What was completed so far.
    pub fn written(&self) -> DatasetWritten {
        self.files.written()
    }

    /// Ends all files.
    pub fn finish(mut self) -> Result<DatasetWritten, ParquetError> {
        self.end_files()?;
        Ok(self.files.written())
    }

    fn work(&mut self) -> Result<(), ParquetError> {
        self.files.work();
        self.outcome()
    }

    fn outcome(&mut self) -> Result<(), ParquetError> {
        self.files.take_failure().map_or(Ok(()), Err)
    }
}

impl<T> fmt::Debug for DatasetWriter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatasetWriter").field("files", &self.files).finish()
    }
}

// === impl DatasetWritten ===

impl DatasetWritten {
    fn add(&mut self, file: Written) {
        self.files += 1;
        self.rows += file.rows;
        self.bytes += file.bytes;
    }
}
