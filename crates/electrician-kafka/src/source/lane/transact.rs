//! A partition whose records are part of transactions: all of them are done, or all begin again.

use std::time::{Duration, SystemTime};

use electrician_types::{NackReason, Nacked, Watermark};

use super::{Failure, Lane};

// === impl Lane ===

impl Lane {
    /// Whether every record that was delivered has its verdict; notes those that failed.
    pub(crate) fn settle(&mut self, wall: SystemTime) -> bool {
        loop {
            if let Some(highest) = self.marks.advance() {
                self.done = Some(highest.cast_signed() + 1);
            }
            let Some(Nacked { offset, reason }) = self.marks.nacked().next() else {
                return self.marks.in_flight() == 0;
            };
            let failure = self.failures.entry(offset.cast_signed()).or_insert(Failure {
                attempts: 0,
                since: wall,
                reason,
                is_open: false,
                is_wanted: false,
                misses: 0,
            });
            failure.is_open = true;
            failure.reason = reason;
            // What was handed back was not tried.
            failure.attempts += u32::from(reason != NackReason::Returned);
            self.marks.resolve(offset);
        }
    }

    /// Whether a record of the transaction has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failures.values().any(|failure| failure.is_open)
    }

    /// How long to wait before records are delivered again.
    pub(crate) fn penalty(&self) -> Duration {
        let open = self.failures.values().filter(|failure| failure.is_open);
        self.policy.wait_after(open.map(|failure| failure.attempts).max().unwrap_or(1))
    }

    /// The record at `offset`, and all behind it, did not get into the pipeline: not to be committed.
    pub(crate) fn cut(&mut self, offset: i64) {
        self.cap = Some(self.cap.map_or(offset, |cap| cap.min(offset)));
    }

    /// All begins again at `offset`; what is known of failures stays.
    pub(crate) fn restart(&mut self, offset: i64) {
        self.marks = Watermark::new(self.window);
        self.next = offset;
        self.done = Some(offset);
        self.cap = None;
        self.awaited = Some((offset, 0));
        self.goes_back = true;
        self.failures.values_mut().for_each(|failure| failure.is_open = false);
    }

    /// What is done is committed.
    pub(crate) fn conclude(&mut self) {
        let Some(done) = self.done() else { return };
        self.failures.retain(|offset, _| *offset >= done);
    }
}
