//! What waits for a subscriber.

use std::collections::VecDeque;
use std::time::{Instant, SystemTime};

use super::WhenFull;
use crate::RawPayload;

/// Payloads for one subscriber, within a bound.
#[derive(Debug)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    bytes: usize,
    most: Most,
    /// The number of the last one, dropped ones included.
    seq: u64,
    /// When one was taken last, or the first came.
    moved: Instant,
}

/// The bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) payloads: usize,
    pub(super) bytes: usize,
}

#[derive(Debug)]
struct Entry {
    payload: RawPayload,
    when_full: WhenFull,
}

/// What a push, or looking for the next, dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) dropped: u64,
    pub(super) expired: u64,
}

// === impl Outbox ===

impl Outbox {
    pub(super) const fn new(most: Most, now: Instant) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, most, seq: 0, moved: now }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Since when nothing was taken though something waits.
    pub(super) const fn moved(&self) -> Instant {
        self.moved
    }

    /// Whether a payload of so many bytes has room. A large one has it when nothing else waits.
    fn has_room(&self, size: usize) -> bool {
        let fits = self.bytes.saturating_add(size) <= self.most.bytes || self.entries.is_empty();
        self.entries.len() < self.most.payloads && fits
    }

    /// Whether one that may not be dropped would have room, if others made it.
    pub(super) fn would_take(&self, size: usize) -> bool {
        if self.has_room(size) {
            return true;
        }
        let kept = |entry: &&Entry| !entry.when_full.is_old_dropped();
        let (mut payloads, mut bytes) = (0, 0_usize);
        for entry in self.entries.iter().filter(kept) {
            payloads += 1;
            bytes += entry.payload.encoded_len();
        }
        payloads < self.most.payloads
            && (payloads == 0 || bytes.saturating_add(size) <= self.most.bytes)
    }

    /// Whether three quarters are taken.
    pub(super) fn is_pressed(&self) -> bool {
        let is_over = |has: usize, most: usize| has >= most - most / 4;
        is_over(self.entries.len(), self.most.payloads) || is_over(self.bytes, self.most.bytes)
    }

    /// Takes a payload, or not, and numbers it in any case.
    pub(super) fn push(
        &mut self,
        payload: RawPayload,
        when_full: WhenFull,
        now: Instant,
        wall: SystemTime,
    ) -> Lost {
        self.seq += 1;
        let payload = payload.with_seq(self.seq);
        let size = payload.encoded_len();
        let mut lost = Lost::default();
        if !self.has_room(size) && when_full == WhenFull::DropOldOrExpired {
            lost.expired = self.drop_expired(wall);
        }
        if when_full != WhenFull::DropNew {
            while !self.has_room(size) && self.drop_oldest() {
                lost.dropped += 1;
            }
        }
        if !self.has_room(size) {
            lost.dropped += 1;
            return lost;
        }
        if self.entries.is_empty() {
            self.moved = now;
        }
        self.bytes += size;
        self.entries.push_back(Entry { payload, when_full });
        lost
    }

    fn drop_expired(&mut self, wall: SystemTime) -> u64 {
        let before = self.entries.len();
        let mut bytes = 0;
        self.entries.retain(|Entry { payload, when_full }| {
            let goes = when_full.is_old_dropped() && is_expired(payload, wall);
            bytes += if goes { payload.encoded_len() } else { 0 };
            !goes
        });
        self.bytes -= bytes;
        (before - self.entries.len()) as u64
    }

    fn drop_oldest(&mut self) -> bool {
        let oldest = self.entries.iter().position(|entry| entry.when_full.is_old_dropped());
        let Some(entry) = oldest.and_then(|oldest| self.entries.remove(oldest)) else {
            return false;
        };
        self.bytes -= entry.payload.encoded_len();
        true
    }

    /// The next one that has not expired.
    pub(super) fn pop(&mut self, now: Instant, wall: SystemTime) -> (Option<RawPayload>, Lost) {
        let mut lost = Lost::default();
        while let Some(Entry { payload, .. }) = self.entries.pop_front() {
            self.bytes -= payload.encoded_len();
            self.moved = now;
            if !is_expired(&payload, wall) {
                return (Some(payload), lost);
            }
            lost.expired += 1;
        }
        (None, lost)
    }

    /// Nothing waits any more. How much did.
    pub(super) fn clear(&mut self) -> u64 {
        let waiting = self.entries.len() as u64;
        self.entries = VecDeque::new();
        self.bytes = 0;
        waiting
    }
}

// === impl WhenFull ===

impl WhenFull {
    const fn is_old_dropped(self) -> bool {
        matches!(self, Self::DropOld | Self::DropOldOrExpired)
    }
}

pub(super) fn is_expired(payload: &RawPayload, wall: SystemTime) -> bool {
    payload.expires_at().is_some_and(|expires_at| expires_at <= wall)
}
