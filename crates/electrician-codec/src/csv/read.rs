//! Rows to records.

use std::fmt;

use csv::ByteRecord;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use electrician_types::{BoxError, Decoder};
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
    reader: Reader,
    row: ByteRecord,
    header: Option<ByteRecord>,
    has_header: bool,
    width: Option<usize>,
    text: Vec<u8>,
    ends: Vec<usize>,
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
            reader: reader(b','),
            row: ByteRecord::new(),
            header: None,
            has_header: true,
            width: None,
            text: Vec::new(),
            ends: Vec::new(),
        };
        Self { frames: Frames::new(CsvRows::new(), limits), fields }
    }

    /// With `delimiter` between fields.
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.frames = Frames::new(CsvRows::with_delimiter(delimiter), *self.frames.limits());
        self.fields.reader = reader(delimiter);
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
        renew(&mut self.fields.reader);
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

fn reader(delimiter: u8) -> Reader {
    // Rows come without their end, and get this one.
    let terminator = Terminator::Any(b'\n');
    let mut reader = ReaderBuilder::new().delimiter(delimiter).terminator(terminator).build();
    renew(&mut reader);
    reader
}

/// Begins anew, behind an empty line: `csv-core` would take a byte order mark from the first row, and
/// the rows have let go of theirs.
fn renew(reader: &mut Reader) {
    reader.reset();
    let _ = reader.read_record(b"\n", &mut [0], &mut [0]);
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

    fn split(&mut self, bytes: &[u8]) {
        // Unescaping never makes a row longer, and a field needs a byte, but for the last one.
        self.text.resize(bytes.len() + 1, 0);
        self.ends.resize(bytes.len() + 2, 0);
        self.row.clear();
        let (mut text, mut ends, mut is_read) = (0, 0, false);
        for input in [bytes, b"\n"] {
            let (result, _, written, ended) =
                self.reader.read_record(input, &mut self.text[text..], &mut self.ends[ends..]);
            text += written;
            ends += ended;
            is_read = matches!(result, ReadRecordResult::Record);
        }
        debug_assert!(is_read, "there was room, and a row ends with its line");
        let mut start = 0;
        for &end in &self.ends[..ends] {
            self.row.push_field(&self.text[start..end]);
            start = end;
        }
    }
}
