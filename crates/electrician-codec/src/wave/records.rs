//! One wave after the other.

use super::FORMAT;
use crate::{CodecError, Framing, Limits, Scan};

/// What is before the first count.
const HEAD: u64 = 44;

/// The sizes of what is counted: samples, digits, peaks.
const SIZES: [u64; 3] = [16, 1, 16];

/// Waves without anything between them: each says itself where it ends.
///
/// A count that makes a record larger than [`Limits::record_bytes`], or a negative one, breaks the
/// stream at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveRecords {
    /// Bytes up to the next count, or the end.
    missing: u64,
    count: [u8; 4],
    count_len: usize,
    /// How many counts have been read.
    counts: usize,
    /// All bytes of the record that are known of.
    total: u64,
    is_within: bool,
}

// === impl WaveRecords ===

impl WaveRecords {
    /// Waves of any size.
    pub const fn new() -> Self {
        Self {
            missing: HEAD,
            count: [0; 4],
            count_len: 0,
            counts: 0,
            total: HEAD + 12,
            is_within: false,
        }
    }

    /// A count is whole: as many bytes follow.
    fn counted(&mut self, limits: &Limits) -> Result<(), CodecError> {
        let count = i32::from_le_bytes(self.count);
        let Ok(count) = u64::try_from(count) else {
            return Err(CodecError::malformed(FORMAT, format!("a count is {count}")));
        };
        self.missing = count * SIZES[self.counts];
        self.total += self.missing;
        self.counts += 1;
        self.count_len = 0;
        if self.total > limits.record_bytes as u64 {
            let what = format_args!("a record of at least {} bytes", self.total);
            let limit = format_args!("{} bytes", limits.record_bytes);
            return Err(CodecError::too_large(FORMAT, what, limit));
        }
        Ok(())
    }
}

impl Default for WaveRecords {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing for WaveRecords {
    fn close(&mut self, _: usize, _: &mut Vec<u8>) -> Result<(), CodecError> {
        Ok(())
    }

    fn scan(&mut self, bytes: &[u8], limits: &Limits) -> Result<Scan, CodecError> {
        self.is_within = true;
        let mut place = 0;
        loop {
            let left = bytes.len() - place;
            let step = usize::try_from(self.missing).map_or(left, |missing| missing.min(left));
            place += step;
            self.missing -= step as u64;
            if self.missing == 0 && self.counts == SIZES.len() {
                self.reset();
                return Ok(Scan::whole(place, 0));
            }
            let Some(&byte) = bytes.get(place) else { return Ok(Scan::keep(place)) };
            self.count[self.count_len] = byte;
            self.count_len += 1;
            place += 1;
            if self.count_len == 4 {
                self.counted(limits)?;
            }
        }
    }

    fn finish(&mut self, kept: &[u8]) -> Result<bool, CodecError> {
        if !self.is_within {
            return Ok(false);
        }
        let message = format!("the input ends within a record, after {} bytes of it", kept.len());
        Err(CodecError::truncated(FORMAT, message))
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
