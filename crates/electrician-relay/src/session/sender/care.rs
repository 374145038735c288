//! How much is sent at once when connections break.

/// After a connection that was of no use, less is sent before an acknowledgement: what goes along in
/// one piece with much else never arrives where connections are cut after every few kilobytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Care {
    /// How many payloads may be under way; as many as the window has, if it does not say.
    most: Option<usize>,
    /// Something was acknowledged on this connection.
    is_useful: bool,
    /// The receiver was asked to acknowledge more often than the configuration says.
    is_told: bool,
}

// === impl Care ===

impl Care {
    /// The most payloads under way.
    pub(super) fn limit(&self) -> usize {
        self.most.unwrap_or(usize::MAX)
    }

    /// A connection begins.
    pub(super) const fn connected(&mut self) {
        self.is_useful = false;
    }

    /// A connection is gone on which so many payloads were sent and not settled.
    pub(super) fn disconnected(&mut self, sent: usize) {
        if sent > 0 && !self.is_useful {
            self.most = Some((sent.min(self.limit()) / 2).max(1));
        }
    }

    /// Payloads were acknowledged; `window` of them are held at most.
    pub(super) fn progressed(&mut self, window: usize) {
        self.is_useful = true;
        self.most = self.most.map(|most| most * 2).filter(|most| *most < window);
    }

    /// How many payloads one acknowledgement is to stand for, where `every` are wanted: one that
    /// waits for more than may be under way would not come.
    pub(super) fn acknowledge(&mut self, every: u32) -> u32 {
        let most = u32::try_from(self.limit()).unwrap_or(u32::MAX);
        self.is_told = most < every;
        every.min(most)
    }

    /// Whether the receiver is to be told that it may acknowledge as the configuration says.
    pub(super) const fn is_over(&self) -> bool {
        self.is_told && self.most.is_none()
    }
}
