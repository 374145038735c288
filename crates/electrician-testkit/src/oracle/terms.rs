//! What was agreed about a run.

use std::fmt;
use std::sync::Arc;

use crate::trace::Trace;

/// What the oracle may expect of a run, beyond conservation.
#[derive(Clone, Default)]
pub struct Terms {
    pub(super) group: Option<Grouping>,
    pub(super) is_strict: bool,
    pub(super) may_lose_letters: bool,
    pub(super) ending: Ending,
    pub(super) retried: Option<u64>,
}

/// How the run ended; each knows less than the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    #[default]
    Drained,
    Struck,
    Stuck,
    Dropped,
}

type Grouping = Arc<dyn Fn(&Trace) -> u64 + Send + Sync>;

// === impl Terms ===

impl Terms {
    /// Items may fail, none is abandoned, order does not matter.
    pub fn new() -> Self {
        Self::default()
    }

    /// In every place where items come out in turn
    /// ([`Oracle::saw_in_turn`](crate::Oracle::saw_in_turn)), the ids of one group ascend.
    pub fn ordered_by(mut self, group: impl Fn(&Trace) -> u64 + Send + Sync + 'static) -> Self {
        self.group = Some(Arc::new(group));
        self
    }

    /// Only items of which that was said ([`Oracle::may_fail`](crate::Oracle::may_fail)) may fail
    /// or be abandoned.
    pub const fn only_expected_failures(mut self) -> Self {
        self.is_strict = true;
        self
    }

    /// A deadline may have struck, so items may be abandoned.
    pub const fn may_abandon(mut self) -> Self {
        self.ending = Ending::Struck;
        self
    }

    /// Dead letters may have been dropped unread.
    pub const fn may_lose_letters(mut self) -> Self {
        self.may_lose_letters = true;
        self
    }

    /// Some user code never came back in time: what it had in its hands counts as abandoned as a
    /// whole, so the columns cannot be compared one by one.
    pub const fn has_stuck(mut self) -> Self {
        self.ending = Ending::Stuck;
        self
    }

    /// The run was dropped without a stop: there is no ledger, and what was inside is gone.
    pub const fn was_dropped(mut self) -> Self {
        self.ending = Ending::Dropped;
        self
    }

    /// So many attempts were made beyond the first.
    pub const fn retried(mut self, attempts: u64) -> Self {
        self.retried = Some(attempts);
        self
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("ordered", &self.group.is_some())
            .field("only_expected_failures", &self.is_strict)
            .field("may_lose_letters", &self.may_lose_letters)
            .field("ending", &self.ending)
            .field("retried", &self.retried)
            .finish()
    }
}
