//! Outputs as JSON.

use electrician_types::{BoxError, Encoder};
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
    pub async fn collect_json_array(mut self) -> Result<String, BoxError> {
        let mut encoder = JsonArray::new();
        let mut array = Vec::new();
        Encoder::<T>::begin(&mut encoder, &mut array)?;
        while let Some(value) = self.recv().await {
            encoder.encode(&value, &mut array)?;
        }
        Encoder::<T>::end(&mut encoder, &mut array)?;
        Ok(String::from_utf8(array)?)
    }
}
