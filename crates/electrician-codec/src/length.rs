//! Records behind their lengths.

use crate::{CodecError, Framing, Limits, Scan};

/// A record is behind its length in bytes, a number of four bytes.
///
/// A length above [`Limits::record_bytes`] breaks the stream at once: nothing is allocated for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LengthPrefix {
    order: ByteOrder,
    refuses_empty: bool,
    head: [u8; 4],
    head_len: usize,
    /// Bytes of the record that are still to come, once its head is there.
    missing: Option<usize>,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrder {
    /// The highest, as networks do.
    #[default]
    BigEndian,
    /// The lowest.
    LittleEndian,
}

// === impl LengthPrefix ===

impl LengthPrefix {
    /// Lengths in network order.
    pub const fn new() -> Self {
        Self {
            order: ByteOrder::BigEndian,
            refuses_empty: false,
            head: [0; 4],
            head_len: 0,
            missing: None,
        }
    }

    /// With the bytes of the length in `order`.
    pub const fn with_order(mut self, order: ByteOrder) -> Self {
        self.order = order;
        self
    }

    /// Takes a length of zero for an error, and does not write an empty record.
    pub const fn refusing_empty(mut self) -> Self {
        self.refuses_empty = true;
        self
    }

    fn empty(kind: fn(&'static str, &'static str) -> CodecError) -> CodecError {
        kind("length prefix", "the length is 0, a record has at least one byte")
    }
}

impl Framing for LengthPrefix {
    fn open(&mut self, into: &mut Vec<u8>) {
        into.extend_from_slice(&[0; 4]);
    }

    fn close(&mut self, start: usize, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let len = into.len() - start;
        if len == 0 && self.refuses_empty {
            return Err(Self::empty(CodecError::unencodable));
        }
        let Ok(len) = u32::try_from(len) else {
            let message = format!("a record of {len} bytes has no length of four bytes");
            return Err(CodecError::unencodable("length prefix", message));
        };
        let head = match self.order {
            ByteOrder::BigEndian => len.to_be_bytes(),
            ByteOrder::LittleEndian => len.to_le_bytes(),
        };
        into[start - 4..start].copy_from_slice(&head);
        Ok(())
    }

    fn scan(&mut self, bytes: &[u8], limits: &Limits) -> Result<Scan, CodecError> {
        let mut skip = 0;
        let missing = if let Some(missing) = self.missing {
            missing
        } else {
            skip = bytes.len().min(4 - self.head_len);
            self.head[self.head_len..self.head_len + skip].copy_from_slice(&bytes[..skip]);
            self.head_len += skip;
            if self.head_len < 4 {
                return Ok(Scan::skip(skip));
            }
            let len = match self.order {
                ByteOrder::BigEndian => u32::from_be_bytes(self.head),
                ByteOrder::LittleEndian => u32::from_le_bytes(self.head),
            };
            if len == 0 && self.refuses_empty {
                return Err(Self::empty(CodecError::malformed));
            }
            match usize::try_from(len) {
                Ok(len) if len <= limits.record_bytes => len,
                _ => {
                    let limit = format_args!("{} bytes", limits.record_bytes);
                    let what = format_args!("a length of {len} bytes");
                    return Err(CodecError::too_large("length prefix", what, limit));
                }
            }
        };
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
        match (self.missing, self.head_len) {
            (Some(missing), _) => {
                let had = kept.len();
                let message = format!("the record has {had} of {} bytes", had + missing);
                Err(CodecError::truncated("length prefix", message))
            }
            (None, 0) => Ok(false),
            (None, had) => {
                let message = format!("the length has {had} of 4 bytes");
                Err(CodecError::truncated("length prefix", message))
            }
        }
    }

    fn reset(&mut self) {
        self.head_len = 0;
        self.missing = None;
    }
}
