//! Rows to records.

use std::fmt;

use csv::ByteRecord;
use electrician_types::{BoxError, Decoder};
use memchr::memchr;
use serde::de::DeserializeOwned;

use super::{CsvRows, FORMAT};
use crate::{CodecError, Frames, Limits};

/// Reads records out of rows.
///
/// The first row names the fields, unless that is turned off: then records are tuples, or structs by
/// position. A byte order mark before it is passed over. Every row has as many fields as the first. A row that is wrong is an error in its
/// place, and the next one follows.
pub struct CsvDecoder {
    frames: Frames<CsvRows>,
    fields: Fields,
}

struct Fields {
    delimiter: u8,
    row: ByteRecord,
    header: Option<ByteRecord>,
    has_header: bool,
    width: Option<usize>,
    /// A field without its quotes.
    text: Vec<u8>,
}

// === impl CsvDecoder ===

impl CsvDecoder {
    /// Rows of fields with commas between them, behind a header.
    pub fn new() -> Self {
        Self::with_limits(Limits::DEFAULT)
    }

    /// The same, within `limits`.
    pub fn with_limits(limits: Limits) -> Self {
        let fields = Fields {
            delimiter: b',',
            row: ByteRecord::new(),
            header: None,
            has_header: true,
            width: None,
            text: Vec::new(),
        };
        Self { frames: Frames::new(CsvRows::new(), limits), fields }
    }

    /// With `delimiter` between fields.
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.frames = Frames::new(CsvRows::with_delimiter(delimiter), *self.frames.limits());
        self.fields.delimiter = delimiter;
        self
    }

    /// Without a header: the first row is a record.
    pub const fn without_header(mut self) -> Self {
        self.fields.has_header = false;
        self
    }

    /// The next record, as [`Decoder::decode`] gives it.
    pub fn decode<T: DeserializeOwned>(
        &mut self,
        input: &mut &[u8],
    ) -> Result<Option<T>, CodecError> {
        loop {
            let Some(bytes) = self.frames.next(input)? else { return Ok(None) };
            let record = self.fields.record(bytes);
            let offset = self.frames.offset();
            if let Some(record) = record.map_err(|error| error.at(offset))? {
                return Ok(Some(record));
            }
        }
    }

    /// The last record, as [`Decoder::finish`] gives it.
    pub fn finish<T: DeserializeOwned>(&mut self) -> Result<Option<T>, CodecError> {
        let record = match self.frames.finish() {
            Ok(Some(bytes)) => self.fields.record(bytes),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.frames.reset();
        self.fields.header = None;
        self.fields.width = None;
        record
    }
}

impl Default for CsvDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: DeserializeOwned> Decoder<T> for CsvDecoder {
    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<T>, BoxError> {
        Ok(self.decode(input)?)
    }

    fn finish(&mut self) -> Result<Option<T>, BoxError> {
        Ok(self.finish()?)
    }

    fn is_broken(&self) -> bool {
        self.frames.is_broken()
    }
}

impl fmt::Debug for CsvDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvDecoder")
            .field("header", &self.fields.header)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

// === impl Fields ===

impl Fields {
    /// The record of a row, or nothing if that is the header.
    fn record<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> Result<Option<T>, CodecError> {
        self.split(bytes);
        let width = *self.width.get_or_insert(self.row.len());
        if self.row.len() != width {
            let had = self.row.len();
            let message = format!("the row has {had} fields, the first one has {width}");
            return Err(CodecError::malformed(FORMAT, message));
        }
        if self.has_header && self.header.is_none() {
            self.header = Some(self.row.clone());
            return Ok(None);
        }
        let record = self.row.deserialize(self.header.as_ref());
        record
            .map(Some)
            .map_err(|error| CodecError::malformed(FORMAT, error.to_string()).with_source(error))
    }

    fn split(&mut self, mut bytes: &[u8]) {
        self.row.clear();
        loop {
            let len = if let Some((b'"', quoted)) = bytes.split_first() {
                let len = 1 + unquote(quoted, self.delimiter, &mut self.text);
                self.row.push_field(&self.text);
                len
            } else {
                let len = memchr(self.delimiter, bytes).unwrap_or(bytes.len());
                self.row.push_field(&bytes[..len]);
                len
            };
            let Some(rest) = bytes.get(len + 1..) else { return };
            bytes = rest;
        }
    }
}

/// The field that `bytes` begin with, whose opening quote is before them: its text, and how many
/// bytes it has. What stands between its closing quote and the delimiter belongs to it.
fn unquote(bytes: &[u8], delimiter: u8, text: &mut Vec<u8>) -> usize {
    text.clear();
    let mut rest = bytes;
    while let Some(quote) = memchr(b'"', rest) {
        text.extend_from_slice(&rest[..quote]);
        rest = &rest[quote + 1..];
        let Some(after) = rest.strip_prefix(b"\"") else { break };
        text.push(b'"');
        rest = after;
    }
    let len = memchr(delimiter, rest).unwrap_or(rest.len());
    text.extend_from_slice(&rest[..len]);
    bytes.len() - rest.len() + len
}
