//! Outputs as JSON.

use std::fmt;

use electrician_types::{BoxError, Encoder, Item};
use serde::Serialize;

use crate::output::Output;

/// One JSON value per line.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonLines;

/// One JSON array of all values: `[` at the start of the run, `]` at its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonArray {
    has_values: bool,
}

/// A value could not be encoded: see [`Output::collect_json_array`]. Nothing is lost.
#[derive(thiserror::Error)]
#[error("a value cannot be written as JSON: {error}")]
pub struct BrokenArray<T> {
    /// The array of the values before it, which were acknowledged.
    pub array: String,
    /// The item, with its receipt still open.
    pub item: Item<T>,
    /// What follows.
    pub rest: Output<T>,
    /// Why it could not be encoded.
    #[source]
    pub error: BoxError,
}

// === impl JsonLines ===

impl<T: Serialize> Encoder<T> for JsonLines {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), BoxError> {
        serde_json::to_writer(&mut *into, record)?;
        into.push(b'\n');
        Ok(())
    }
}

// === impl JsonArray ===

impl JsonArray {
    /// An array of whatever follows.
    pub const fn new() -> Self {
        Self { has_values: false }
    }
}

impl<T: Serialize> Encoder<T> for JsonArray {
    fn begin(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        self.has_values = false;
        into.push(b'[');
        Ok(())
    }

    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), BoxError> {
        if self.has_values {
            into.push(b',');
        }
        serde_json::to_writer(&mut *into, record)?;
        self.has_values = true;
        Ok(())
    }

    fn end(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        into.push(b']');
        Ok(())
    }
}

// === impl Output ===

impl<T: Serialize> Output<T> {
    /// Reads until the run is over and gives everything as one JSON array, `[]` when there was
    /// nothing. Memory grows with what is read: for large outputs use an encoder sink.
    ///
    /// Each item is acknowledged once its text is in the array. If a value cannot be encoded, the
    /// error gives back that item, the array of those before it, and the output with what follows.
    ///
    /// Cancelling this loses the text so far. Where it may be cancelled, use
    /// [`collect_into`](Self::collect_into) and encode what was read, or an encoder sink.
    pub async fn collect_json_array(mut self) -> Result<String, Box<BrokenArray<T>>> {
        let mut encoder = JsonArray::new();
        let mut array = vec![b'['];
        while let Some(item) = self.recv_item().await {
            let whole = array.len();
            if let Err(error) = encoder.encode(item.value(), &mut array) {
                array.truncate(whole);
                let array = ended(array);
                return Err(Box::new(BrokenArray { array, item, rest: self, error }));
            }
            item.accept();
        }
        Ok(ended(array))
    }
}

fn ended(mut array: Vec<u8>) -> String {
    array.push(b']');
    // JSON is UTF-8: there is nothing to replace.
    String::from_utf8(array)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

// === impl BrokenArray ===

impl<T> fmt::Debug for BrokenArray<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokenArray")
            .field("array", &self.array)
            .field("rest", &self.rest)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
