//! How files are written.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use parquet::basic::{BrotliLevel, Compression as Codec, GzipLevel, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use crate::ParquetError;

/// How many values are encoded between two looks at the size of a page: all of a batch, which takes
/// 7 % less time than the 1024 that the format's crate looks at by itself. Long texts are counted by
/// their bytes anyway.
const ENCODED_TOGETHER: usize = 8192;

/// How pages are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// As they are.
    None,
    /// Fast, and known to every reader.
    Snappy,
    /// With a level from 0 to 9.
    Gzip(u32),
    /// LZ4 blocks: the fastest.
    #[default]
    Lz4Raw,
    /// With a level from 1 to 22.
    Zstd(i32),
    /// With a level from 0 to 11.
    Brotli(u32),
}

/// For what smallest and largest values are kept, by which readers skip what they do not want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Statistics {
    /// For nothing.
    None,
    /// For each column of a row group.
    #[default]
    RowGroup,
    /// For each page, too.
    Page,
}

/// The settings of a file of Parquet.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until a writer gets them"]
pub struct WriteOptions {
    compression: Compression,
    statistics: Statistics,
    has_dictionary: bool,
    bloom_filters: Vec<(String, f64)>,
    metadata: Vec<(String, String)>,
    schema: Option<SchemaRef>,
    pub(crate) row_group_rows: usize,
    pub(crate) row_group_bytes: usize,
    pub(crate) batch_rows: usize,
    pub(crate) batch_bytes: usize,
}

// === impl WriteOptions ===

impl WriteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            compression: Compression::default(),
            statistics: Statistics::default(),
            has_dictionary: true,
            bloom_filters: Vec::new(),
            metadata: Vec::new(),
            schema: None,
            row_group_rows: 1 << 20,
            row_group_bytes: 128 << 20,
            batch_rows: 8192,
            batch_bytes: 8 << 20,
        }
    }

    /// Sets how pages are compressed. Default: [`Compression::Lz4Raw`].
    pub const fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets for what statistics are kept. Default: [`Statistics::RowGroup`].
    pub const fn with_statistics(mut self, statistics: Statistics) -> Self {
        self.statistics = statistics;
        self
    }

    /// Sets whether values that repeat are written once and referred to. Default: yes; a column
    /// whose values turn out to differ goes on without.
    pub const fn with_dictionary(mut self, has_dictionary: bool) -> Self {
        self.has_dictionary = has_dictionary;
        self
    }

    /// Adds a Bloom filter for a column, by the path of its name (`route.origin` in a group), by
    /// which readers know that a value is not there. `false_positives` is the share of wrong
    /// guesses, between 0 and 1. Default: none.
    pub fn with_bloom_filter(mut self, column: impl Into<String>, false_positives: f64) -> Self {
        self.bloom_filters.push((column.into(), false_positives));
        self
    }

    /// Adds a key and a value to the file's metadata.
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.push((key.into(), value.into()));
        self
    }

    /// Sets how many rows a row group has at most. Default: 1,048,576.
    pub const fn with_row_group_rows(mut self, rows: usize) -> Self {
        self.row_group_rows = rows;
        self
    }

    /// Sets how many encoded bytes a row group has at most, about; this bounds the memory of the
    /// writer. Default: 128 MiB.
    pub const fn with_row_group_bytes(mut self, bytes: usize) -> Self {
        self.row_group_bytes = bytes;
        self
    }

    /// Sets how many rows are gathered before they are encoded together. Default: 8192, or 8 MiB of
    /// them if that comes first.
    pub const fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows;
        self
    }

    /// Sets the columns, instead of those that [`schema_of`](crate::schema_of) finds: for numbers
    /// that mean dates, for types without columns of their own, for less than all columns there
    /// could be. Each field of a record must have a column.
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    pub(crate) fn schema(&self) -> Option<SchemaRef> {
        self.schema.as_ref().map(Arc::clone)
    }

    pub(crate) fn properties(&self) -> Result<WriterProperties, ParquetError> {
        let mut problems = Vec::new();
        for (name, value) in [
            ("row group rows", self.row_group_rows),
            ("row group bytes", self.row_group_bytes),
            ("batch rows", self.batch_rows),
        ] {
            if value == 0 {
                problems.push(format!("{name} are 0, but must be at least 1"));
            }
        }
        for (column, share) in &self.bloom_filters {
            if !(*share > 0.0 && *share < 1.0) {
                problems.push(format!("the Bloom filter of {column} may be wrong in {share} of all cases, but must in more than 0 and less than 1"));
            }
        }
        let codec = self.compression.codec().unwrap_or_else(|problem| {
            problems.push(problem);
            Codec::UNCOMPRESSED
        });
        if !problems.is_empty() {
            return Err(ParquetError::config(problems.join("; ")));
        }
        let statistics = match self.statistics {
            Statistics::None => EnabledStatistics::None,
            Statistics::RowGroup => EnabledStatistics::Chunk,
            Statistics::Page => EnabledStatistics::Page,
        };
        let metadata =
            self.metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let metadata: Vec<KeyValue> = metadata.collect();
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("electrician ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_compression(codec)
            .set_statistics_enabled(statistics)
            .set_dictionary_enabled(self.has_dictionary)
            .set_write_batch_size(ENCODED_TOGETHER)
            .set_max_row_group_row_count(Some(self.row_group_rows))
            .set_max_row_group_bytes(Some(self.row_group_bytes))
            .set_key_value_metadata((!metadata.is_empty()).then_some(metadata));
        for (column, share) in &self.bloom_filters {
            let path = ColumnPath::new(column.split('.').map(str::to_owned).collect());
            properties = properties
                .set_column_bloom_filter_enabled(path.clone(), true)
                .set_column_bloom_filter_fpp(path, *share);
        }
        Ok(properties.build())
    }
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Compression ===

impl Compression {
    fn codec(self) -> Result<Codec, String> {
        let wrong = |level: String, range: &str| {
            format!("the level of {self:?} is {level}, but must be {range}")
        };
        Ok(match self {
            Self::None => Codec::UNCOMPRESSED,
            Self::Snappy => Codec::SNAPPY,
            Self::Gzip(level @ 0..=9) => Codec::GZIP(
                GzipLevel::try_new(level).map_err(|_| wrong(level.to_string(), "0 to 9"))?,
            ),
            Self::Gzip(level) => return Err(wrong(level.to_string(), "0 to 9")),
            Self::Lz4Raw => Codec::LZ4_RAW,
            Self::Zstd(level) => Codec::ZSTD(
                ZstdLevel::try_new(level).map_err(|_| wrong(level.to_string(), "1 to 22"))?,
            ),
            Self::Brotli(level) => Codec::BROTLI(
                BrotliLevel::try_new(level).map_err(|_| wrong(level.to_string(), "0 to 11"))?,
            ),
        })
    }
}
