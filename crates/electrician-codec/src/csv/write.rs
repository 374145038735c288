//! Records to rows.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use csv::{Writer, WriterBuilder};
use electrician_types::{BoxError, Encoder};
use serde::Serialize;

use super::FORMAT;
use crate::CodecError;

/// Writes records as rows, which end with a line feed.
///
/// A header with the names of the fields comes before the first row, unless that is turned off, or
/// the records are no structs. Where there is no record, there is no header. Fields are quoted where
/// they need it. Records are flat: a struct within a struct, or a map, is an error.
pub struct CsvEncoder {
    delimiter: u8,
    has_header: bool,
    /// Whether the next row comes after a header, or needs none.
    is_begun: bool,
    writer: Option<Writer<Shared>>,
    written: Shared,
}

/// What a writer wrote. Never contended: the lock lets its owner look at it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

// === impl CsvEncoder ===

impl CsvEncoder {
    /// Rows of fields with commas between them, behind a header.
    pub fn new() -> Self {
        let written = Shared::default();
        Self { delimiter: b',', has_header: true, is_begun: false, writer: None, written }
    }

    /// With `delimiter` between fields.
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Without a header.
    pub fn without_header(mut self) -> Self {
        self.has_header = false;
        self
    }

    /// Appends one row, behind the header if it is the first. Leaves `into` as it was if that fails.
    pub fn encode<T: Serialize + ?Sized>(
        &mut self,
        record: &T,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        self.written.with(Vec::clear);
        let (delimiter, has_header) = (self.delimiter, self.has_header && !self.is_begun);
        let written = self.written.clone();
        let writer = self.writer.get_or_insert_with(|| {
            WriterBuilder::new().delimiter(delimiter).has_headers(has_header).from_writer(written)
        });
        let done = writer.serialize(record).and_then(|()| Ok(writer.flush()?));
        if let Err(error) = done {
            // It may hold half a row: it is not asked again.
            if let Some(writer) = self.writer.take() {
                drop(writer.into_inner());
            }
            return Err(CodecError::unencodable(FORMAT, error.to_string()).with_source(error));
        }
        self.is_begun = true;
        self.written.with(|bytes| into.extend_from_slice(bytes));
        Ok(())
    }
}

impl Default for CsvEncoder {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Serialize> Encoder<T> for CsvEncoder {
    fn begin(&mut self, _: &mut Vec<u8>) -> Result<(), BoxError> {
        self.is_begun = false;
        self.writer = None;
        Ok(())
    }

    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), BoxError> {
        Ok(self.encode(record, into)?)
    }
}

impl fmt::Debug for CsvEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvEncoder")
            .field("delimiter", &char::from(self.delimiter))
            .field("has_header", &self.has_header)
            .field("is_begun", &self.is_begun)
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    fn with<R>(&self, act: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|written| written.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
