//! What became of what was offered.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of everything that was offered to a [`Guarded`](crate::Guarded). Counts are items.
///
/// `offered = delivered + diverted + dropped + rejected + withdrawn + abandoned + queued + waiting`
///
/// Each is counted where it happens. While submits are under way, the numbers of a snapshot may be
/// apart by those; when all is still, they add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Submits that were made.
    pub offered: u64,
    /// Items that the target took.
    pub delivered: u64,
    /// Items that a backup took.
    pub diverted: u64,
    /// Items that the policy dropped.
    pub dropped: u64,
    /// Items that went back in an error.
    pub rejected: u64,
    /// Items whose submit was given up before it was done.
    pub withdrawn: u64,
    /// Items that were in the hand of a `drive` when it was given up.
    pub abandoned: u64,
    /// Items in the queue now.
    pub queued: u64,
    /// Items whose submit is under way now, or that are on the way out of the queue.
    pub waiting: u64,
}

/// Where an item ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Delivered,
    Diverted,
    Dropped,
    Rejected,
    Withdrawn,
    Abandoned,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    offered: AtomicU64,
    fates: [AtomicU64; 6],
    queued: AtomicU64,
    waiting: AtomicU64,
}

/// An item on its way. Dropped without a fate, it gets the one that it has by default.
#[derive(Debug)]
pub(crate) struct Passage<'a> {
    counters: &'a Counters,
    otherwise: Fate,
    is_over: bool,
}

// === impl Account ===

impl Account {
    /// Whether everything that was offered is accounted for exactly once.
    pub const fn is_balanced(&self) -> bool {
        self.offered
            == self.delivered
                + self.diverted
                + self.dropped
                + self.rejected
                + self.withdrawn
                + self.abandoned
                + self.queued
                + self.waiting
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_balanced() { "=" } else { "≠" };
        write!(f, "offered {} {sign} delivered {}", self.offered, self.delivered)?;
        for (name, count) in [
            ("diverted", self.diverted),
            ("dropped", self.dropped),
            ("rejected", self.rejected),
            ("withdrawn", self.withdrawn),
            ("abandoned", self.abandoned),
            ("queued", self.queued),
            ("waiting", self.waiting),
        ] {
            if count > 0 {
                write!(f, " + {name} {count}")?;
            }
        }
        Ok(())
    }
}

// === impl Counters ===

impl Counters {
    /// A new item.
    pub(crate) fn offer(&self) -> Passage<'_> {
        self.offered.fetch_add(1, Ordering::Relaxed);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Passage { counters: self, otherwise: Fate::Withdrawn, is_over: false }
    }

    /// An item out of the queue.
    pub(crate) fn unqueue(&self) -> Passage<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.queued.fetch_sub(1, Ordering::Relaxed);
        Passage { counters: self, otherwise: Fate::Abandoned, is_over: false }
    }

    pub(crate) fn snapshot(&self) -> Account {
        let fate = |fate: Fate| self.counter(fate).load(Ordering::Relaxed);
        Account {
            offered: self.offered.load(Ordering::Relaxed),
            delivered: fate(Fate::Delivered),
            diverted: fate(Fate::Diverted),
            dropped: fate(Fate::Dropped),
            rejected: fate(Fate::Rejected),
            withdrawn: fate(Fate::Withdrawn),
            abandoned: fate(Fate::Abandoned),
            queued: self.queued.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    const fn counter(&self, fate: Fate) -> &AtomicU64 {
        match fate {
            Fate::Delivered => &self.fates[0],
            Fate::Diverted => &self.fates[1],
            Fate::Dropped => &self.fates[2],
            Fate::Rejected => &self.fates[3],
            Fate::Withdrawn => &self.fates[4],
            Fate::Abandoned => &self.fates[5],
        }
    }

    fn settle(&self, fate: Fate) {
        self.counter(fate).fetch_add(1, Ordering::Relaxed);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

// === impl Passage ===

impl Passage<'_> {
    /// Ends the passage with `fate`.
    pub(crate) fn end(mut self, fate: Fate) {
        self.otherwise = fate;
    }

    /// Hands the item to a queue; if that refuses it, it gets the fate `otherwise`. It counts as queued before it is, so that whoever takes it out
    /// at once finds it counted.
    pub(crate) fn queue<E>(
        mut self,
        otherwise: Fate,
        push: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        self.counters.queued.fetch_add(1, Ordering::Relaxed);
        let pushed = push();
        if pushed.is_ok() {
            self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
            self.is_over = true;
        } else {
            self.counters.queued.fetch_sub(1, Ordering::Relaxed);
            self.otherwise = otherwise;
        }
        pushed
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.counters.settle(self.otherwise);
        }
    }
}
