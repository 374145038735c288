//! The error inside: what serde can raise, and what knows its place.

use std::fmt::{self, Display};

use crate::{CodecError, CodecErrorKind};

pub(super) const FORMAT: &str = "gob";

/// Small, because it is in every result of a decoder's inner loops.
#[derive(Debug)]
pub(super) struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: CodecErrorKind,
    message: String,
    /// Whether the message names a field already: the innermost one is enough.
    is_placed: bool,
    /// Raised by a writer that met a value for which its schema has no room.
    is_outgrown: bool,
    /// The field that the receiving type needs and the sender's does not have.
    absent: Option<&'static str>,
}

// === impl Fault ===

impl Fault {
    fn new(kind: CodecErrorKind, message: impl Display) -> Self {
        let message = message.to_string();
        let (is_placed, is_outgrown) = (false, false);
        Self(Box::new(Inner { kind, message, is_placed, is_outgrown, absent: None }))
    }

    pub(super) fn malformed(message: impl Display) -> Self {
        Self::new(CodecErrorKind::Malformed, message)
    }

    pub(super) fn truncated(message: impl Display) -> Self {
        Self::new(CodecErrorKind::Truncated, message)
    }

    pub(super) fn unencodable(message: impl Display) -> Self {
        Self::new(CodecErrorKind::Unencodable, message)
    }

    pub(super) fn too_large(what: impl Display, limit: impl Display) -> Self {
        let message = format!("{what} exceeds the limit of {limit}");
        Self::new(CodecErrorKind::TooLarge, message)
    }

    /// The value is legal, the schema is too small for it.
    pub(super) fn outgrown(message: impl Display) -> Self {
        let mut fault = Self::unencodable(message);
        fault.0.is_outgrown = true;
        fault
    }

    pub(super) fn is_outgrown(&self) -> bool {
        self.0.is_outgrown
    }

    pub(super) fn absent(&self) -> Option<&'static str> {
        self.0.absent
    }

    /// With the field that it is about, unless a field further inside is named already.
    pub(super) fn in_field(mut self, owner: &str, field: &str) -> Self {
        if !self.0.is_placed {
            let message = &self.0.message;
            self.0.message = if owner.is_empty() {
                format!("field `{field}`: {message}")
            } else {
                format!("field `{owner}.{field}`: {message}")
            };
            self.0.is_placed = true;
        }
        self
    }

    pub(super) fn into_error(self, offset: Option<usize>) -> CodecError {
        let error = CodecError::new(self.0.kind, FORMAT, self.0.message);
        match offset {
            Some(offset) => error.at(offset as u64),
            None => error,
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Fault {}

/// The bytes are not of the type that was asked for.
impl serde::de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::malformed(message)
    }

    fn missing_field(field: &'static str) -> Self {
        let mut fault = Self::malformed(format!("missing field `{field}`"));
        fault.0.absent = Some(field);
        fault
    }
}

impl serde::ser::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::unencodable(message)
    }
}
