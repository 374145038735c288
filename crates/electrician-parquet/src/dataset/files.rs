//! The files that are open, and what waits for each of them.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::DatasetWritten;
use super::options::DatasetOptions;
use crate::columns::Columns;
use crate::file::WholeFile;
use crate::{ParquetError, Written, schema_of};

/// The least share of a row group that an open file has.
const LEAST_BYTES: usize = 1 << 20;

/// Rows between two looks at the size of a batch.
const LOOK: usize = 8;

/// Files by their directories. `P` is what is held for rows until their file is complete.
///
/// What blocks is apart from what does not: [`push`](Self::push) only gathers rows, and
/// [`work`](Self::work) encodes and writes them.
pub(crate) struct Files<T, P> {
    options: DatasetOptions<T>,
    schema: SchemaRef,
    ignored: Vec<String>,
    open: HashMap<String, Open<P>>,
    /// How long ago each file was written to.
    clock: u64,
    id: u64,
    number: u64,
    is_due: bool,
    must_make_room: bool,
    written: DatasetWritten,
    failure: Option<ParquetError>,
    /// What was held for rows of files that are complete.
    done: Vec<P>,
    /// Room to work in.
    key: String,
    value: String,
}

/// Whether a row was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Taken,
    /// Too many files are open: work first.
    NoRoom,
}

struct Open<P> {
    columns: Columns,
    /// From the first batch on.
    writer: Option<ArrowWriter<WholeFile>>,
    rows: u64,
    last: u64,
    is_full: bool,
    held: Vec<P>,
}

// === impl Files ===

impl<T: Serialize + DeserializeOwned, P> Files<T, P> {
    pub(crate) fn new(mut options: DatasetOptions<T>) -> Result<Self, ParquetError> {
        options.check()?;
        let schema = options.files.schema().map_or_else(schema_of::<T>, Ok)?;
        let is_partition = |name: &str| options.partitions.iter().any(|own| own.name == *name);
        let (mut fields, mut ignored) = (Vec::new(), Vec::new());
        for field in schema.fields() {
            if is_partition(field.name()) {
                ignored.push(field.name().clone());
            } else {
                fields.push(field.clone());
            }
        }
        if fields.is_empty() {
            return Err(ParquetError::config("the partitions leave no column for the files"));
        }
        let schema = SchemaRef::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        if !options.partitions.is_empty() {
            let share = |bytes: usize| (bytes / options.open_files).max(LEAST_BYTES).min(bytes);
            options.files.row_group_bytes = share(options.files.row_group_bytes);
            options.files.batch_bytes = share(options.files.batch_bytes);
        }
        // Says what is wrong before the first row comes.
        options.files.properties()?;
        Columns::new(schema.clone(), &ignored)?;
        Ok(Self {
            options,
            schema,
            ignored,
            open: HashMap::new(),
            clock: 0,
            id: fastrand::u64(..),
            number: 0,
            is_due: false,
            must_make_room: false,
            written: DatasetWritten::default(),
            failure: None,
            done: Vec::new(),
            key: String::new(),
            value: String::new(),
        })
    }
}

impl<T: Serialize, P> Files<T, P> {
    /// Gathers a row.
    pub(crate) fn push(&mut self, record: &T) -> Result<Pushed, ParquetError> {
        let Self { options, key, value, .. } = self;
        key.clear();
        options.partitions.iter().for_each(|partition| partition.write(record, value, key));
        if !self.open.contains_key(&self.key) {
            if self.open.len() >= self.options.open_files {
                self.must_make_room = true;
                return Ok(Pushed::NoRoom);
            }
            let open = Open::new(Columns::new(self.schema.clone(), &self.ignored)?);
            self.open.insert(self.key.clone(), open);
        }
        let Some(open) = self.open.get_mut(&self.key) else {
            return Ok(Pushed::NoRoom);
        };
        open.columns.push(record)?;
        open.rows += 1;
        self.clock += 1;
        open.last = self.clock;
        let rows = open.columns.rows();
        let files = &self.options.files;
        if rows >= files.batch_rows
            || rows.is_multiple_of(LOOK) && open.columns.bytes() >= files.batch_bytes
            || open.rows >= self.options.file_rows
        {
            open.is_full = true;
            self.is_due = true;
        }
        Ok(Pushed::Taken)
    }
}

impl<T, P> Files<T, P> {
    /// Holds something until the file of the last row is complete.
    pub(crate) fn hold(&mut self, held: P) {
        if let Some(open) = self.open.get_mut(&self.key) {
            open.held.push(held);
        }
    }

