//! Bytes become as many as they were, within limits.

use std::fmt;

use super::Compression;
use super::engine::{Expand, Flow};
use crate::{CodecError, Limits};

/// As much may come out before the ratio counts.
const FREE: u64 = 64 * 1024;

/// The least that is asked of the allocator.
const GRAIN: usize = 4 * 1024;

/// Decompresses records, or a stream chunk by chunk, with a context that is made once.
///
/// What comes out is bounded by [`Limits::decoded_bytes`] and by [`Limits::ratio`]: of a record, the
/// latter is of all its decompressed to all its compressed bytes; of a stream, at each moment, of
/// those so far. Data of few symbols, such as
/// zeros alone, can exceed the default ratio honestly; raise it where that is expected. Memory
/// follows what has come out: never a size that the input claims. Besides, a format keeps its window
/// or block: up to 32 MiB for zstd (never more than [`Limits::decoded_bytes`], rounded up to a power
/// of two), 16 MiB for brotli, 8 MiB for lz4.
///
/// Errors are [`Truncated`](crate::CodecErrorKind::Truncated) (the bytes end early),
/// [`TooLarge`](crate::CodecErrorKind::TooLarge), [`Corrupt`](crate::CodecErrorKind::Corrupt) (a
/// checksum does not match; damage to a zstd frame as well), [`Malformed`](crate::CodecErrorKind::Malformed) or
/// [`Unsupported`](crate::CodecErrorKind::Unsupported). Those of a stream have an offset: how many
/// compressed bytes were taken when it showed. Those of a record have one if it does not depend on
/// the room for what comes out.
pub struct Decompressor {
    compression: Compression,
    engine: Box<dyn Expand>,
    limits: Limits,
    read: u64,
    written: u64,
    /// The compressed bytes of a record; none of a stream.
    whole: u64,
    /// Whether the engine must be reset before its next step.
    is_stale: bool,
}

/// How a stream goes on: see [`Decompressor::push`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More can come out of this chunk.
    More,
    /// The chunk is done with.
    Hungry,
}

// === impl Decompressor ===

impl Decompressor {
    /// A context for `compression`, with the default limits for streams.
    pub fn new(compression: Compression) -> Self {
        Self {
            compression,
            engine: compression.expand(),
            limits: Limits::DEFAULT,
            read: 0,
            written: 0,
            whole: 0,
            is_stale: true,
        }
    }

