//! Where elements begin and end, without reading them.

use memchr::{memchr, memchr3};

use super::FORMAT;
use crate::{CodecError, CodecErrorKind};

/// A walk over the bytes of a document, from one mark to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    place: Place,
    depth: usize,
}

/// What a step went over. All but `More` end a piece of markup or of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing that ends yet.
    More,
    /// White space between markup.
    Blank,
    /// Other text, a section of character data included.
    Text,
    /// `<`, whose kind the next byte says.
    Mark,
    /// `<` and the begin of an element, a closing tag, or something else: in one step or after `Mark`.
    Opening,
    Closing,
    Other,
    /// The end of an opening tag, of a tag that opens and closes, of a closing tag.
    Opened,
    Empty,
    Closed,
    /// The end of a comment, an instruction or a document type.
    Passed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Between,
    /// Behind `<`.
    Mark,
    /// In an opening tag; whether its last byte was a slash.
    Opening {
        slash: bool,
    },
    /// In a value within a tag, up to this quote.
    Value(u8),
    Closing,
    /// Behind `<?`; whether the last byte was a question mark.
    Instruction {
        question: bool,
    },
    /// Behind `<!` and as many bytes of what it begins with.
    Declaration {
        had: u8,
        kind: Kind,
    },
    /// Behind `<!--` or `<![CDATA[`, with as many bytes of its end.
    Until {
        kind: Kind,
        had: u8,
    },
    /// Behind `<!D`.
    Doctype {
        quote: u8,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Comment,
    Data,
}

// === impl Walk ===

impl Walk {
    /// How many elements are open.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// How deep the element is that `seen` has just opened.
    pub(super) const fn depth_with(&self, seen: Seen) -> usize {
        if matches!(seen, Seen::Empty) { self.depth + 1 } else { self.depth }
    }

    /// Whether no markup is under way and no element is open.
    pub(super) fn is_between(&self) -> bool {
        self.place == Place::Between && self.depth == 0
    }

    /// Goes on to the next thing that `bytes` hold, which are not empty.
    pub(super) fn over(&mut self, bytes: &[u8]) -> Result<(usize, Seen), CodecError> {
        let first = bytes[0];
        match self.place {
            Place::Between => {
                let end = memchr(b'<', bytes).unwrap_or(bytes.len());
                if end == 0 {
                    self.place = Place::Mark;
                    return Ok((1, Seen::Mark));
                }
                let is_blank = bytes[..end].iter().all(u8::is_ascii_whitespace);
                Ok((end, if is_blank { Seen::Blank } else { Seen::Text }))
            }
            Place::Mark => Ok((1, self.kind(first)?)),
            Place::Opening { slash } => Ok(self.tag(bytes, slash)),
            Place::Value(quote) => {
                let Some(end) = memchr(quote, bytes) else { return Ok((bytes.len(), Seen::More)) };
                self.place = Place::Opening { slash: false };
                Ok((end + 1, Seen::More))
            }
            Place::Closing => {
                let Some(end) = memchr(b'>', bytes) else { return Ok((bytes.len(), Seen::More)) };
                self.place = Place::Between;
                self.depth -= 1;
                Ok((end + 1, Seen::Closed))
            }
            Place::Instruction { question } => {
                let is_end = question && first == b'>';
                self.place = if is_end {
                    Place::Between
                } else {
                    Place::Instruction { question: first == b'?' }
                };
                Ok((1, if is_end { Seen::Passed } else { Seen::More }))
            }
            Place::Declaration { had, kind } => self.declaration(first, had, kind),
            Place::Until { kind, had } => Ok(self.until(bytes, kind, had)),
            Place::Doctype { quote } => self.doctype(first, quote),
        }
    }

