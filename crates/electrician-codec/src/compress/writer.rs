//! Compression in front of a writer.

use std::io::{self, Write};

use super::{Compression, Compressor};

/// Compresses what is written to it into another writer.
///
/// [`finish`](Self::finish) writes the end; a writer that is dropped without it leaves a stream that
/// readers find truncated (but for snappy, which has no end mark). After a failed write the output
/// is torn, so start a new one.
#[derive(Debug)]
pub struct CompressWriter<W> {
    writer: W,
    compressor: Compressor,
    buffer: Vec<u8>,
}

// === impl CompressWriter ===

impl<W: Write> CompressWriter<W> {
    /// Compresses into `writer`.
    pub fn new(writer: W, compression: Compression) -> Self {
        Self { writer, compressor: Compressor::new(compression), buffer: Vec::new() }
    }

    /// Writes the rest and the end, flushes, and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.buffer.clear();
        self.compressor.finish(&mut self.buffer).map_err(io::Error::other)?;
        self.writer.write_all(&self.buffer)?;
        self.writer.flush()?;
        Ok(self.writer)
    }

    /// The writer beneath.
    pub const fn writer(&self) -> &W {
        &self.writer
    }
}

impl<W: Write> Write for CompressWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.clear();
        self.compressor.push(bytes, &mut self.buffer).map_err(io::Error::other)?;
        self.writer.write_all(&self.buffer)?;
        Ok(bytes.len())
    }

    /// Writes all that was taken, which costs size: each flush ends a block.
    fn flush(&mut self) -> io::Result<()> {
        self.buffer.clear();
        self.compressor.flush(&mut self.buffer).map_err(io::Error::other)?;
        self.writer.write_all(&self.buffer)?;
        self.writer.flush()
    }
}
