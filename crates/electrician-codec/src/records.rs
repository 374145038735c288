//! The records of a reader.

use std::fmt;
use std::io::{ErrorKind, Read};
use std::marker::PhantomData;

use electrician_types::{Decoder, Error, Result};

/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// The records of a [`Read`]er, as an iterator.
///
/// A record that cannot be read is an error in its place, and the next one follows. The iterator
/// ends at the end of the reader, after an error of the reader, and when the place of the next
/// record is lost. An interrupted read is tried again.
pub struct Records<R, D, T> {
    reader: R,
    decoder: D,
    chunk: Box<[u8]>,
    start: usize,
    end: usize,
    is_done: bool,
    record: PhantomData<fn() -> T>,
}

// === impl Records ===

impl<R: Read, D: Decoder<T>, T> Records<R, D, T> {
    /// The records that `decoder` finds in `reader`. It reads 64 KiB at a time: no other buffer is
    /// needed.
    pub fn new(reader: R, decoder: D) -> Self {
        let chunk = vec![0; CHUNK].into();
        Self { reader, decoder, chunk, start: 0, end: 0, is_done: false, record: PhantomData }
    }

    fn read(&mut self) -> Result<Option<T>> {
        loop {
            let mut input = &self.chunk[self.start..self.end];
            let record = self.decoder.decode(&mut input);
            self.start = self.end - input.len();
            match record {
                Ok(None) => {}
                Ok(record) => return Ok(record),
                Err(error) => {
                    self.is_done = self.decoder.is_broken();
                    return Err(Error::failed(error));
                }
            }
            self.start = 0;
            self.end = 0;
            match self.reader.read(&mut self.chunk) {
                Ok(0) => {
                    self.is_done = true;
                    return self.decoder.finish().map_err(Error::failed);
                }
                Ok(read) => self.end = read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.is_done = true;
                    return Err(error.into());
                }
            }
        }
    }
}

impl<R: Read, D: Decoder<T>, T> Iterator for Records<R, D, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        if self.is_done { None } else { self.read().transpose() }
    }
}

impl<R, D, T> fmt::Debug for Records<R, D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("unread", &(self.end - self.start))
            .field("done", &self.is_done)
            .finish_non_exhaustive()
    }
}
