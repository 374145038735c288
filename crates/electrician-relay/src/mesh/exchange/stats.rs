//! What became of payloads.

use crate::mesh::outbox::Lost;

/// Counts since an exchange began. At every moment `matched` = `delivered` + `dropped` + `expired` +
/// `limited` + `discarded` + `waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExchangeStats {
    /// Payloads that were published.
    pub published: u64,
    /// Payloads that were for a subscriber: once for each of them.
    pub matched: u64,
    /// Those that were given to its connection.
    pub delivered: u64,
    /// Those for which there was no room.
    pub dropped: u64,
    /// Those that nobody wanted any more when it was their turn.
    pub expired: u64,
    /// Those that were more in a second than the subscription wants.
    pub limited: u64,
    /// Those that waited when the subscriber went away, or was ended.
    pub discarded: u64,
    /// Those that wait.
    pub waiting: u64,
    /// How often a publisher was asked to pause.
    pub throttled: u64,
    /// Subscribers that were ended because they were too slow.
    pub ended: u64,
    /// Peers that are there.
    pub members: usize,
    /// Their subscriptions.
    pub subscriptions: usize,
}

// === impl ExchangeStats ===

impl ExchangeStats {
    /// Whether the columns add up. They always do.
    pub const fn is_balanced(&self) -> bool {
        let gone = self.delivered + self.dropped + self.expired + self.limited + self.discarded;
        self.matched == gone + self.waiting
    }

    pub(super) const fn lose(&mut self, lost: Lost) {
        self.dropped += lost.dropped;
        self.expired += lost.expired;
        self.waiting -= lost.dropped + lost.expired;
    }
}
