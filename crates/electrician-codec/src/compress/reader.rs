//! Decompression behind a reader.

use std::io::{self, BufRead, Read};

use super::{Compression, Decompressor, Progress};
use crate::{CodecErrorKind, Limits};

/// Bytes of each of the two buffers.
const BUFFER: usize = 32 * 1024;

/// Reads what another reader holds compressed, up to its end.
///
/// A [`CodecError`](crate::CodecError) comes as an [`io::Error`] of kind `UnexpectedEof` if the data
/// is truncated, and `InvalidData` else; it is the error's inner one. Data after the end of what is
/// compressed is an error.
#[derive(Debug)]
pub struct DecompressReader<R> {
    reader: R,
    decompressor: Decompressor,
    chunk: Vec<u8>,
    filled: usize,
    taken: usize,
    plain: Vec<u8>,
    given: usize,
    is_hungry: bool,
    has_ended: bool,
}

// === impl DecompressReader ===

impl<R: Read> DecompressReader<R> {
    /// Decompresses what `reader` reads, within `limits` for the whole.
    pub fn new(reader: R, compression: Compression, limits: Limits) -> Self {
        Self {
            reader,
            decompressor: Decompressor::new(compression).with_limits(limits),
            chunk: vec![0; BUFFER],
            filled: 0,
            taken: 0,
            plain: Vec::with_capacity(BUFFER),
            given: 0,
            is_hungry: true,
            has_ended: false,
        }
    }

    /// The reader beneath.
    pub fn into_reader(self) -> R {
        self.reader
    }

    fn fill(&mut self) -> io::Result<()> {
        self.plain.clear();
        self.given = 0;
        while self.plain.is_empty() && !self.has_ended {
            if self.is_hungry {
                // A failed read is no end: the next call tries again.
                self.filled = self.reader.read(&mut self.chunk)?;
                self.taken = 0;
                if self.filled == 0 {
                    self.has_ended = true;
                    return self.decompressor.finish().map_err(to_io);
                }
            }
            let mut rest = &self.chunk[self.taken..self.filled];
            let progress = self.decompressor.push(&mut rest, &mut self.plain);
            self.taken = self.filled - rest.len();
            self.is_hungry = progress.map_err(to_io)? == Progress::Hungry;
        }
        Ok(())
    }
}

impl<R: Read> BufRead for DecompressReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.given == self.plain.len() {
            self.fill()?;
        }
        Ok(&self.plain[self.given..])
    }

    fn consume(&mut self, amount: usize) {
        self.given = (self.given + amount).min(self.plain.len());
    }
}

impl<R: Read> Read for DecompressReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(into.len());
        into[..count].copy_from_slice(&ready[..count]);
        self.consume(count);
        Ok(count)
    }
}

fn to_io(error: crate::CodecError) -> io::Error {
    let kind = match error.kind() {
        CodecErrorKind::Truncated => io::ErrorKind::UnexpectedEof,
        _ => io::ErrorKind::InvalidData,
    };
    io::Error::new(kind, error)
}
