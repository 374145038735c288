//! JSON, by serde.

mod array;
mod scan;
mod values;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use array::JsonArray;
pub use values::JsonValues;

use crate::{CodecError, CodecErrorKind, Decode, Encode, Limits};

const FORMAT: &str = "json";

/// How deep `serde_json` goes.
const DEPTH: usize = 128;

/// A record is a JSON value, as its serde implementation says, compact.
///
/// With [`Lines`](crate::Lines) it is NDJSON, with [`JsonArray`] one array of all records, with
/// [`JsonValues`] one value after the other, with [`Whole`](crate::Whole) a document.
///
/// Values nest up to [`Limits::depth`], at most 128. A number that is not finite is written as
/// `null`, as `serde_json` does. The memory of a decoded record is bounded by the type and
/// [`Limits::record_bytes`]: nothing in JSON claims a length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json;

// === impl Json ===

impl<T: Serialize + ?Sized> Encode<T> for Json {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        serde_json::to_writer(into, record)
            .map_err(|error| CodecError::unencodable(FORMAT, error.to_string()).with_source(error))
    }
}

impl<T: DeserializeOwned> Decode<T> for Json {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<T, CodecError> {
        check_depth(bytes, limits)?;
        serde_json::from_slice(bytes).map_err(|error| malformed(error, bytes))
    }
}

/// `serde_json` checks its own bound: only a tighter one is looked at.
pub(crate) fn check_depth(bytes: &[u8], limits: &Limits) -> Result<(), CodecError> {
    if limits.depth >= DEPTH || scan::depth(bytes) <= limits.depth {
        return Ok(());
    }
    let limit = format_args!("{} levels", limits.depth);
    Err(CodecError::too_large(FORMAT, "the nesting", limit))
}

pub(crate) fn malformed(error: serde_json::Error, bytes: &[u8]) -> CodecError {
    let kind = match error.classify() {
        serde_json::error::Category::Eof => CodecErrorKind::Truncated,
        _ => CodecErrorKind::Malformed,
    };
    let offset = offset(bytes, error.line(), error.column());
    CodecError::new(kind, FORMAT, error.to_string()).at(offset).with_source(error)
}

/// The place of a line and a column, which count from one. Column zero is the end of the line before.
fn offset(bytes: &[u8], line: usize, column: usize) -> u64 {
    let start = match line {
        0 | 1 => 0,
        _ => memchr::memchr_iter(b'\n', bytes).nth(line - 2).map_or(0, |place| place + 1),
    };
    (start + column).saturating_sub(1) as u64
}
