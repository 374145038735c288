//! Keys and headers from a field of a record's JSON.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A text for a key or a header: a literal, or a field of the record.
///
/// If all of the template, but for white space around it, is `{field}`, and the record's value is a
/// JSON object that has this field at its top level, then the text is that of the field: of a string
/// its content; of a number, `true` and `false` the characters as they stand in the value, so that
/// no digit of a large number is lost; of an array or object its JSON. `null` is no text at all. In
/// any other case it is the template itself, as it was written, braces included.
///
/// ```
/// use electrician_kafka::Template;
///
/// let mut text = Vec::new();
/// Template::new("{id}").render(br#"{"id": 12345678901234567890}"#, &mut text);
/// assert_eq!(text, b"12345678901234567890");
/// ```
///
/// Go peers print numbers by way of a 64-bit float (`1e+06`); this does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    /// Where the name of the field is in the text.
    field: Option<(usize, usize)>,
}

/// Looks for the value of a field, the last one if there are several.
struct Find<'a>(&'a str);

/// Whether a name is the one that is looked for.
struct IsNamed<'a>(&'a str);

// === impl Template ===

impl Template {
    /// A template: `{field}`, or a literal.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let trimmed = text.trim();
        let name = trimmed.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let start = text.len() - text.trim_start().len() + 1;
        let field = name.filter(|name| !name.is_empty()).map(|name| (start, start + name.len()));
        Self { text, field }
    }

    /// The field it names.
    pub fn field(&self) -> Option<&str> {
        self.field.and_then(|(start, end)| self.text.get(start..end))
    }

    /// Appends the text for a record whose value is `value`. Allocates nothing, unless a string
    /// has escapes or an object is malformed.
    pub fn render(&self, value: &[u8], into: &mut Vec<u8>) {
        let Some(raw) = self.field().and_then(|field| find(field, value)) else {
            into.extend_from_slice(self.text.as_bytes());
            return;
        };
        match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(content) if !content.contains('\\') => into.extend_from_slice(content.as_bytes()),
            Some(content) => match serde_json::from_str::<String>(raw) {
                Ok(text) => into.extend_from_slice(text.as_bytes()),
                // An escape that is no character, which JSON's grammar allows.
                Err(_) => into.extend_from_slice(content.as_bytes()),
            },
            None if raw == "null" => {}
            None => into.extend_from_slice(raw.as_bytes()),
        }
    }
}

/// The JSON of the field `name` in the object `value`.
fn find<'v>(name: &str, value: &'v [u8]) -> Option<&'v str> {
    if value.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    serde_json::Deserializer::from_slice(value).deserialize_map(Find(name)).ok().flatten()
}

// === impl Find ===

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(IsNamed(self.0))? {
            if is_it {
                found = Some(map.next_value::<&'de RawValue>()?.get());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

// === impl IsNamed ===

impl<'de> DeserializeSeed<'de> for IsNamed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsNamed<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests;
