//! Files of Parquet as batches of columns.

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::{ReadOptions, file, pages};
use crate::caught::caught;
use crate::input::Input;
use crate::trace::Shape;
use crate::{FileLimits, ParquetError};

/// The end of a file: the size of the footer and a mark.
const TAIL: usize = 8;

/// Reads a file of Parquet in batches of columns.
///
/// Each row group is checked against the limits before anything of it is decoded. After an error
/// there is nothing more.
pub struct ParquetBatches {
    input: Input,
    metadata: ArrowReaderMetadata,
    mask: ProjectionMask,
    groups: VecDeque<usize>,
    current: Option<ParquetRecordBatchReader>,
    limits: FileLimits,
    batch_rows: usize,
}

// === impl ParquetBatches ===

impl ParquetBatches {
    /// The batches of the file at `path`.
    pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self, ParquetError> {
        Self::new(file(path.as_ref())?, options)
    }

    /// The batches of a file in memory.
    pub fn from_bytes(
        bytes: impl Into<Bytes>,
        options: &ReadOptions,
    ) -> Result<Self, ParquetError> {
        Self::new(Input::Bytes(bytes.into()), options)
    }

    fn new(input: Input, options: &ReadOptions) -> Result<Self, ParquetError> {
        let metadata = load(&input, options, ArrowReaderOptions::new())?;
        Self::of(input, metadata, options, None)
    }

    /// The columns that records of `shape` have, text and bytes in the form that is the quickest to
    /// read: it refers to the pages instead of copying them, so that a text which repeats takes no
    /// more memory for that.
    pub(super) fn for_records(
        input: Input,
        options: &ReadOptions,
        shape: Option<&Shape>,
    ) -> Result<Self, ParquetError> {
        let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = load(&input, options, plain)?;
        let schema = Schema::new(viewed(metadata.schema().fields()));
        let viewed = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        let metadata =
            caught(|| Ok(ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), viewed)?))?;
        Self::of(input, metadata, options, shape)
    }

    fn of(
        input: Input,
        metadata: ArrowReaderMetadata,
        options: &ReadOptions,
        shape: Option<&Shape>,
    ) -> Result<Self, ParquetError> {
        let mask = caught(|| mask(metadata.metadata(), options, shape))?;
        let groups = metadata.metadata().row_groups().iter().enumerate();
        let groups = groups
            .filter(|(_, group)| options.ranges.iter().all(|range| range.may_hold(group)))
            .map(|(index, _)| index)
            .collect();
        let ReadOptions { limits, batch_rows, .. } = *options;
        Ok(Self { input, metadata, mask, groups, current: None, limits, batch_rows })
    }

    /// The columns of the whole file.
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// How many rows the file has, those of row groups that are passed over included.
    pub fn file_rows(&self) -> u64 {
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// How many row groups are still to be begun.
    pub fn row_groups_left(&self) -> usize {
        self.groups.len()
    }

    /// The file's own keys and values.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.metadata.metadata().file_metadata().key_value_metadata();
        let pairs = pairs.into_iter().flatten();
        pairs.filter_map(|pair| Some((pair.key.as_str(), pair.value.as_deref()?)))
    }

    /// From now on there is nothing more.
    pub(super) fn end(&mut self) {
        self.groups.clear();
        self.current = None;
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>, ParquetError> {
        loop {
            if let Some(batch) = self.current.as_mut().and_then(Iterator::next) {
                return Ok(Some(batch?));
            }
            let Some(index) = self.groups.pop_front() else {
                return Ok(None);
            };
            self.current = Some(self.group(index)?);
        }
    }

    fn group(&self, index: usize) -> Result<ParquetRecordBatchReader, ParquetError> {
        let group = self.metadata.metadata().row_group(index);
        let chosen = |leaf| self.mask.leaf_included(leaf);
        pages::check(&self.input, group, chosen, &self.limits)
            .map_err(|error| error.within(format!("row group {index}")))?;
        let (input, metadata) = (self.input.clone(), self.metadata.clone());
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(input, metadata)
            .with_batch_size(self.batch_rows)
            .with_projection(self.mask.clone())
            .with_row_groups(vec![index]);
        Ok(builder.build()?)
    }
}

