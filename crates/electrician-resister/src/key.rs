//! What an element is known by.

use std::fmt;
use std::sync::Arc;

/// The name of an element, by which a later push finds it.
///
/// A key is chosen by the caller and compared as a whole, never hashed into a shorter one: two
/// elements are the same only if the caller says so. Numbers cost no allocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub(crate) Name);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Number(u64),
    Text(Arc<str>),
}

impl From<u64> for Key {
    fn from(number: u64) -> Self {
        Self(Name::Number(number))
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(Name::Text(text.into()))
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self(Name::Text(text.into()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Name::Number(number) => write!(f, "{number}"),
            Name::Text(text) => f.write_str(text),
        }
    }
}
