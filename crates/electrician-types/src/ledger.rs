//! What became of everything that was accepted.

use std::fmt;
use std::ops::AddAssign;

/// The account of a run: every accepted item ends in exactly one column.
///
/// `accepted + split = delivered + filtered + merged + diverted + dead_lettered + failed +
/// dropped + abandoned + returned`
///
/// Counts are items. Each column is counted where it happens, none is computed as the rest of the
/// others, so an unbalanced ledger is evidence of a loss (or of a duplicate) and not of rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ledger {
    /// Items taken in.
    pub accepted: u64,
    /// Items gained where one became several: `n - 1` for an item that became `n`.
    pub split: u64,
    /// Items handed to the reader of the output, to a sink, or to the next stage.
    pub delivered: u64,
    /// Items that a transform chose not to pass on.
    pub filtered: u64,
    /// Items that went into a batch with others: `n - 1` for a batch of `n`.
    pub merged: u64,
    /// Items handed to a neutral wire, a backup or a queue beside, because a guard gave no leave.
    pub diverted: u64,
    /// Items handed to a dead-letter port.
    pub dead_lettered: u64,
    /// Items that failed and that no dead-letter port took.
    pub failed: u64,
    /// Items dropped by a policy that the user named.
    pub dropped: u64,
    /// Items that user code had taken by value and not given back when the deadline struck, or
    /// when it panicked outside a transform.
    pub abandoned: u64,
    /// Items handed back as values.
    pub returned: u64,
    /// Attempts beyond the first. Not part of the balance.
    pub retried: u64,
}

// === impl Ledger ===

impl Ledger {
    /// Everything that came in: accepted and split off.
    pub const fn inflow(&self) -> u64 {
        self.accepted + self.split
    }

    /// Everything that is accounted for.
    pub const fn outflow(&self) -> u64 {
        self.delivered
            + self.filtered
            + self.merged
            + self.diverted
            + self.dead_lettered
            + self.failed
            + self.dropped
            + self.abandoned
            + self.returned
    }

    /// Whether every accepted item is accounted for exactly once.
    pub const fn is_balanced(&self) -> bool {
        self.inflow() == self.outflow()
    }

    /// Items that are neither settled nor handed back yet. Zero after a stop.
    pub const fn in_flight(&self) -> u64 {
        self.inflow().saturating_sub(self.outflow())
    }
}

impl AddAssign for Ledger {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.split += other.split;
        self.delivered += other.delivered;
        self.filtered += other.filtered;
        self.merged += other.merged;
        self.diverted += other.diverted;
        self.dead_lettered += other.dead_lettered;
        self.failed += other.failed;
        self.dropped += other.dropped;
        self.abandoned += other.abandoned;
        self.returned += other.returned;
        self.retried += other.retried;
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "accepted {}", self.accepted)?;
        if self.split > 0 {
            write!(f, " + split {}", self.split)?;
        }
        let sign = if self.is_balanced() { "=" } else { "≠" };
        write!(f, " {sign} delivered {}", self.delivered)?;
        for (name, count) in [
            ("filtered", self.filtered),
            ("merged", self.merged),
            ("diverted", self.diverted),
            ("dead-lettered", self.dead_lettered),
            ("failed", self.failed),
            ("dropped", self.dropped),
            ("abandoned", self.abandoned),
            ("returned", self.returned),
        ] {
            if count > 0 {
                write!(f, " + {name} {count}")?;
            }
        }
        if self.retried > 0 {
            write!(f, " ({} retries)", self.retried)?;
        }
        Ok(())
    }
}
