//! Where rows end.

use std::ops::Range;

use memchr::{memchr, memchr2};

use crate::{CodecError, Framing, Limits, Scan};

use super::FORMAT;

/// A record is a row as RFC 4180 has it: a line feed ends it, unless it stands in quotes.
///
/// A carriage return before that line feed belongs to the end. Empty lines are no rows. The last row
/// needs no end, but quotes must be closed. A quote within a field that does not begin with one is a
/// character like others. A byte order mark before the first row belongs to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvRows {
    delimiter: u8,
    place: Place,
}

/// U+FEFF, which some programs write before UTF-8.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the begin of the stream, behind so many bytes of a byte order mark.
    Mark(usize),
    /// At the begin of a field.
    Begin,
    Plain,
    Quoted,
    /// Behind a quote within quotes: the end of them, or half of a quote.
    Quote,
}

// === impl CsvRows ===

impl CsvRows {
    /// Fields with commas between them.
    pub const fn new() -> Self {
        Self::with_delimiter(b',')
    }

    /// Fields with `delimiter` between them.
    pub const fn with_delimiter(delimiter: u8) -> Self {
        Self { delimiter, place: Place::Mark(0) }
    }

    /// Passes over a byte order mark. Says how many bytes are of it, and those of earlier chunks that
    /// turn out to begin a field.
    fn mark(&mut self, bytes: &[u8]) -> (usize, &'static [u8]) {
        let mut skip = 0;
        while let Place::Mark(had) = self.place {
            let Some(byte) = bytes.get(skip) else { break };
            if *byte != MARK[had] {
                self.place = if had == 0 { Place::Begin } else { Place::Plain };
                return (0, &MARK[..had - skip]);
            }
            skip += 1;
            self.place = if had + 1 < MARK.len() { Place::Mark(had + 1) } else { Place::Begin };
        }
        (skip, &[])
    }
}

impl Default for CsvRows {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing for CsvRows {
    /// The record is a row already.
    fn close(&mut self, _: usize, into: &mut Vec<u8>) -> Result<(), CodecError> {
        into.push(b'\n');
        Ok(())
    }

    fn scan(&mut self, bytes: &[u8], _: &Limits) -> Result<Scan, CodecError> {
        let (skip, prefix) = self.mark(bytes);
        let mut place = skip;
        while let Some(&byte) = bytes.get(place) {
            match self.place {
                Place::Quoted => {
                    let Some(quote) = memchr(b'"', &bytes[place..]) else { break };
                    self.place = Place::Quote;
                    place += quote + 1;
                    continue;
                }
                Place::Begin | Place::Quote if byte == b'"' => self.place = Place::Quoted,
                _ if byte == b'\n' => {
                    self.place = Place::Begin;
                    let keep = place - skip;
                    return Ok(Scan { prefix, skip, keep, drop: 1, is_whole: true });
                }
                _ if byte == self.delimiter => self.place = Place::Begin,
                _ => {
                    self.place = Place::Plain;
                    let rest = &bytes[place..];
                    match memchr2(b'\n', self.delimiter, rest) {
                        Some(next) => place += next,
                        None => break,
                    }
                    continue;
                }
            }
            place += 1;
        }
        Ok(Scan { prefix, skip, keep: bytes.len() - skip, ..Scan::default() })
    }

    fn finish(&mut self, kept: &[u8]) -> Result<bool, CodecError> {
        if self.place == Place::Quoted {
            return Err(CodecError::truncated(FORMAT, "the input ends within quotes"));
        }
        if matches!(self.place, Place::Mark(1..)) {
            return Err(CodecError::truncated(FORMAT, "the input ends within a byte order mark"));
        }
        Ok(!kept.is_empty())
    }

    fn trim(&self, kept: &[u8]) -> Option<Range<usize>> {
        let end = kept.strip_suffix(b"\r").unwrap_or(kept).len();
        if end == 0 { None } else { Some(0..end) }
    }

    fn reset(&mut self) {
        self.place = Place::Mark(0);
    }
}
