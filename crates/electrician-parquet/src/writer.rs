//! Records into a file of Parquet.

use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::columns::Columns;
use crate::{ParquetError, WriteOptions, schema_of};

/// How many rows are pushed between two looks at their size.
const LOOK: usize = 8;

/// Writes records to a file of Parquet, or whatever bytes can be written to.
///
/// Rows are gathered into batches, batches into a row group, and a row group is written when it is
/// full. So memory is bounded by [`row_group_bytes`](WriteOptions::with_row_group_bytes), whatever
/// the size of the file.
///
/// A file without its end is no file: call [`finish`](Self::finish). What is dropped without it
/// writes nothing more.
///
/// ```
/// use electrician_parquet::{ParquetReader, ParquetWriter, WriteOptions};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Reading { sensor: String, celsius: Option<f64> }
///
/// # fn main() -> Result<(), electrician_parquet::ParquetError> {
/// let mut writer = ParquetWriter::new(Vec::new(), &WriteOptions::new())?;
/// writer.write(&Reading { sensor: "roof".into(), celsius: Some(21.5) })?;
/// let (bytes, summary) = writer.finish()?;
/// assert_eq!(summary.rows, 1);
///
/// for reading in ParquetReader::<Reading>::from_bytes(bytes)? {
///     assert_eq!(reading?.celsius, Some(21.5));
/// }
/// # Ok(()) }
/// ```
pub struct ParquetWriter<T, W: Write + Send> {
    columns: Columns,
    writer: ArrowWriter<Counted<W>>,
    batch_rows: usize,
    batch_bytes: usize,
    rows: u64,
    record: PhantomData<fn(&T)>,
}

/// A writer whose bytes are taken away as they come: for uploads in parts, for sockets.
///
/// ```
/// # use electrician_parquet::{ParquetEncoder, WriteOptions};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Reading { celsius: f64 }
/// # fn main() -> Result<(), electrician_parquet::ParquetError> {
/// let mut encoder = ParquetEncoder::new(&WriteOptions::new().with_row_group_rows(1000))?;
/// let mut part = Vec::new();
/// for celsius in [20.5, 21.0] {
///     encoder.write(&Reading { celsius })?;
///     encoder.take_into(&mut part); // send it away when it is large enough
/// }
/// encoder.finish_into(&mut part)?;
/// assert!(part.starts_with(b"PAR1") && part.ends_with(b"PAR1"));
/// # Ok(()) }
/// ```
pub struct ParquetEncoder<T> {
    writer: ParquetWriter<T, Drain>,
    drain: Drain,
}

/// What a file has in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// How many rows.
    pub rows: u64,
    /// How many row groups.
    pub row_groups: usize,
    /// How many bytes.
    pub bytes: u64,
}

// === impl ParquetWriter ===

impl<T: Serialize + DeserializeOwned, W: Write + Send> ParquetWriter<T, W> {
    /// A writer of the columns of `T`, or of those that the options name.
    pub fn new(output: W, options: &WriteOptions) -> Result<Self, ParquetError> {
        let schema = options.schema().map_or_else(schema_of::<T>, Ok)?;
        Self::build(output, schema, options, &[])
    }
}

impl<T: Serialize, W: Write + Send> ParquetWriter<T, W> {
    /// A writer of records that cannot be read, and so cannot say what columns they have: `schema`
    /// does.
    pub fn with_schema(
        output: W,
        schema: SchemaRef,
        options: &WriteOptions,
    ) -> Result<Self, ParquetError> {
        Self::build(output, schema, options, &[])
    }

    pub(crate) fn build(
        output: W,
        schema: SchemaRef,
        options: &WriteOptions,
        ignored: &[String],
    ) -> Result<Self, ParquetError> {
        let properties = options.properties()?;
        let columns = Columns::new(schema.clone(), ignored)?;
        let writer = ArrowWriter::try_new(Counted { output, bytes: 0 }, schema, Some(properties))?;
        let WriteOptions { batch_rows, batch_bytes, .. } = *options;
        Ok(Self { columns, writer, batch_rows, batch_bytes, rows: 0, record: PhantomData })
    }

    /// Writes one record.
    ///
    /// # Errors
    ///
    /// [`Record`](crate::ParquetErrorKind::Record) if it does not fit its columns: then it is not
    /// there, and the next may be written. Any other error is of the output, and final.
    #[inline]
    pub fn write(&mut self, record: &T) -> Result<(), ParquetError> {
        self.columns.push(record)?;
        self.rows += 1;
        let rows = self.columns.rows();
        let is_full = rows >= self.batch_rows
            || rows.is_multiple_of(LOOK) && self.columns.bytes() >= self.batch_bytes;
        if is_full { self.encode() } else { Ok(()) }
    }

