//! One JSON value after the other.

use super::scan::{Walk, blank};
use crate::{CodecError, Framing, Limits, Scan};

/// A record is a JSON value; white space may stand between two. A line feed is written after each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonValues {
    walk: Walk,
    is_within: bool,
}

// === impl JsonValues ===

impl JsonValues {
    /// Values of any kind.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Framing for JsonValues {
    fn close(&mut self, _: usize, into: &mut Vec<u8>) -> Result<(), CodecError> {
        into.push(b'\n');
        Ok(())
    }

    fn scan(&mut self, bytes: &[u8], _: &Limits) -> Result<Scan, CodecError> {
        let skip = if self.is_within { 0 } else { blank(bytes) };
        if skip == bytes.len() {
            return Ok(Scan::skip(skip));
        }
        let step = self.walk.over(&bytes[skip..]);
        self.is_within = !step.is_whole;
        Ok(Scan { skip, keep: step.taken, is_whole: step.is_whole, ..Scan::default() })
    }

    fn finish(&mut self, kept: &[u8]) -> Result<bool, CodecError> {
        // A number or a word ends here, anything else does not: its reader says what is missing.
        Ok(!kept.is_empty())
    }

    fn reset(&mut self) {
        *self = Self::default();
    }
}
