//! Which item this is, and which part of it.

use std::fmt;

use crate::fault::mix;

/// The identity of an item on its way: the id it was submitted with, and, where it became several,
/// which part of it this is.
///
/// ```
/// use electrician_testkit::Trace;
///
/// let line = Trace::new(7);
/// let word = line.part(2, 5); // the third of five
/// assert_eq!(word.to_string(), "7.2/5");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trace {
    id: u64,
    path: Vec<Part>,
}

/// One of several parts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Part {
    pub(crate) index: u32,
    pub(crate) of: u32,
}

// === impl Trace ===

impl Trace {
    /// The whole item `id`.
    pub const fn new(id: u64) -> Self {
        Self { id, path: Vec::new() }
    }

    /// The id that the item was submitted with.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Part number `index` (from 0) of the `of` parts that this became.
    pub fn part(&self, index: u32, of: u32) -> Self {
        let mut path = Vec::with_capacity(self.path.len() + 1);
        path.extend_from_slice(&self.path);
        path.push(Part { index, of });
        Self { id: self.id, path }
    }

    /// A number for this part of this item, as good as unique: for a [`FaultPlan`](crate::FaultPlan).
    /// That of a whole item is its id.
    pub fn number(&self) -> u64 {
        let add = |number, part: &Part| {
            mix(mix(number) ^ (u64::from(part.of) << 32) ^ u64::from(part.index))
        };
        self.path.iter().fold(self.id, add)
    }

    pub(crate) fn path(&self) -> &[Part] {
        &self.path
    }

    /// Whether one of the two is the other, or a part of it.
    pub(crate) fn is_related_to(&self, other: &Self) -> bool {
        let common = self.path.len().min(other.path.len());
        self.id == other.id && self.path[..common] == other.path[..common]
    }
}

impl From<u64> for Trace {
    fn from(id: u64) -> Self {
        Self::new(id)
    }
}

impl From<&Self> for Trace {
    fn from(trace: &Self) -> Self {
        trace.clone()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        let mut parts = self.path.iter();
        parts.try_for_each(|Part { index, of }| write!(f, ".{index}/{of}"))
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