    /// Writes records until one fails.
    pub fn write_all<'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a T>,
    ) -> Result<(), ParquetError>
    where
        T: 'a,
    {
        records.into_iter().try_for_each(|record| self.write(record))
    }

    /// Writes a batch of rows that are columns already. Its schema is that of the file.
    pub fn write_batch(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.encode()?;
        self.give(batch)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Ends the row group, however small it is, and gives all of it to the output.
    pub fn end_row_group(&mut self) -> Result<(), ParquetError> {
        self.encode()?;
        self.writer.flush()?;
        Ok(self.writer.sync()?)
    }

    /// How many records were written.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// About how many bytes the file has so far, what is not yet given to the output included.
    pub fn bytes(&self) -> u64 {
        (self.writer.bytes_written() + self.writer.in_progress_size() + self.columns.bytes()) as u64
    }

    /// About how many bytes of memory are in use.
    pub fn memory(&self) -> usize {
        self.writer.memory_size() + self.columns.bytes()
    }

    /// The columns of the file.
    pub fn schema(&self) -> &SchemaRef {
        self.columns.schema()
    }

    /// Writes what is left and the end of the file, and gives the output back.
    pub fn finish(mut self) -> Result<(W, Written), ParquetError> {
        self.encode()?;
        self.writer.flush()?;
        let row_groups = self.writer.flushed_row_groups().len();
        let Counted { mut output, bytes } = self.writer.into_inner()?;
        output.flush()?;
        Ok((output, Written { rows: self.rows, row_groups, bytes }))
    }

    fn encode(&mut self) -> Result<(), ParquetError> {
        if self.columns.rows() == 0 {
            return Ok(());
        }
        let batch = self.columns.take()?;
        self.give(&batch)
    }

    fn give(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let before = self.writer.flushed_row_groups().len();
        self.writer.write(batch)?;
        if self.writer.flushed_row_groups().len() > before {
            // All of it, so that whoever takes the bytes away has whole row groups.
            self.writer.sync()?;
        }
        Ok(())
    }
}

impl<T, W: Write + Send> fmt::Debug for ParquetWriter<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetWriter")
            .field("rows", &self.rows)
            .field("columns", &self.columns)
            .finish()
    }
}

// === impl ParquetEncoder ===

impl<T: Serialize + DeserializeOwned> ParquetEncoder<T> {
    /// An encoder of the columns of `T`, or of those that the options name.
    pub fn new(options: &WriteOptions) -> Result<Self, ParquetError> {
        let drain = Drain::default();
        Ok(Self { writer: ParquetWriter::new(drain.clone(), options)?, drain })
    }
}

impl<T: Serialize> ParquetEncoder<T> {
    /// As [`ParquetWriter::write`].
    pub fn write(&mut self, record: &T) -> Result<(), ParquetError> {
        self.writer.write(record)
    }

    /// As [`ParquetWriter::end_row_group`].
    pub fn end_row_group(&mut self) -> Result<(), ParquetError> {
        self.writer.end_row_group()
    }

    /// How many records were written.
    pub fn rows(&self) -> u64 {
        self.writer.rows()
    }

    /// How many bytes wait to be taken.
    pub fn waiting(&self) -> usize {
        self.drain.lock().len()
    }

    /// Moves the bytes that are ready to the end of `part`: those of the row groups that are full.
    pub fn take_into(&mut self, part: &mut Vec<u8>) {
        part.append(&mut self.drain.lock());
    }

    /// Ends the file and moves its last bytes to the end of `part`.
    pub fn finish_into(self, part: &mut Vec<u8>) -> Result<Written, ParquetError> {
        let (_, written) = self.writer.finish()?;
        part.append(&mut self.drain.lock());
        Ok(written)
    }
}

impl<T> fmt::Debug for ParquetEncoder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetEncoder").field("writer", &self.writer).finish()
    }
}

/// An output that counts its bytes: the writer below does not tell those of the end of a file.
struct Counted<W> {
    output: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Bytes that one writes and another takes.
#[derive(Clone, Default)]
struct Drain(Arc<Mutex<Vec<u8>>>);

// === impl Drain ===

impl Drain {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Drain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
