//! One record and nothing else.

use crate::{CodecError, Framing, Limits, Scan};

/// The whole stream is one record, also when it is empty. A second record cannot be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    has_record: bool,
}

// === impl Whole ===

impl Whole {
    /// For one stream after the other.
    pub const fn new() -> Self {
        Self { has_record: false }
    }
}

impl Framing for Whole {
    fn begin(&mut self, _: &mut Vec<u8>) {
        self.has_record = false;
    }

    fn close(&mut self, _: usize, _: &mut Vec<u8>) -> Result<(), CodecError> {
        if self.has_record {
            let message = "the stream holds one record, this is the second: choose another framing";
            return Err(CodecError::unencodable("whole", message));
        }
        self.has_record = true;
        Ok(())
    }

    fn scan(&mut self, bytes: &[u8], _: &Limits) -> Result<Scan, CodecError> {
        Ok(Scan::keep(bytes.len()))
    }

    fn finish(&mut self, _: &[u8]) -> Result<bool, CodecError> {
        Ok(true)
    }

    fn reset(&mut self) {
        self.has_record = false;
    }
}
