//! Records behind lengths of as many bytes as they need.

use crate::{CodecError, Framing, Limits, Scan};

const FORMAT: &str = "varint prefix";

/// A record is behind its length in bytes, a base-128 number as protobuf has it: seven bits in each
/// byte, the lowest first, the eighth says that more follow.
///
/// A length above [`Limits::record_bytes`] breaks the stream at once: nothing is allocated for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VarintPrefix {
    len: u64,
    shift: u32,
    /// Bytes of the record that are still to come, once its length is there.
    missing: Option<usize>,
}

// === impl VarintPrefix ===

impl VarintPrefix {
    /// Lengths of up to 64 bits.
    pub const fn new() -> Self {
        Self { len: 0, shift: 0, missing: None }
    }

    /// Takes bytes of the length until it is whole, and says how many.
    fn head(&mut self, bytes: &[u8], limits: &Limits) -> Result<usize, CodecError> {
        for (index, &byte) in bytes.iter().enumerate() {
            let bits = u64::from(byte & 0x7f);
            if self.shift > 63 || (self.shift == 63 && byte > 1) {
                let message = "the length has more than 64 bits";
                return Err(CodecError::malformed(FORMAT, message));
            }
            self.len |= bits << self.shift;
            self.shift += 7;
            if byte < 0x80 {
                let len = usize::try_from(self.len).unwrap_or(usize::MAX);
                if len > limits.record_bytes {
                    let limit = format_args!("{} bytes", limits.record_bytes);
                    let what = format_args!("a length of {} bytes", self.len);
                    return Err(CodecError::too_large(FORMAT, what, limit));
                }
                self.missing = Some(len);
                return Ok(index + 1);
            }
        }
        Ok(bytes.len())
    }
}

impl Framing for VarintPrefix {
    fn close(&mut self, start: usize, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let mut len = (into.len() - start) as u64;
        let mut head = [0; 10];
        let mut used = 0;
        for byte in &mut head {
            used += 1;
            // The lowest seven bits.
            *byte = len.to_le_bytes()[0] & 0x7f;
            len >>= 7;
            if len == 0 {
                break;
            }
            *byte |= 0x80;
        }
        let end = into.len();
        into.extend_from_slice(&head[..used]);
        into.copy_within(start..end, start + used);
        into[start..start + used].copy_from_slice(&head[..used]);
        Ok(())
    }

    fn scan(&mut self, bytes: &[u8], limits: &Limits) -> Result<Scan, CodecError> {
        let skip = if self.missing.is_none() { self.head(bytes, limits)? } else { 0 };
        let Some(missing) = self.missing else { return Ok(Scan::skip(skip)) };
        let keep = missing.min(bytes.len() - skip);
        let is_whole = keep == missing;
        if is_whole {
            self.reset();
        } else {
            self.missing = Some(missing - keep);
        }
        Ok(Scan { skip, keep, is_whole, ..Scan::default() })
    }

    fn finish(&mut self, kept: &[u8]) -> Result<bool, CodecError> {
        match (self.missing, self.shift) {
            (Some(missing), _) => {
                let had = kept.len();
                let message = format!("the record has {had} of {} bytes", had + missing);
                Err(CodecError::truncated(FORMAT, message))
            }
            (None, 0) => Ok(false),
            (None, _) => Err(CodecError::truncated(FORMAT, "the length is not whole")),
        }
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