    /// With the limits of streams: [`push`](Self::push) and [`finish`](Self::finish). A stream
    /// without an end needs a [`Limits::decoded_bytes`] of `usize::MAX`; the ratio still guards it.
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self.is_stale = true;
        self
    }

    /// Which format it reads.
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// Appends what all of `bytes` hold to `into`. A stream that was begun is forgotten. On error
    /// `into` is as it was.
    pub fn decompress(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        if bytes.len() > limits.record_bytes {
            let limit = format_args!("{} bytes of a record", limits.record_bytes);
            let what = format_args!("{} compressed bytes", bytes.len());
            return Err(CodecError::too_large(self.compression.name(), what, limit));
        }
        let before = into.len();
        let of_streams = std::mem::replace(&mut self.limits, *limits);
        self.restart();
        let done = self.whole(bytes, into);
        if done.is_err() {
            into.truncate(before);
        }
        self.limits = of_streams;
        self.restart();
        done
    }

    /// Takes from the front of `chunk` and appends to `into` what fits into its free capacity, which
    /// is made at least 4 KiB, or one block of the format (64 KiB for snappy, up to 4 MiB for lz4).
    ///
    /// Call it again with the same `chunk` while it says [`Progress::More`], and use up what is in
    /// `into` in between, so that memory stays bounded whatever the ratio:
    ///
    /// ```
    /// # #[cfg(feature = "gzip")] {
    /// # use electrician_codec::compress::{Compression, Decompressor, GzipLevel, Progress};
    /// # fn send(bytes: &[u8]) {}
    /// # fn on_chunk(stream: &mut Decompressor, mut chunk: &[u8]) -> Result<(), electrician_codec::CodecError> {
    /// let mut plain = Vec::with_capacity(16 * 1024);
    /// loop {
    ///     let progress = stream.push(&mut chunk, &mut plain)?;
    ///     send(&plain);
    ///     plain.clear();
    ///     if progress == Progress::Hungry {
    ///         break Ok(());
    ///     }
    /// }
    /// # }
    /// # let mut stream = Decompressor::new(Compression::Gzip(GzipLevel::DEFAULT));
    /// # on_chunk(&mut stream, &[0x1f, 0x8b]).unwrap(); }
    /// ```
    ///
    /// After an error the stream is over: [`restart`](Self::restart) begins another.
    pub fn push(&mut self, chunk: &mut &[u8], into: &mut Vec<u8>) -> Result<Progress, CodecError> {
        let flow = self.advance(chunk, into);
        Ok(
            match flow.map_err(|error| {
                if error.offset().is_none() { error.at(self.read) } else { error }
            })? {
                Flow::More => Progress::More,
                Flow::Hungry => Progress::Hungry,
            },
        )
    }

    /// Says that no chunk follows, which is an error if the stream is not complete. The next
    /// [`push`](Self::push) begins another stream.
    pub fn finish(&mut self) -> Result<(), CodecError> {
        self.refresh();
        let done = self.end();
        self.restart();
        done
    }

    /// Forgets a stream that was begun.
    pub const fn restart(&mut self) {
        self.is_stale = true;
    }

    fn whole(&mut self, mut bytes: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.refresh();
        self.whole = bytes.len() as u64;
        let guess = bytes.len().saturating_mul(3);
        grow(into, guess.min(self.room().saturating_add(1)));
        while self.advance(&mut bytes, into)? == Flow::More {}
        self.end()
    }

    /// Resets the engine if that was put off.
    fn refresh(&mut self) {
        if self.is_stale {
            self.engine.reset(&self.limits);
            (self.read, self.written, self.whole, self.is_stale) = (0, 0, 0, false);
        }
    }

    /// One step, counted and checked.
    fn advance(&mut self, input: &mut &[u8], into: &mut Vec<u8>) -> Result<Flow, CodecError> {
        self.refresh();
        let room = self.room();
        if into.len() == into.capacity() {
            // Twice as much each time, but no more than one byte that shows that it is too much.
            let add = usize::try_from(self.written).unwrap_or(usize::MAX).clamp(GRAIN, 4 << 20);
            grow(into, add.min(room.saturating_add(1)));
        }
        let (before, left) = (into.len(), input.len());
        let done = self.engine.step(input, into, room);
        self.read += (left - input.len()) as u64;
        self.written += (into.len() - before) as u64;
        let flow = done.map_err(|error| match error.offset() {
            Some(offset) => error.at(self.read + offset),
            None => error,
        })?;
        self.check(into.len() - before > room)?;
        let has_moved = left > input.len() || into.len() > before;
        if flow == Flow::More && !has_moved && into.len() < into.capacity() {
            let message = "the data neither goes on nor ends";
            return Err(CodecError::malformed(self.compression.name(), message));
        }
        Ok(flow)
    }

    fn check(&self, is_too_much: bool) -> Result<(), CodecError> {
        let format = self.compression.name();
        if is_too_much {
            let limit = format_args!("{} decoded bytes", self.limits.decoded_bytes);
            return Err(CodecError::too_large(format, "what comes out", limit));
        }
        let read = self.read.max(self.whole);
        let most = read.saturating_mul(u64::from(self.limits.ratio));
        if self.written > FREE && self.written > most {
            let what = format_args!("what comes out of {read} bytes");
            let limit = format_args!("{} for one", self.limits.ratio);
            return Err(CodecError::too_large(format, what, limit));
        }
        Ok(())
    }

    fn end(&self) -> Result<(), CodecError> {
        if self.engine.is_complete() {
            return Ok(());
        }
        let message = "the compressed data has no end";
        Err(CodecError::truncated(self.compression.name(), message).at(self.read))
    }

    fn room(&self) -> usize {
        let written = usize::try_from(self.written).unwrap_or(usize::MAX);
        self.limits.decoded_bytes.saturating_sub(written)
    }
}

impl Clone for Decompressor {
    /// A new context for the same format and limits.
    fn clone(&self) -> Self {
        Self::new(self.compression).with_limits(self.limits)
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("compression", &self.compression)
            .field("limits", &self.limits)
            .field("read", &self.read)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

/// At least `free` bytes of free capacity, and no more than that if it has to grow.
fn grow(into: &mut Vec<u8>, free: usize) {
    if into.capacity() - into.len() < free {
        into.reserve_exact(free);
    }
}
