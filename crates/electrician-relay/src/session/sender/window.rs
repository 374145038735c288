//! Payloads that are not settled, by their numbers.

use std::collections::VecDeque;
use std::time::Instant;

use crate::RawPayload;

/// A payload with what goes along.
#[derive(Debug)]
pub(super) struct Held<K> {
    pub(super) payload: RawPayload,
    pub(super) tag: K,
    pub(super) deadline: Option<Instant>,
    /// How often it was refused for now.
    pub(super) attempts: u32,
}

/// Payloads in the order of their numbers, which ascend by one. Settled ones leave a gap until all
/// before them are settled, too.
#[derive(Debug)]
pub(super) struct Window<K> {
    slots: VecDeque<Option<Held<K>>>,
    /// The number of the first slot.
    first: u64,
    /// How many slots were sent on this connection.
    sent: usize,
    /// The highest number that was ever sent.
    sent_ever: u64,
    live: usize,
    bytes: usize,
    most: usize,
}

// === impl Held ===

impl<K> Held<K> {
    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

// === impl Window ===

impl<K> Window<K> {
    /// For so many payloads, and as many gaps.
    pub(super) fn new(items: usize) -> Self {
        let most = 2 * items;
        Self {
            slots: VecDeque::with_capacity(most),
            first: 1,
            sent: 0,
            sent_ever: 0,
            live: 0,
            bytes: 0,
            most,
        }
    }

    /// Whether there is a place at the end. Gaps behind a payload that is not settled take places.
    pub(super) fn has_place(&self) -> bool {
        self.slots.len() < self.most
    }

    pub(super) const fn live(&self) -> usize {
        self.live
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many payloads, and gaps among them, were sent on this connection.
    pub(super) const fn sent(&self) -> usize {
        self.sent
    }

    /// The highest number that was ever sent.
    pub(super) const fn sent_ever(&self) -> u64 {
        self.sent_ever
    }

    /// The highest number that was sent on this connection.
    pub(super) const fn sent_through(&self) -> u64 {
        self.first + self.sent as u64 - 1
    }

    /// The number of the first payload that is not settled, or of the next one.
    pub(super) const fn first_unsettled(&self) -> u64 {
        self.first
    }

    /// Whether something is to be sent.
    pub(super) fn has_unsent(&self) -> bool {
        self.sent < self.slots.len()
    }

    /// Whether something that was sent on this connection is not settled.
    pub(super) const fn is_awaiting(&self) -> bool {
        // The first slot is never a gap.
        self.sent > 0
    }

    /// Puts a payload at the end, and gives its number.
    pub(super) fn push(&mut self, mut held: Held<K>) -> u64 {
        let seq = self.first + self.slots.len() as u64;
        held.payload = held.payload.with_seq(seq);
        self.bytes += held.payload.weight();
        self.live += 1;
        self.slots.push_back(Some(held));
        seq
    }

    /// The next payload that was not sent on this connection.
    pub(super) fn next_unsent(&mut self) -> Option<(u64, &RawPayload)> {
        while self.slots.get(self.sent).is_some_and(Option::is_none) {
            self.sent += 1;
        }
        let seq = self.first + self.sent as u64;
        let held = self.slots.get(self.sent)?.as_ref()?;
        self.sent += 1;
        self.sent_ever = self.sent_ever.max(seq);
        Some((seq, &held.payload))
    }

    /// Nothing was sent yet.
    pub(super) const fn rewind(&mut self) {
        self.sent = 0;
    }

    /// Takes the payload of that number out.
    pub(super) fn settle(&mut self, seq: u64) -> Option<Held<K>> {
        let place = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        let held = self.slots.get_mut(place)?.take()?;
        self.forget(&held);
        Some(held)
    }

    /// Takes the first payload out.
    pub(super) fn take_first(&mut self) -> Option<(u64, Held<K>)> {
        let seq = self.first;
        self.settle(seq).map(|held| (seq, held))
    }

    /// Takes a payload out whose deadline has passed.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<(u64, Held<K>)> {
        let is_expired =
            |slot: &Option<Held<K>>| slot.as_ref().is_some_and(|held| held.is_expired(now));
        let place = self.slots.iter().position(is_expired)?;
        let seq = self.first + place as u64;
        self.settle(seq).map(|held| (seq, held))
    }

    /// The deadlines of all payloads.
    pub(super) fn deadlines(&self) -> impl Iterator<Item = Instant> {
        self.slots.iter().flatten().filter_map(|held| held.deadline)
    }

    fn forget(&mut self, held: &Held<K>) {
        self.live -= 1;
        self.bytes -= held.payload.weight();
        while let Some(None) = self.slots.front() {
            self.slots.pop_front();
            self.first += 1;
            self.sent = self.sent.saturating_sub(1);
        }
    }
}
