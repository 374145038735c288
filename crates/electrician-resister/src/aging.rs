//! The order in which elements come out.

use std::time::Duration;

use crate::time::nanos;

/// What waiting is worth.
///
/// With aging, the effective priority of an element rises with the time it has waited:
///
/// > effective priority = priority + waited / step
///
/// All elements age alike, so which of two is ahead never changes while they wait. Where the
/// formula is solved for what is fixed at the push, the rank remains, and the least rank comes
/// first:
///
/// > rank = time of the push − priority × step
///
/// That is a total order which costs a multiplication per push and nothing while time passes.
///
/// Nothing starves: an element of priority *p* can be overtaken only by elements of a higher
/// priority *q* which are pushed less than *(q − p)* × step after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aging {
    step: Option<u64>,
}

// === impl Aging ===

impl Aging {
    /// Strictly by priority, which may let low ones wait for ever.
    pub const fn none() -> Self {
        Self { step: None }
    }

    /// One level of priority for each `step` of waiting. A step of zero means first come, first
    /// served, whatever the priority.
    pub fn step(step: Duration) -> Self {
        Self { step: Some(nanos(step)) }
    }

    /// Where an element stands; the least comes first, and among equals the one that came first.
    pub(crate) fn rank(self, priority: i32, queued: u64) -> i128 {
        match self.step {
            None => -i128::from(priority),
            Some(step) => i128::from(queued) - i128::from(priority) * i128::from(step),
        }
    }
}
