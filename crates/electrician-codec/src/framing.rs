//! Where records begin and end in a stream.

use std::ops::Range;

use crate::{CodecError, Limits};

/// Sets records apart in a stream of bytes, whatever they hold.
///
/// The writing half marks the place of each record; the reading half is a state machine that sees
/// every byte once.
///
/// # Laws
///
/// - What the writing half makes of some records, the reading half takes apart into the same.
/// - How the stream is cut into chunks changes nothing.
/// - An error of `scan` or `finish` loses the place of the next record; nothing is scanned after it.
pub trait Framing: Send + 'static {
    /// Appends what stands before the first record. The default appends nothing.
    fn begin(&mut self, into: &mut Vec<u8>) {
        let _ = into;
    }

    /// Appends what stands before a record. The default appends nothing.
    fn open(&mut self, into: &mut Vec<u8>) {
        let _ = into;
    }

    /// Appends what stands after a record, which is `into` from `start` on. Fails if the record
    /// holds what would end it early; the caller cuts it off, with what `open` appended.
    fn close(&mut self, start: usize, into: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Appends what stands after the last record. The default appends nothing.
    fn end(&mut self, into: &mut Vec<u8>) {
        let _ = into;
    }

    /// Looks at bytes that follow those of the last scan, and says what they are. `bytes` is not
    /// empty; a scan that takes none of them must find the record whole. After a whole record the
    /// next one begins. An offset in an error counts from the first of `bytes`.
    fn scan(&mut self, bytes: &[u8], limits: &Limits) -> Result<Scan, CodecError>;

    /// The stream ends. `kept` are the bytes of the record under way; says whether they are one.
    /// Afterwards the framing is as new.
    fn finish(&mut self, kept: &[u8]) -> Result<bool, CodecError>;

    /// The record within the bytes that were kept for it, or nothing if it is none, as a blank line
    /// may be. The default is all of them.
    fn trim(&self, kept: &[u8]) -> Option<Range<usize>> {
        Some(0..kept.len())
    }

    /// Forgets the stream, for the next one.
    fn reset(&mut self);
}

/// What a [`Framing`] sees at the front of new bytes: some that belong to no record, some of the
/// record under way, some of its end mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// What to put in front of the record: bytes that an earlier scan left out, before it was known
    /// that they begin one.
    pub prefix: &'static [u8],
    /// Bytes to leave out before those of the record.
    pub skip: usize,
    /// Bytes of the record.
    pub keep: usize,
    /// Bytes to leave out after those of the record.
    pub drop: usize,
    /// Whether the record is whole.
    pub is_whole: bool,
}

// === impl Scan ===

impl Scan {
    /// `bytes` that belong to no record.
    pub const fn skip(bytes: usize) -> Self {
        Self { prefix: &[], skip: bytes, keep: 0, drop: 0, is_whole: false }
    }

    /// `bytes` of the record, which is not whole yet.
    pub const fn keep(bytes: usize) -> Self {
        Self { prefix: &[], skip: 0, keep: bytes, drop: 0, is_whole: false }
    }

    /// The last `bytes` of the record, then `drop` bytes of its end mark.
    pub const fn whole(bytes: usize, drop: usize) -> Self {
        Self { prefix: &[], skip: 0, keep: bytes, drop, is_whole: true }
    }

    /// All bytes that it takes.
    pub const fn taken(&self) -> usize {
        self.skip + self.keep + self.drop
    }
}
