//! How a directory of files is written.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::partition::Partition;
use crate::{ParquetError, WriteOptions};

/// The settings of a directory of files.
#[must_use = "settings do nothing until a writer gets them"]
pub struct DatasetOptions<T> {
    pub(crate) directory: PathBuf,
    pub(crate) files: WriteOptions,
    pub(crate) partitions: Vec<Partition<T>>,
    pub(crate) file_rows: u64,
    pub(crate) file_bytes: u64,
    pub(crate) open_files: usize,
    pub(crate) flush_when_idle: bool,
}

// === impl DatasetOptions ===

impl<T> DatasetOptions<T> {
    /// The defaults for a directory.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            files: WriteOptions::new(),
            partitions: Vec::new(),
            file_rows: 10_000_000,
            file_bytes: 1 << 30,
            open_files: 32,
            flush_when_idle: false,
        }
    }

    /// Sets how each file is written. Of the bytes of a row group, each open file has its share.
    pub fn with_files(mut self, files: WriteOptions) -> Self {
        self.files = files;
        self
    }

    /// Puts records into directories `name=value`, where `value` is what `of` gives: text, a number,
    /// whatever can be shown. Several partitions lie within each other, in the order in which they
    /// are given. A field called `name` is not written to the files. An empty value is what readers
    /// take for none: `__HIVE_DEFAULT_PARTITION__`.
    pub fn with_partition<V: fmt::Display>(
        mut self,
        name: impl Into<String>,
        of: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Self {
        let show = move |record: &T, text: &mut String| {
            use fmt::Write;
            // Writing to text does not fail; what shows itself might, and is then cut off.
            write!(text, "{}", of(record)).ok();
        };
        self.partitions.push(Partition { name: name.into(), show: Arc::new(show) });
        self
    }

    /// Sets how many rows a file has at most, about. Default: 10 million.
    pub fn with_file_rows(mut self, rows: u64) -> Self {
        self.file_rows = rows;
        self
    }

    /// Sets how many bytes a file has at most, about. Default: 1 GiB.
    pub fn with_file_bytes(mut self, bytes: u64) -> Self {
        self.file_bytes = bytes;
        self
    }

    /// Sets how many files are open at most. Default: 32.
    pub fn with_open_files(mut self, files: usize) -> Self {
        self.open_files = files;
        self
    }

    /// Sets whether a [`ParquetSink`](crate::ParquetSink) ends its files whenever nothing waits for
    /// it. Default: no; the files are ended when they are full, and at the end of the run.
    ///
    /// The receipts of rows are held as long as their file is open. So a source that has only so many
    /// items under way stands still if a file wants more: let it have `file_rows` for each partition,
    /// or say yes here and take smaller files.
    pub fn with_flush_when_idle(mut self, flush: bool) -> Self {
        self.flush_when_idle = flush;
        self
    }

    pub(crate) fn check(&self) -> Result<(), ParquetError> {
        let mut problems = Vec::new();
        for (name, value) in [
            ("file rows", self.file_rows),
            ("file bytes", self.file_bytes),
            ("open files", self.open_files as u64),
        ] {
            if value == 0 {
                problems.push(format!("{name} are 0, but must be at least 1"));
            }
        }
        for partition in &self.partitions {
            let name = &partition.name;
            if name.is_empty()
                || name.starts_with(['.', '_'])
                || name.contains(['/', '\\', '=', '\0'])
            {
                problems.push(format!("`{name}` is no name of a partition: it must not be empty, begin with a dot or an underscore, or contain a slash or `=`"));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(ParquetError::config(problems.join("; "))) }
    }
}

impl<T> Clone for DatasetOptions<T> {
    fn clone(&self) -> Self {
        Self {
            directory: self.directory.clone(),
            files: self.files.clone(),
            partitions: self.partitions.clone(),
            ..*self
        }
    }
}

impl<T> fmt::Debug for DatasetOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.partitions.iter().map(|partition| &partition.name);
        f.debug_struct("DatasetOptions")
            .field("directory", &self.directory)
            .field("partitions", &names.collect::<Vec<_>>())
            .field("file_rows", &self.file_rows)
            .field("file_bytes", &self.file_bytes)
            .field("open_files", &self.open_files)
            .field("files", &self.files)
            .finish()
    }
}
