//! One element after the other.

use super::FORMAT;
use super::walk::{Seen, Walk};
use crate::{CodecError, Framing, Limits, Scan};

/// A record is an element: one after the other, or the children of one root.
///
/// White space, comments, instructions, a declaration and a document type without declarations may
/// stand around them; text may not. With a root, only that root may be there, whatever its name;
/// it is written with the name that was given. Nothing is written between records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XmlElements {
    root: Option<String>,
    walk: Walk,
    /// A record is under way.
    is_within: bool,
    /// The root has been closed.
    is_over: bool,
}

// === impl XmlElements ===

impl XmlElements {
    /// Elements without a root: the stream is no XML document, each of its records is.
    pub fn new() -> Self {
        Self::default()
    }

    /// The children of one element, which is written with the name `name`.
    pub fn with_root(name: impl Into<String>) -> Self {
        Self { root: Some(name.into()), ..Self::default() }
    }

    fn level(&self) -> usize {
        usize::from(self.root.is_some())
    }

    /// Looks at what is between records, until one begins.
    fn outside(&mut self, bytes: &[u8]) -> Result<Scan, CodecError> {
        let mut place = 0;
        while place < bytes.len() {
            let depth = self.walk.depth();
            let over = self.walk.over(&bytes[place..]);
            let (taken, seen) = over.map_err(|error| error.at(place as u64))?;
            match seen {
                Seen::Text => {
                    let message = "there is text between records";
                    let blank = bytes[place..].iter().take_while(|it| it.is_ascii_whitespace());
                    let offset = place + blank.count();
                    return Err(CodecError::malformed(FORMAT, message).at(offset as u64));
                }
                Seen::Opening if self.is_over => {
                    let message = "there is an element behind the root";
                    return Err(CodecError::malformed(FORMAT, message).at(place as u64));
                }
                Seen::Opening if depth == self.level() => {
                    // The mark is the byte before, here or in an earlier chunk.
                    self.is_within = true;
                    return Ok(match place.checked_sub(1) {
                        Some(mark) => Scan { skip: mark, keep: taken + 1, ..Scan::default() },
                        None => Scan { prefix: b"<", keep: taken, ..Scan::default() },
                    });
                }
                Seen::Empty | Seen::Closed if self.walk.depth() == 0 => self.is_over = true,
                _ => {}
            }
            place += taken;
        }
        Ok(Scan::skip(place))
    }
}

impl Framing for XmlElements {
    fn begin(&mut self, into: &mut Vec<u8>) {
        if let Some(root) = &self.root {
            into.push(b'<');
            into.extend_from_slice(root.as_bytes());
            into.push(b'>');
        }
    }

    fn close(&mut self, _: usize, _: &mut Vec<u8>) -> Result<(), CodecError> {
        Ok(())
    }

    fn end(&mut self, into: &mut Vec<u8>) {
        if let Some(root) = &self.root {
            into.extend_from_slice(b"</");
            into.extend_from_slice(root.as_bytes());
            into.push(b'>');
        }
    }

    fn scan(&mut self, bytes: &[u8], _: &Limits) -> Result<Scan, CodecError> {
        if !self.is_within {
            return self.outside(bytes);
        }
        let mut place = 0;
        while place < bytes.len() {
            let (taken, seen) = match self.walk.over(&bytes[place..]) {
                Ok(over) => over,
                // What is before the error may be too much already, and that comes first.
                Err(_) if place > 0 => return Ok(Scan::keep(place)),
                Err(error) => return Err(error.at(0)),
            };
            place += taken;
            if matches!(seen, Seen::Empty | Seen::Closed) && self.walk.depth() == self.level() {
                self.is_within = false;
                return Ok(Scan::whole(place, 0));
            }
        }
        Ok(Scan::keep(place))
    }

    fn finish(&mut self, _: &[u8]) -> Result<bool, CodecError> {
        let is_whole = self.walk.is_between() && (self.is_over || self.root.is_none());
        if is_whole {
            return Ok(false);
        }
        let message = match (self.walk.depth(), &self.root) {
            (0, Some(_)) if self.walk.is_between() => "there is no root element".to_owned(),
            (0, _) => "the input ends within markup".to_owned(),
            (open, _) => format!("{open} elements are not closed"),
        };
        Err(CodecError::truncated(FORMAT, message))
    }

    fn reset(&mut self) {
        *self = Self { root: self.root.take(), ..Self::default() };
    }
}
