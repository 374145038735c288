//! One record per line.

use std::ops::Range;

use memchr::memchr;

use crate::{CodecError, Framing, Limits, Scan};

/// A record is a line, which ends with a line feed.
///
/// A carriage return right before the line feed belongs to the end of the line. The last line needs
/// no end; nothing after the last line feed is no line. A line is as long as
/// [`Limits::record_bytes`] allows, its carriage return included. An empty line is an empty record, unless blank
/// lines are left out. A record that holds a line feed or ends with a carriage return cannot be
/// written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    leaves_out_blank: bool,
    writes_crlf: bool,
}

// === impl Lines ===

impl Lines {
    /// Lines that end with a line feed.
    pub const fn new() -> Self {
        Self { leaves_out_blank: false, writes_crlf: false }
    }

    /// Without lines that are empty or hold only spaces and tabs.
    pub const fn without_blank(mut self) -> Self {
        self.leaves_out_blank = true;
        self
    }

    /// Writes lines that end with a carriage return and a line feed.
    pub const fn with_crlf(mut self) -> Self {
        self.writes_crlf = true;
        self
    }
}

impl Framing for Lines {
    #[inline]
    fn close(&mut self, start: usize, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let record = &into[start..];
        if let Some(place) = memchr(b'\n', record) {
            let message = "a record of a line holds a line feed: escape it, or choose lengths";
            return Err(CodecError::unencodable("line", message).at(place as u64));
        }
        if record.last() == Some(&b'\r') {
            let message = "a record of a line ends with a carriage return, which would be lost";
            return Err(CodecError::unencodable("line", message));
        }
        if self.writes_crlf {
            into.push(b'\r');
        }
        into.push(b'\n');
        Ok(())
    }

    fn scan(&mut self, bytes: &[u8], _: &Limits) -> Result<Scan, CodecError> {
        Ok(match memchr(b'\n', bytes) {
            Some(place) => Scan::whole(place, 1),
            None => Scan::keep(bytes.len()),
        })
    }

    fn finish(&mut self, kept: &[u8]) -> Result<bool, CodecError> {
        Ok(!kept.is_empty())
    }

    fn trim(&self, kept: &[u8]) -> Option<Range<usize>> {
        let end = kept.strip_suffix(b"\r").unwrap_or(kept).len();
        let is_blank = || kept[..end].iter().all(|byte| matches!(byte, b' ' | b'\t'));
        if self.leaves_out_blank && is_blank() { None } else { Some(0..end) }
    }

    fn reset(&mut self) {}
}
