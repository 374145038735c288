//! What each format implements.

use crate::{CodecError, Limits};

/// The writing half of a format. All of it appends to `into`.
pub(super) trait Squeeze: Send + Sync {
    /// Takes all of `chunk`; what comes out may come later.
    fn push(&mut self, chunk: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Brings out all that was taken, so that a reader can have it.
    fn flush(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Brings out the rest and the end, and is ready for the next.
    fn finish(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Forgets what was taken.
    fn reset(&mut self);

    /// The same as one `push` and `finish` after a `reset`.
    fn whole(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.push(plain, into)?;
        self.finish(into)
    }
}

/// The reading half of a format.
pub(super) trait Expand: Send + Sync {
    /// Takes from the front of `input` and appends to `into`: what fits into its free capacity, or
    /// one block of the format, of which more than `room` bytes are [too large](excess). An error has
    /// an offset, from where the input is then, if that does not depend on the capacity.
    fn step(
        &mut self,
        input: &mut &[u8],
        into: &mut Vec<u8>,
        room: usize,
    ) -> Result<Flow, CodecError>;

    /// Whether the input may end here.
    fn is_complete(&self) -> bool;

    /// Ready for a new input, whatever became of the one before.
    fn reset(&mut self, limits: &Limits);
}

/// How it goes on after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Nothing is left to come out, and all input is taken.
    Hungry,
    /// Another step may bring more out or take more in.
    More,
}

/// Gives `into` at least `least` bytes of free capacity.
#[cfg(any(feature = "gzip", feature = "zstd"))]
pub(super) fn make_room(into: &mut Vec<u8>, least: usize) {
    if into.capacity() - into.len() < least {
        into.reserve(least);
    }
}

/// More comes out than may.
#[cfg(any(feature = "lz4", feature = "snappy", feature = "zstd"))]
pub(super) fn excess(format: &'static str) -> CodecError {
    CodecError::too_large(format, "what comes out", "decoded bytes")
}