    /// Whether something should be written before the next row comes.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due
    }

    pub(crate) fn flush_when_idle(&self) -> bool {
        self.options.flush_when_idle
    }

    pub(crate) fn file_rows(&self) -> u64 {
        self.options.file_rows
    }

    /// Writes full batches, ends full files, and makes room for a file if there is none. Blocks.
    pub(crate) fn work(&mut self) {
        self.is_due = false;
        let full = self.open.iter().filter(|(_, open)| open.is_full).map(|(key, _)| key.clone());
        for key in full.collect::<Vec<_>>() {
            self.encode(&key);
        }
        if std::mem::take(&mut self.must_make_room) && self.open.len() >= self.options.open_files {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.last);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.end(&key);
            }
        }
    }

    /// Ends all files. Blocks.
    pub(crate) fn end_all(&mut self) {
        self.is_due = false;
        let mut keys: Vec<String> = self.open.keys().cloned().collect();
        keys.sort_unstable();
        for key in &keys {
            self.end(key);
        }
    }

    pub(crate) fn written(&self) -> DatasetWritten {
        self.written
    }

    /// What was held for rows that are safe now.
    pub(crate) fn take_done(&mut self) -> Vec<P> {
        std::mem::take(&mut self.done)
    }

    /// The first thing that went wrong since the last call. The files that it happened to are gone,
    /// and what was held for their rows was dropped.
    pub(crate) fn take_failure(&mut self) -> Option<ParquetError> {
        self.failure.take()
    }

    fn encode(&mut self, key: &str) {
        let Some(mut open) = self.open.remove(key) else {
            return;
        };
        open.is_full = false;
        match self.encode_into(key, &mut open) {
            Err(error) => self.fail(error),
            Ok(bytes) => {
                let is_done =
                    open.rows >= self.options.file_rows || bytes >= self.options.file_bytes;
                self.open.insert(key.to_owned(), open);
                if is_done {
                    self.end(key);
                }
            }
        }
    }

    /// Encodes what was gathered; about how many bytes the file has.
    fn encode_into(&mut self, key: &str, open: &mut Open<P>) -> Result<u64, ParquetError> {
        let batch = open.columns.take()?;
        let writer = match &mut open.writer {
            Some(writer) => writer,
            none => none.insert(self.create(key)?),
        };
        writer.write(&batch)?;
        Ok((writer.bytes_written() + writer.in_progress_size()) as u64)
    }

    fn create(&mut self, key: &str) -> Result<ArrowWriter<WholeFile>, ParquetError> {
        let name = format!("part-{:016x}-{:05}.parquet", self.id, self.number);
        self.number += 1;
        let mut path: PathBuf = self.options.directory.clone();
        path.extend(key.split('/').filter(|part| !part.is_empty()));
        path.push(name);
        let file = WholeFile::create(&path);
        let file = file.map_err(|error| ParquetError::io(&path.display().to_string(), error))?;
        let properties = self.options.files.properties()?;
        Ok(ArrowWriter::try_new(file, self.schema.clone(), Some(properties))?)
    }

    fn end(&mut self, key: &str) {
        let Some(mut open) = self.open.remove(key) else {
            return;
        };
        match self.finish(key, &mut open) {
            Ok(file) => {
                self.written.add(file);
                self.done.append(&mut open.held);
            }
            Err(error) => self.fail(error),
        }
    }

    fn finish(&mut self, key: &str, open: &mut Open<P>) -> Result<Written, ParquetError> {
        if open.columns.rows() > 0 {
            self.encode_into(key, open)?;
        }
        let Some(mut writer) = open.writer.take() else {
            return Ok(Written::default());
        };
        writer.flush()?;
        let row_groups = writer.flushed_row_groups().len();
        let file = writer.into_inner()?;
        let (path, bytes) = (file.path().display().to_string(), file.bytes());
        file.publish().map_err(|error| ParquetError::io(&path, error))?;
        Ok(Written { rows: open.rows, row_groups, bytes })
    }

    fn fail(&mut self, error: ParquetError) {
        self.failure.get_or_insert(error);
    }
}

impl<T, P> fmt::Debug for Files<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files")
            .field("options", &self.options)
            .field("open", &self.open.len())
            .field("written", &self.written)
            .finish()
    }
}

// === impl Open ===

impl<P> Open<P> {
    fn new(columns: Columns) -> Self {
        Self { columns, writer: None, rows: 0, last: 0, is_full: false, held: Vec::new() }
    }
}
