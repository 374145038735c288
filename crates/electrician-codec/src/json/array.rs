//! One JSON array of all records.

use super::scan::{Walk, blank};
use crate::{CodecError, CodecErrorKind, Framing, Limits, Scan};

const FORMAT: &str = "json array";

/// A record is a value of the one array that the stream is. They come out one by one, as they arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonArray {
    walk: Walk,
    place: Place,
    has_written: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    /// Behind the opening bracket.
    First,
    /// Behind a comma.
    Next,
    Within,
    Behind,
    After,
}

// === impl JsonArray ===

impl JsonArray {
    /// An array of whatever follows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Walks over the value that begins `skip` bytes on.
    fn value(&mut self, bytes: &[u8], skip: usize) -> Scan {
        let step = self.walk.over(&bytes[skip..]);
        self.place = if step.is_whole { Place::Behind } else { Place::Within };
        Scan { skip, keep: step.taken, is_whole: step.is_whole, ..Scan::default() }
    }
}

impl Framing for JsonArray {
    fn begin(&mut self, into: &mut Vec<u8>) {
        self.has_written = false;
        into.push(b'[');
    }

    fn open(&mut self, into: &mut Vec<u8>) {
        if self.has_written {
            into.push(b',');
        }
    }

    fn close(&mut self, _: usize, _: &mut Vec<u8>) -> Result<(), CodecError> {
        self.has_written = true;
        Ok(())
    }

    fn end(&mut self, into: &mut Vec<u8>) {
        into.push(b']');
    }

    fn scan(&mut self, bytes: &[u8], _: &Limits) -> Result<Scan, CodecError> {
        if self.place == Place::Within {
            return Ok(self.value(bytes, 0));
        }
        let skip = blank(bytes);
        let Some(&byte) = bytes.get(skip) else { return Ok(Scan::skip(skip)) };
        self.place = match (self.place, byte) {
            (Place::Before, b'[') => Place::First,
            (Place::First | Place::Behind, b']') => Place::After,
            (Place::Behind, b',') => Place::Next,
            (Place::First | Place::Next, b) if !matches!(b, b',' | b']' | b'}') => {
                return Ok(self.value(bytes, skip));
            }
            (place, _) => {
                let message =
                    format!("{:?} stands where {} belongs", char::from(byte), place.wants());
                return Err(CodecError::malformed(FORMAT, message).at(skip as u64));
            }
        };
        Ok(Scan::skip(skip + 1))
    }

    fn finish(&mut self, kept: &[u8]) -> Result<bool, CodecError> {
        let message = match self.place {
            Place::After => return Ok(false),
            Place::Within => format!("the array ends within a value, after {} bytes", kept.len()),
            place => format!("the array ends where {} belongs", place.wants()),
        };
        Err(CodecError::new(CodecErrorKind::Truncated, FORMAT, message))
    }

    fn reset(&mut self) {
        self.walk = Walk::default();
        self.place = Place::Before;
    }
}

// === impl Place ===

impl Place {
    const fn wants(self) -> &'static str {
        match self {
            Self::Before => "`[`",
            Self::First => "a value or `]`",
            Self::Next | Self::Within => "a value",
            Self::Behind => "`,` or `]`",
            Self::After => "nothing",
        }
    }
}
