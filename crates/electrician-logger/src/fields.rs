//! The fields of an event, of a span, or of every record, encoded.

use std::ops::Range;

use crate::encode::{REDACTED, escape};
use crate::line::{COMPONENT, TRACE};
use crate::names::{PREFIX, Slot};

/// Encoded fields. Cleared and used again, it allocates nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    /// Names and values.
    text: String,
    slots: [Option<Range<usize>>; Slot::COUNT],
    free: Vec<Entry>,
    /// Bytes of `text` that nothing refers to any more.
    waste: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    key: Range<usize>,
    value: Range<usize>,
}

/// What is inherited together. The message is not.
const GROUPS: &[&[Slot]] =
    &[&COMPONENT, &TRACE, &[Slot::Event], &[Slot::Result], &[Slot::Error], &[Slot::Stack]];

/// Replaced values are cleared away when there are this many bytes of them.
const WASTE: usize = 4096;

// === impl Fields ===

impl Fields {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.slots = Default::default();
        self.free.clear();
        self.waste = 0;
    }

    /// Sets a key of the schema: `write` appends the content of a JSON string.
    pub(crate) fn set(&mut self, slot: Slot, write: impl FnOnce(&mut String)) {
        let value = self.append(write);
        if let Some(old) = self.slots[slot.index()].replace(value) {
            self.discard(old.len());
        }
    }

    /// Adds a free field, or replaces the one of that name: `write` appends a JSON value.
    pub(crate) fn put(
        &mut self,
        is_renamed: bool,
        name: &str,
        limit: usize,
        write: impl FnOnce(&mut String),
    ) {
        let key = |text: &mut String| {
            text.push_str(if is_renamed { PREFIX } else { "" });
            escape(text, name, limit, 0);
        };
        self.put_encoded(key, write);
    }

    fn put_encoded(&mut self, key: impl FnOnce(&mut String), value: impl FnOnce(&mut String)) {
        let key = self.append(key);
        let value = self.append(value);
        let name = &self.text[key.clone()];
        match self.free.iter().position(|entry| &self.text[entry.key.clone()] == name) {
            Some(at) => {
                let old = std::mem::replace(&mut self.free[at], Entry { key, value });
                self.discard(old.key.len() + old.value.len());
            }
            None => self.free.push(Entry { key, value }),
        }
    }

    /// The content of a JSON string, if it is set.
    pub(crate) fn slot(&self, slot: Slot) -> Option<&str> {
        self.slots[slot.index()].clone().map(|range| &self.text[range])
    }

    pub(crate) fn has_any(&self, slots: &[Slot]) -> bool {
        slots.iter().any(|slot| self.slots[slot.index()].is_some())
    }

    /// The free fields: the content of a JSON string, and a JSON value.
    pub(crate) fn free(&self) -> impl Iterator<Item = (&str, &str)> {
        self.free
            .iter()
            .map(|Entry { key, value }| (&self.text[key.clone()], &self.text[value.clone()]))
    }

    /// Takes from `outer` what is not here already.
    pub(crate) fn inherit(&mut self, outer: &Self) {
        // Whole, or the id of one component would stand beside the name of another.
        for group in GROUPS {
            if !self.has_any(group) {
                for slot in *group {
                    if let Some(value) = outer.slot(*slot) {
                        self.set(*slot, |text| text.push_str(value));
                    }
                }
            }
        }
        let own = self.free.len();
        for (key, value) in outer.free() {
            let is_known = |entry: &Entry| &self.text[entry.key.clone()] == key;
            if self.free[..own].iter().any(is_known) {
                continue;
            }
            let key = self.append(|text| text.push_str(key));
            let value = self.append(|text| text.push_str(value));
            self.free.push(Entry { key, value });
        }
    }

    /// Takes everything from `newer`.
    pub(crate) fn update(&mut self, newer: &Self) {
        for slot in Slot::ALL {
            if let Some(value) = newer.slot(slot) {
                self.set(slot, |text| text.push_str(value));
            }
        }
        for (key, value) in newer.free() {
            self.put_encoded(|text| text.push_str(key), |text| text.push_str(value));
        }
    }

    fn append(&mut self, write: impl FnOnce(&mut String)) -> Range<usize> {
        let begin = self.text.len();
        write(&mut self.text);
        begin..self.text.len()
    }

    /// A span that records the same field for ever must not grow.
    fn discard(&mut self, bytes: usize) {
        self.waste += bytes;
        if self.waste < WASTE || self.waste < self.text.len() / 2 {
            return;
        }
        let old = std::mem::take(&mut self.text);
        let mut text = String::with_capacity(old.len() - self.waste.min(old.len()));
        let mut keep = |range: &mut Range<usize>| {
            let begin = text.len();
            text.push_str(&old[range.clone()]);
            *range = begin..text.len();
        };
        self.slots.iter_mut().flatten().for_each(&mut keep);
        for Entry { key, value } in &mut self.free {
            keep(key);
            keep(value);
        }
        self.text = text;
        self.waste = 0;
    }
}

/// The JSON string that replaces a secret.
pub(crate) fn redacted(text: &mut String) {
    text.push('"');
    text.push_str(REDACTED);
    text.push('"');
}
