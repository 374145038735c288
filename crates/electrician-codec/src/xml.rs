//! XML, by serde.

mod elements;
mod walk;

use std::str;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use elements::XmlElements;

use crate::{CodecError, Decode, Encode, Limits};
use walk::{Seen, Walk};

const FORMAT: &str = "xml";

/// A record is an XML element, as its serde implementation and the rules of `quick-xml` say: fields
/// are child elements, `@name` is an attribute, `$text` the text.
///
/// Written without declaration and without indentation; the element has the name of the type, or
/// the one that is given. Read: UTF-8, one element, with declaration and comments around it if any;
/// document types with declarations in them are refused, and no entity but the five of XML is known.
/// Elements nest up to [`Limits::depth`].
///
/// With [`XmlElements`] records follow each other, in a root if wanted; with
/// [`Whole`](crate::Whole) one is a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xml {
    name: Option<String>,
}

// === impl Xml ===

impl Xml {
    /// Elements with the names of their types.
    pub const fn new() -> Self {
        Self { name: None }
    }

    /// Writes elements with the name `name`.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl<T: Serialize + ?Sized> Encode<T> for Xml {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let text = Text(into);
        let written = match &self.name {
            Some(name) => quick_xml::se::to_writer_with_root(text, name, record),
            None => quick_xml::se::to_writer(text, record),
        };
        match written {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(CodecError::unencodable(FORMAT, error.to_string()).with_source(error))
            }
        }
    }
}

impl<T: DeserializeOwned> Decode<T> for Xml {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<T, CodecError> {
        check(bytes, limits)?;
        let text = str::from_utf8(bytes).map_err(|error| {
            let offset = error.valid_up_to() as u64;
            CodecError::malformed(FORMAT, "the bytes are not UTF-8").at(offset).with_source(error)
        })?;
        quick_xml::de::from_str(text)
            .map_err(|error| CodecError::malformed(FORMAT, error.to_string()).with_source(error))
    }
}

/// Sees that there is one element, whole, with nothing beside it, and not too deep.
fn check(bytes: &[u8], limits: &Limits) -> Result<(), CodecError> {
    let mut walk = Walk::default();
    let mut elements = 0;
    let (mut place, mut mark) = (0, 0);
    while place < bytes.len() {
        let (taken, seen) = walk.over(&bytes[place..]).map_err(|error| error.at(place as u64))?;
        let start = place;
        place += taken;
        match seen {
            Seen::Mark => mark = start,
            Seen::Opened | Seen::Empty if walk.depth_with(seen) > limits.depth => {
                let limit = format_args!("{} levels", limits.depth);
                let error = CodecError::too_large(FORMAT, "the nesting", limit);
                return Err(error.at(mark as u64));
            }
            Seen::Empty | Seen::Closed if walk.depth() == 0 => elements += 1,
            Seen::Text if walk.depth() == 0 => {
                let message = "there is text outside of the element";
                return Err(CodecError::malformed(FORMAT, message).at(start as u64));
            }
            _ => {}
        }
        if elements > 1 {
            let message = "there is a second element, the record is one";
            return Err(CodecError::malformed(FORMAT, message).at(mark as u64));
        }
    }
    if elements == 0 || !walk.is_between() {
        let message = match walk.depth() {
            0 => "there is no whole element".to_owned(),
            open => format!("{open} elements are not closed"),
        };
        return Err(CodecError::truncated(FORMAT, message));
    }
    Ok(())
}

/// Text that goes to bytes.
struct Text<'a>(&'a mut Vec<u8>);

// === impl Text ===

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
