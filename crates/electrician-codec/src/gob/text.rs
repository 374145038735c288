//! The text of a value that is one.

use std::fmt::{self, Display};

use serde::Serialize;

use super::fault::Fault;

/// A formatter is a serializer of plain values.
struct Shown<'a, T: ?Sized>(&'a T);

/// The text that `value` serializes as.
pub(super) fn text_of<T: Serialize + ?Sized>(value: &T) -> Result<String, Fault> {
    use fmt::Write;

    let mut text = String::new();
    write!(text, "{}", Shown(value))
        .map_err(|_| Fault::unencodable("the name of a type that is not a string"))?;
    Ok(text)
}

impl<T: Serialize + ?Sized> Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}
