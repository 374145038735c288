//! Arrow IPC into records.

use std::fmt;
use std::io::Read;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use serde::de::DeserializeOwned;

use super::message::Messages;
use crate::caught::caught;
use crate::{FileLimits, ParquetError, Rows};

/// A message without content, which ends a stream.
const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Reads the records of Arrow IPC, a stream or a file, one after the other.
///
/// A file is read from its begin to its end, as the stream that it holds. Memory is bounded by a
/// batch. After an error there is nothing more, except for a row that is no record
/// ([`Record`](crate::ParquetErrorKind::Record)).
pub struct IpcReader<T, R> {
    messages: Messages<R>,
    decoder: StreamDecoder,
    /// What the decoder has not taken yet.
    pending: Buffer,
    rows: Option<Rows<T>>,
    is_done: bool,
}

// === impl IpcReader ===

impl<T: DeserializeOwned, R: Read> IpcReader<T, R> {
    /// A reader of `input`; give it a buffer if each read costs.
    pub fn new(input: R) -> Result<Self, ParquetError> {
        Self::with_limits(input, FileLimits::DEFAULT)
    }

    /// As [`new`](Self::new), with other limits than the defaults.
    pub fn with_limits(input: R, limits: FileLimits) -> Result<Self, ParquetError> {
        Ok(Self {
            messages: Messages::new(input, limits),
            decoder: StreamDecoder::new(),
            pending: Buffer::from(&[]),
            rows: None,
            is_done: false,
        })
    }

    /// The next rows as columns, those of the current batch left out that came as records.
    pub fn next_batch(&mut self) -> Option<Result<RecordBatch, ParquetError>> {
        self.rows = None;
        if self.is_done {
            return None;
        }
        let next = caught(|| self.advance());
        self.is_done = !matches!(next, Ok(Some(_)));
        next.transpose()
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>, ParquetError> {
        loop {
            while !self.pending.is_empty() {
                if let Some(batch) = self.decoder.decode(&mut self.pending)? {
                    return Ok(Some(batch));
                }
            }
            match self.messages.next()? {
                Some(message) => self.pending = Buffer::from_vec(message),
                None => break,
            }
        }
        // A message without a body is only decoded when something comes after it.
        let mut end = Buffer::from(&END);
        let last = self.decoder.decode(&mut end)?;
        if last.is_none() && self.decoder.schema().is_none() {
            return Err(ParquetError::malformed("this is no Arrow IPC: it has no schema"));
        }
        Ok(last)
    }
}

impl<T: DeserializeOwned, R: Read> Iterator for IpcReader<T, R> {
    type Item = Result<T, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.rows.as_mut().and_then(Iterator::next) {
                return Some(record);
            }
            match self.next_batch()?.and_then(|batch| caught(|| Rows::new(&batch))) {
                Ok(rows) => self.rows = Some(rows),
                Err(error) => {
                    self.is_done = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl<T, R> fmt::Debug for IpcReader<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpcReader").field("is_done", &self.is_done).finish_non_exhaustive()
    }
}
