//! Records into Arrow IPC.

use std::fmt;
use std::io::Write;
use std::marker::PhantomData;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::SchemaRef;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::columns::Columns;
use crate::{ParquetError, schema_of};

/// Which of the two forms of Arrow IPC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IpcFormat {
    /// Batches one after the other: for sockets and pipes.
    #[default]
    Stream,
    /// The same with an index at the end, by which readers find any batch (`.arrow`, Feather 2).
    File,
}

/// How the buffers of a batch are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IpcCompression {
    /// As they are.
    #[default]
    None,
    /// LZ4 frames.
    Lz4,
    /// Zstandard.
    Zstd,
}

/// The settings of Arrow IPC.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until a writer gets them"]
pub struct IpcOptions {
    format: IpcFormat,
    compression: IpcCompression,
    batch_rows: usize,
    schema: Option<SchemaRef>,
}

/// Writes records as batches of Arrow IPC.
///
/// Memory is bounded by a batch: 8192 rows unless told, or 8 MiB of them.
///
/// ```
/// use electrician_parquet::{IpcOptions, IpcReader, IpcWriter};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Reading { celsius: f64 }
/// # fn main() -> Result<(), electrician_parquet::ParquetError> {
/// let mut writer = IpcWriter::new(Vec::new(), &IpcOptions::new())?;
/// writer.write(&Reading { celsius: 21.5 })?;
/// let bytes = writer.finish()?;
/// let readings = IpcReader::<Reading, _>::new(&bytes[..])?;
/// assert_eq!(readings.count(), 1);
/// # Ok(()) }
/// ```
pub struct IpcWriter<T, W: Write> {
    columns: Columns,
    output: Output<W>,
    batch_rows: usize,
    rows: u64,
    record: PhantomData<fn(&T)>,
}

enum Output<W: Write> {
    Stream(StreamWriter<W>),
    File(FileWriter<W>),
}

const BATCH_BYTES: usize = 8 << 20;

/// Rows between two looks at the size of a batch.
const LOOK: usize = 8;

// === impl IpcOptions ===

impl IpcOptions {
    /// A stream without compression.
    pub const fn new() -> Self {
        Self {
            format: IpcFormat::Stream,
            compression: IpcCompression::None,
            batch_rows: 8192,
            schema: None,
        }
    }

    /// Sets the form. Default: [`IpcFormat::Stream`].
    pub const fn with_format(mut self, format: IpcFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets how buffers are compressed. Default: [`IpcCompression::None`].
    pub const fn with_compression(mut self, compression: IpcCompression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets how many rows a batch has at most, 1 or more. Default: 8192.
    pub const fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = if rows == 0 { 1 } else { rows };
        self
    }

    /// Sets the columns, instead of those that [`schema_of`](crate::schema_of) finds.
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }
}

impl Default for IpcOptions {
    fn default() -> Self {
        Self::new()
    }
}

// === impl IpcWriter ===

impl<T: Serialize + DeserializeOwned, W: Write> IpcWriter<T, W> {
    /// A writer of the columns of `T`, or of those that the options name.
    pub fn new(output: W, options: &IpcOptions) -> Result<Self, ParquetError> {
        let schema = options.schema.clone().map_or_else(schema_of::<T>, Ok)?;
        let columns = Columns::new(schema.clone(), &[])?;
        let compression = match options.compression {
            IpcCompression::None => None,
            IpcCompression::Lz4 => Some(CompressionType::LZ4_FRAME),
            IpcCompression::Zstd => Some(CompressionType::ZSTD),
        };
        let how = IpcWriteOptions::default().try_with_compression(compression)?;
        let output = match options.format {
            IpcFormat::Stream => {
                Output::Stream(StreamWriter::try_new_with_options(output, &schema, how)?)
            }
            IpcFormat::File => {
                Output::File(FileWriter::try_new_with_options(output, &schema, how)?)
            }
        };
        Ok(Self { columns, output, batch_rows: options.batch_rows, rows: 0, record: PhantomData })
    }
}

impl<T: Serialize, W: Write> IpcWriter<T, W> {
    /// Writes one record; after an error of kind [`Record`](crate::ParquetErrorKind::Record) it is
    /// not there, and the next may be written.
    #[inline]
    pub fn write(&mut self, record: &T) -> Result<(), ParquetError> {
        self.columns.push(record)?;
        self.rows += 1;
        let rows = self.columns.rows();
        let is_full = rows >= self.batch_rows
            || rows.is_multiple_of(LOOK) && self.columns.bytes() >= BATCH_BYTES;
        if is_full { self.end_batch() } else { Ok(()) }
    }

    /// Writes a batch of rows that are columns already. Its schema is that of the stream.
    pub fn write_batch(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.end_batch()?;
        self.rows += batch.num_rows() as u64;
        self.output.write(batch)
    }

    /// Gives what was gathered to the output, however little it is.
    pub fn end_batch(&mut self) -> Result<(), ParquetError> {
        if self.columns.rows() == 0 {
            return Ok(());
        }
        let batch = self.columns.take()?;
        self.output.write(&batch)
    }

    /// How many records were written.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes what is left and the end, and gives the output back.
    pub fn finish(mut self) -> Result<W, ParquetError> {
        self.end_batch()?;
        Ok(match self.output {
            Output::Stream(mut writer) => {
                writer.finish()?;
                writer.into_inner()?
            }
            Output::File(mut writer) => {
                writer.finish()?;
                writer.into_inner()?
            }
        })
    }
}

impl<T, W: Write> fmt::Debug for IpcWriter<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpcWriter")
            .field("rows", &self.rows)
            .field("columns", &self.columns)
            .finish()
    }
}

// === impl Output ===

impl<W: Write> Output<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        match self {
            Self::Stream(writer) => writer.write(batch)?,
            Self::File(writer) => writer.write(batch)?,
        }
        Ok(())
    }
}
