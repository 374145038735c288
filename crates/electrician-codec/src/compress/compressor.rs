//! Bytes become fewer.

use std::fmt;

use super::{Compression, engine::Squeeze};
use crate::CodecError;

/// Compresses records, or a stream chunk by chunk, with a context that is made once.
///
/// Once `into` and the inner buffers have grown, no format but brotli allocates: the crate beneath
/// makes a new state for each brotli stream.
///
/// # Cancel safety
///
/// Nothing here waits. Between two calls of [`push`](Self::push) async code may be dropped; the next
/// [`compress`](Self::compress) or [`restart`](Self::restart) forgets the stream that was begun.
///
/// ```
/// # #[cfg(feature = "zstd")] {
/// # fn main() -> Result<(), electrician_codec::CodecError> {
/// use electrician_codec::compress::{Compression, Compressor, Decompressor, ZstdLevel};
/// use electrician_codec::Limits;
///
/// let zstd = Compression::Zstd(ZstdLevel::DEFAULT);
/// let (mut small, mut plain) = (Vec::new(), Vec::new());
/// Compressor::new(zstd).compress(b"ohm, sweet ohm", &mut small)?;
/// Decompressor::new(zstd).decompress(&small, &Limits::DEFAULT, &mut plain)?;
/// assert_eq!(plain, b"ohm, sweet ohm");
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct Compressor {
    compression: Compression,
    engine: Box<dyn Squeeze>,
    is_clean: bool,
}

// === impl Compressor ===

impl Compressor {
    /// A context for `compression`.
    pub fn new(compression: Compression) -> Self {
        Self { compression, engine: compression.squeeze(), is_clean: true }
    }

    /// Which format and level it writes.
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// Appends all of `plain`, compressed, to `into`. A stream that was begun is forgotten. On error
    /// `into` is as it was.
    pub fn compress(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.restart();
        self.is_clean = false;
        let before = into.len();
        let done = self.engine.whole(plain, into);
        match done {
            Ok(()) => self.is_clean = true,
            Err(_) => into.truncate(before),
        }
        done
    }

    /// Takes the next chunk of a stream and appends what is ready, which is often nothing: a stream
    /// gathers up to a block of its format. Any chunking gives a stream of the same content.
    pub fn push(&mut self, chunk: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.is_clean = false;
        self.engine.push(chunk, into)
    }

    /// Appends all that was pushed so far, so that a reader of the stream can have it. It costs size.
    pub fn flush(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.is_clean = false;
        self.engine.flush(into)
    }

    /// Appends the rest and the end of the stream. The next [`push`](Self::push) begins another.
    pub fn finish(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.is_clean = false;
        self.engine.finish(into)?;
        self.is_clean = true;
        Ok(())
    }

    /// Forgets a stream that was begun.
    pub fn restart(&mut self) {
        if !self.is_clean {
            self.engine.reset();
            self.is_clean = true;
        }
    }
}

impl Clone for Compressor {
    /// A new context for the same format and level.
    fn clone(&self) -> Self {
        Self::new(self.compression)
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").field("compression", &self.compression).finish_non_exhaustive()
    }
}