    fn kind(&mut self, byte: u8) -> Result<Seen, CodecError> {
        let (place, seen) = match byte {
            b'/' if self.depth == 0 => {
                return Err(CodecError::malformed(FORMAT, "a closing tag has no opening one"));
            }
            b'/' => (Place::Closing, Seen::Closing),
            b'?' => (Place::Instruction { question: false }, Seen::Other),
            b'!' => (Place::Declaration { had: 0, kind: Kind::Comment }, Seen::Other),
            b'>' | b'<' | b'=' => {
                let message =
                    format!("{:?} stands behind `<`, a name belongs there", char::from(byte));
                return Err(CodecError::malformed(FORMAT, message));
            }
            byte if byte.is_ascii_whitespace() => {
                return Err(CodecError::malformed(FORMAT, "white space stands behind `<`"));
            }
            _ => (Place::Opening { slash: false }, Seen::Opening),
        };
        self.place = place;
        Ok(seen)
    }

    fn tag(&mut self, bytes: &[u8], slash: bool) -> (usize, Seen) {
        let Some(end) = memchr3(b'>', b'"', b'\'', bytes) else {
            self.place = Place::Opening { slash: bytes.ends_with(b"/") };
            return (bytes.len(), Seen::More);
        };
        if bytes[end] != b'>' {
            self.place = Place::Value(bytes[end]);
            return (end + 1, Seen::More);
        }
        self.place = Place::Between;
        let is_empty = if end == 0 { slash } else { bytes[end - 1] == b'/' };
        if is_empty {
            return (end + 1, Seen::Empty);
        }
        self.depth += 1;
        (end + 1, Seen::Opened)
    }

    fn declaration(&mut self, byte: u8, had: u8, kind: Kind) -> Result<(usize, Seen), CodecError> {
        const DATA: &[u8] = b"[CDATA[";
        let kind = match (had, byte) {
            (0, b'-') => Kind::Comment,
            (0, b'[') => Kind::Data,
            (0, b'D') => {
                self.place = Place::Doctype { quote: 0 };
                return Ok((1, Seen::More));
            }
            (1, b'-') if kind == Kind::Comment => {
                self.place = Place::Until { kind, had: 0 };
                return Ok((1, Seen::More));
            }
            (_, byte) if kind == Kind::Data && DATA.get(usize::from(had)) == Some(&byte) => kind,
            _ => {
                let message = "`<!` begins no comment, no section of data and no document type";
                return Err(CodecError::malformed(FORMAT, message));
            }
        };
        let had = had + 1;
        self.place = if kind == Kind::Data && usize::from(had) == DATA.len() {
            Place::Until { kind, had: 0 }
        } else {
            Place::Declaration { had, kind }
        };
        Ok((1, Seen::More))
    }

    fn until(&mut self, bytes: &[u8], kind: Kind, had: u8) -> (usize, Seen) {
        // `-->` and `]]>`: two or more of the first byte, then the last.
        let mark = if kind == Kind::Comment { b'-' } else { b']' };
        if had == 0 {
            let Some(next) = memchr(mark, bytes) else { return (bytes.len(), Seen::More) };
            self.place = Place::Until { kind, had: 1 };
            return (next + 1, Seen::More);
        }
        if had == 2 && bytes[0] == b'>' {
            self.place = Place::Between;
            return (1, if kind == Kind::Comment { Seen::Passed } else { Seen::Text });
        }
        let had = if bytes[0] == mark { 2 } else { 0 };
        self.place = Place::Until { kind, had };
        (1, Seen::More)
    }

    fn doctype(&mut self, byte: u8, quote: u8) -> Result<(usize, Seen), CodecError> {
        let quote = match byte {
            b'[' if quote == 0 => {
                let message = "a document type has declarations, which are not read";
                return Err(CodecError::new(CodecErrorKind::Unsupported, FORMAT, message));
            }
            b'>' if quote == 0 => {
                self.place = Place::Between;
                return Ok((1, Seen::Passed));
            }
            b'"' | b'\'' if quote == 0 => byte,
            byte if byte == quote => 0,
            _ => quote,
        };
        self.place = Place::Doctype { quote };
        Ok((1, Seen::More))
    }
}
