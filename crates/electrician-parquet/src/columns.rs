//! Records on their way into columns.

mod build;
mod record;
mod value;

use arrow_array::RecordBatch;
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder};
use arrow_schema::{DataType, SchemaRef};
use serde::Serialize;

use crate::ParquetError;

/// Rows that are gathered column by column until they are a batch.
pub(crate) struct Columns {
    schema: SchemaRef,
    root: Column,
    rows: usize,
    /// How many bytes a row takes in all columns whose values are of one size.
    row_bytes: usize,
    /// A row was begun: if it still is when the next one comes, the record panicked.
    is_begun: bool,
}

/// One column, or one level of a nested one.
struct Column {
    name: String,
    data_type: DataType,
    is_nullable: bool,
    /// Up to the last null: what comes after it are values.
    nulls: NullBufferBuilder,
    data: Data,
    /// Address and length of the key by which serde last asked for this field: the same field of
    /// the same type has the same, so its name need not be compared again.
    key: (usize, usize),
}

enum Data {
    Bool(BooleanBufferBuilder),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    I128(Vec<i128>),
    /// Text or bytes, one after the other.
    Bytes(Runs<Vec<u8>>),
    List(Runs<Box<Column>>),
    Map(Runs<Box<(Column, Column)>>),
    Struct(Vec<Column>, usize),
    /// A field that is not written.
    Ignored(usize),
}

/// Values of different length: where each ends, and what they hold.
struct Runs<T> {
    /// Begins with 0.
    ends: Vec<i32>,
    values: T,
}

// === impl Columns ===

impl Columns {
    /// No rows yet. The fields `ignored` are part of the records and not of the columns.
    pub(crate) fn new(schema: SchemaRef, ignored: &[String]) -> Result<Self, ParquetError> {
        let mut root = Column::root(&schema)?;
        root.ignore(ignored);
        let row_bytes = root.children().iter().filter_map(Column::width).sum();
        Ok(Self { schema, root, rows: 0, row_bytes, is_begun: false })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Adds one row; after an error it is as if there had been none.
    #[inline]
    pub(crate) fn push<T: Serialize>(&mut self, record: &T) -> Result<(), ParquetError> {
        if self.is_begun {
            self.settle();
        }
        self.is_begun = true;
        if let Err(error) = record.serialize(&mut self.root) {
            self.settle();
            return Err(error);
        }
        self.is_begun = false;
        self.rows += 1;
        Ok(())
    }

    /// Takes back a row that did not come to its end.
    #[cold]
    fn settle(&mut self) {
        if std::mem::take(&mut self.is_begun) {
            self.root.truncate(self.rows);
        }
    }

    #[inline]
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// About how many bytes the rows take.
    pub(crate) fn bytes(&self) -> usize {
        let varied = self.root.children().iter().filter(|column| column.width().is_none());
        self.rows * self.row_bytes + varied.map(Column::bytes).sum::<usize>()
    }

    /// The rows as a batch; none are left.
    pub(crate) fn take(&mut self) -> Result<RecordBatch, ParquetError> {
        self.settle();
        let columns = self.root.take_children()?;
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

impl std::fmt::Debug for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Columns").field("rows", &self.rows).field("schema", &self.schema).finish()
    }
}
