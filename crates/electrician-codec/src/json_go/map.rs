//! Maps, whose entries are sorted by their keys.

use std::ops::Range;

use serde::{Serialize, ser};

use super::Wrong;
use super::write::{Writer, text};

/// Entries in any order, until they are all there.
pub(super) struct Map<'a> {
    into: &'a mut Vec<u8>,
    start: usize,
    entries: Vec<(String, Range<usize>)>,
    key: Option<String>,
}

// === impl Map ===

impl<'a> Map<'a> {
    pub(super) const fn new(into: &'a mut Vec<u8>) -> Self {
        let start = into.len();
        Self { into, start, entries: Vec::new(), key: None }
    }
}

impl ser::SerializeMap for Map<'_> {
    type Ok = ();
    type Error = Wrong;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Wrong> {
        let before = self.into.len();
        let written = key.serialize(&mut Writer { into: self.into });
        let key = self.into[before..].to_vec();
        self.into.truncate(before);
        written?;
        // A text is itself, a whole number and a bool become one; nothing else is a key.
        let key = match key.first() {
            Some(b'"') => serde_json::from_slice(&key).map_err(ser::Error::custom)?,
            Some(b'0'..=b'9' | b'-' | b't' | b'f') if !key.contains(&b'.') => {
                String::from_utf8(key).map_err(ser::Error::custom)?
            }
            _ => return Err(Wrong("the key of a map is a text or a whole number".to_owned())),
        };
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Wrong> {
        let key = self.key.take().ok_or_else(|| Wrong("a value has no key".to_owned()))?;
        let before = self.into.len();
        value.serialize(&mut Writer { into: self.into })?;
        self.entries.push((key, before - self.start..self.into.len() - self.start));
        Ok(())
    }

    fn end(mut self) -> Result<(), Wrong> {
        self.entries.sort_by(|left, right| left.0.cmp(&right.0));
        let values = self.into.split_off(self.start);
        self.into.push(b'{');
        for (index, (key, range)) in self.entries.into_iter().enumerate() {
            if index > 0 {
                self.into.push(b',');
            }
            text(&key, self.into);
            self.into.push(b':');
            self.into.extend_from_slice(&values[range]);
        }
        self.into.push(b'}');
        Ok(())
    }
}