impl Iterator for ParquetBatches {
    type Item = Result<RecordBatch, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = caught(|| self.advance());
        if next.is_err() {
            self.end();
        }
        next.transpose()
    }
}

impl fmt::Debug for ParquetBatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetBatches")
            .field("rows", &self.file_rows())
            .field("row_groups_left", &self.groups.len())
            .finish()
    }
}

/// The footer of a file, if it is not too large.
fn load(
    input: &Input,
    options: &ReadOptions,
    how: ArrowReaderOptions,
) -> Result<ArrowReaderMetadata, ParquetError> {
    let len = input.len();
    let none = |what: &str| ParquetError::malformed(format!("this is no file of Parquet: {what}"));
    let Some(start) = len.checked_sub(TAIL as u64) else {
        return Err(none(&format!("it has {len} bytes")));
    };
    let tail = input.get_bytes(start, TAIL)?;
    let (size, mark) = tail.split_at(4);
    if mark != b"PAR1" {
        return Err(none("it does not end with PAR1; is it encrypted, or cut off?"));
    }
    let size = size.iter().rev().fold(0_usize, |size, byte| size << 8 | usize::from(*byte));
    if size > options.limits.footer_bytes {
        let (what, limit) = (format!("a footer of {size} bytes"), options.limits.footer_bytes);
        return Err(ParquetError::too_large(what, limit));
    }
    caught(|| Ok(ArrowReaderMetadata::load(input, how)?))
}

/// The columns that are read.
fn mask(
    file: &ParquetMetaData,
    options: &ReadOptions,
    shape: Option<&Shape>,
) -> Result<ProjectionMask, ParquetError> {
    let schema = file.file_metadata().schema_descr();
    let names = || {
        let fields = schema.root_schema().get_fields().iter();
        fields.map(|field| field.name()).collect::<Vec<_>>().join(", ")
    };
    if let Some(wanted) = &options.columns {
        let roots = schema.root_schema().get_fields();
        if let Some(name) =
            wanted.iter().find(|name| roots.iter().all(|root| root.name() != **name))
        {
            let message = format!("the file has no column {name}; its columns are {}", names());
            return Err(ParquetError::schema(message));
        }
        let is_wanted = |root: &str| wanted.iter().any(|name| name == root);
        let leaves = (0..schema.num_columns())
            .filter(|leaf| is_wanted(schema.get_column_root(*leaf).name()));
        return Ok(ProjectionMask::leaves(schema, leaves));
    }
    let Some(shape) = shape else {
        return Ok(ProjectionMask::all());
    };
    let leaves =
        (0..schema.num_columns()).filter(|leaf| has(shape, schema.column(*leaf).path().parts()));
    let leaves: Vec<usize> = leaves.collect();
    if leaves.is_empty() {
        let message = format!("no field of the record is in the file; its columns are {}", names());
        return Err(ParquetError::schema(message));
    }
    Ok(ProjectionMask::leaves(schema, leaves))
}

/// Whether a record has the column at this path.
fn has(shape: &Shape, path: &[String]) -> bool {
    match (shape, path) {
        (Shape::Optional(inner), _) => has(inner, path),
        (Shape::Struct(fields), [name, rest @ ..]) => {
            fields.iter().any(|(field, shape)| *field == *name && has(shape, rest))
        }
        // How lists and maps are nested depends on who wrote the file: all of them is read.
        _ => true,
    }
}

/// The fields with views in the place of texts and bytes.
fn viewed(fields: &Fields) -> Fields {
    fields.iter().map(view).collect()
}

fn view(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        DataType::Struct(fields) => DataType::Struct(viewed(fields)),
        DataType::List(item) => DataType::List(view(item)),
        DataType::Map(entries, is_sorted) => DataType::Map(view(entries), *is_sorted),
        _ => return Arc::clone(field),
    };
    Arc::new(Field::clone(field).with_data_type(data_type))
}
