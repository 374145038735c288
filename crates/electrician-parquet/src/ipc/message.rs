//! The messages of Arrow IPC, one at a time, none larger than allowed.

use std::io::{self, Read};

use arrow_ipc::{MessageHeader, RecordBatch, root_as_message};

use crate::{FileLimits, ParquetError};

/// What stands before the size of a message.
const MARK: [u8; 4] = [0xff; 4];

/// What a file begins with; the stream comes after it.
const MAGIC: &[u8; 8] = b"ARROW1\0\0";

/// At most so many times four zeros come after it, to align what follows.
const PADDING: usize = 32;

/// Claims of compressed buffers up to here need no reason.
const FREE: i64 = 16 << 20;

/// A larger claim needs a compressed byte for so many.
const RATIO: i64 = 1 << 14;

/// Cuts a stream, or a file, into messages.
pub(super) struct Messages<R> {
    input: R,
    limits: FileLimits,
    is_begun: bool,
}

// === impl Messages ===

impl<R: Read> Messages<R> {
    pub(super) const fn new(input: R, limits: FileLimits) -> Self {
        Self { input, limits, is_begun: false }
    }

    /// The next message with its size and its body, none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, ParquetError> {
        let mut message = Vec::new();
        if !std::mem::replace(&mut self.is_begun, true) {
            self.read(8, &mut message)?;
            if message == MAGIC {
                self.padding(&mut message)?;
            }
        }
        if message.len() < 4 {
            self.read(4, &mut message)?;
        }
        if message.is_empty() {
            return Ok(None);
        }
        if message.starts_with(&MARK) && message.len() < 8 {
            self.read(4, &mut message)?;
        }
        // Before version 0.15 there was no mark.
        let at = if message.starts_with(&MARK) { 4 } else { 0 };
        let Some(size) = message.get(at..at + 4) else {
            return Err(cut("the size of a message"));
        };
        let size = size.iter().rev().fold(0_u32, |size, byte| size << 8 | u32::from(*byte));
        if size == 0 {
            return Ok(None);
        }
        let limit = self.limits.page_bytes;
        let wanted = usize::try_from(size).unwrap_or(usize::MAX);
        if wanted > limit {
            return Err(ParquetError::too_large(format!("a message of {size} bytes"), limit));
        }
        let start = at + 4;
        self.read_all(wanted - (message.len() - start).min(wanted), &mut message, "a message")?;
        let body = self.body(&message[start..])?;
        self.read_all(body, &mut message, "the body of a message")?;
        self.check(&message[start..])?;
        Ok(Some(message))
    }

    /// Passes over the zeros after the magic of a file; `message` has the first bytes that are none.
    fn padding(&mut self, message: &mut Vec<u8>) -> Result<(), ParquetError> {
        for _ in 0..PADDING {
            message.clear();
            if self.read(4, message)? < 4 || message[..] != [0; 4] {
                return Ok(());
            }
        }
        Err(cut("the padding of a file"))
    }

    /// The size of the body.
    fn body(&self, message: &[u8]) -> Result<usize, ParquetError> {
        let message = root_as_message(message).map_err(damaged)?;
        let size = usize::try_from(message.bodyLength()).map_err(damaged)?;
        let limit = self.limits.page_bytes;
        if size > limit {
            return Err(ParquetError::too_large(format!("a body of {size} bytes"), limit));
        }
        Ok(size)
    }

    /// What compressed buffers, and rows without any, claim to become.
    fn check(&self, bytes: &[u8]) -> Result<(), ParquetError> {
        let message = root_as_message(bytes).map_err(damaged)?;
        let size = usize::try_from(message.bodyLength()).map_err(damaged)?;
        let body = &bytes[bytes.len() - size..];
        let batch = match message.header_type() {
            MessageHeader::RecordBatch => message.header_as_record_batch(),
            MessageHeader::DictionaryBatch => {
                message.header_as_dictionary_batch().and_then(|batch| batch.data())
            }
            _ => None,
        };
        batch.map_or(Ok(()), |batch| self.check_batch(batch, body))
    }

    fn check_batch(&self, batch: RecordBatch<'_>, body: &[u8]) -> Result<(), ParquetError> {
        let rows = self.limits.list_values;
        if u64::try_from(batch.length()).map_err(damaged)? > rows {
            return Err(ParquetError::too_large(
                format!("a batch of {} rows", batch.length()),
                rows,
            ));
        }
        if batch.compression().is_none() {
            return Ok(());
        }
        let (mut total, limit) = (0_i64, self.limits.row_group_bytes);
        for buffer in batch.buffers().into_iter().flatten() {
            let start = usize::try_from(buffer.offset()).map_err(damaged)?;
            let Some(claim) = body.get(start..).and_then(|rest| rest.first_chunk::<8>()) else {
                // The decoder says what is wrong with a buffer that is not there.
                continue;
            };
            let claim = i64::from_le_bytes(*claim);
            if claim > FREE.max(buffer.length().saturating_mul(RATIO)) {
                let what = format!("a buffer that claims {claim} bytes of {}", buffer.length());
                return Err(ParquetError::too_large(what, format!("{RATIO} to 1")));
            }
            total = total.saturating_add(claim.max(0));
            if total.cast_unsigned() > limit {
                return Err(ParquetError::too_large(format!("a batch of {total} bytes"), limit));
            }
        }
        Ok(())
    }

    /// Reads up to `size` bytes; memory follows what arrives.
    fn read(&mut self, size: usize, into: &mut Vec<u8>) -> Result<usize, ParquetError> {
        let read = self.input.by_ref().take(size as u64).read_to_end(into);
        read.map_err(|error: io::Error| ParquetError::io("reading Arrow IPC", error))
    }

    fn read_all(
        &mut self,
        size: usize,
        into: &mut Vec<u8>,
        what: &str,
    ) -> Result<(), ParquetError> {
        if self.read(size, into)? == size { Ok(()) } else { Err(cut(what)) }
    }
}

fn cut(what: &str) -> ParquetError {
    ParquetError::malformed(format!("the stream ends within {what}"))
}

fn damaged(error: impl std::fmt::Display) -> ParquetError {
    ParquetError::malformed(format!("the stream is damaged: {error}"))
}
