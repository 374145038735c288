//! Which elements a log has spoken of so far.

use std::collections::HashMap;

/// No place.
const ABSENT: u32 = u32::MAX;

/// How many numbers may be missing in a row. Such a gap takes 4 MiB for the time of the opening.
const GAP: usize = 1 << 20;

/// Where in the line the elements are, by their numbers.
///
/// Numbers are given out in a row, so most of them need no hashing: a table that begins with the
/// first segment has them. Elements that are older were written again, and are few.
#[derive(Debug, Default)]
pub(crate) struct Known {
    base: Option<u64>,
    recent: Vec<u32>,
    older: HashMap<u64, u32>,
}

// === impl Known ===

impl Known {
    /// The first segment begins with this number.
    pub(crate) fn begin(&mut self, base: u64) {
        self.base.get_or_insert(base);
    }

    pub(crate) fn get(&self, id: u64) -> Option<u32> {
        let recent = self.index(id).and_then(|index| self.recent.get(index)).copied();
        recent
            .filter(|place| *place != ABSENT)
            .or_else(|| if self.older.is_empty() { None } else { self.older.get(&id).copied() })
    }

    pub(crate) fn insert(&mut self, id: u64, place: u32) {
        match self.index(id) {
            Some(index) if index < self.recent.len() + GAP => {
                if index >= self.recent.len() {
                    self.recent.resize(index + 1, ABSENT);
                }
                self.recent[index] = place;
            }
            _ => {
                self.older.insert(id, place);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<u32> {
        let place = self.get(id)?;
        match self.index(id).and_then(|index| self.recent.get_mut(index)) {
            Some(recent) if *recent != ABSENT => *recent = ABSENT,
            _ => {
                self.older.remove(&id);
            }
        }
        Some(place)
    }

    fn index(&self, id: u64) -> Option<usize> {
        id.checked_sub(self.base?).and_then(|index| usize::try_from(index).ok())
    }
}

#[cfg(test)]
mod tests;
