//! What comes out of a queue.

use std::time::{Duration, SystemTime};

use electrician_types::{Item, Receipt};

use crate::Key;
use crate::line::Ticket;
use crate::time::{NEVER, Nanos, moment};

/// A value with its receipt, and what the queue knows about it.
///
/// Dropping an element drops its receipt, which is a negative acknowledgement.
#[derive(Debug)]
pub struct Element<T> {
    item: Item<T>,
    ticket: Ticket,
    /// When it came out.
    now: Nanos,
    /// Where the queue keeps it, if it does.
    #[cfg_attr(not(feature = "disk"), expect(dead_code, reason = "in memory nothing is kept"))]
    place: u32,
}

// === impl Element ===

impl<T> Element<T> {
    pub(crate) const fn new(item: Item<T>, ticket: Ticket, now: Nanos) -> Self {
        Self { item, ticket, now, place: u32::MAX }
    }

    /// The same element, which the queue still keeps at `place`.
    #[cfg(feature = "disk")]
    pub(crate) const fn kept_at(mut self, place: u32) -> Self {
        self.place = place;
        self
    }

    /// A number that no other element of the queue has, on disk also across restarts.
    pub const fn id(&self) -> u64 {
        self.ticket.id
    }

    /// The value.
    pub const fn value(&self) -> &T {
        self.item.value()
    }

    /// The value, to change in place. On disk it stays what it was.
    pub const fn value_mut(&mut self) -> &mut T {
        self.item.value_mut()
    }

    /// The receipt.
    pub const fn receipt(&self) -> &Receipt {
        self.item.receipt()
    }

    /// The priority it was queued with.
    pub const fn priority(&self) -> i32 {
        self.ticket.priority
    }

    /// The same element with another priority, for when it is queued again.
    pub const fn with_priority(mut self, priority: i32) -> Self {
        self.ticket.priority = priority;
        self
    }

    /// Its name.
    pub const fn key(&self) -> Option<&Key> {
        self.ticket.key.as_ref()
    }

    /// How often it was queued again after it had come out.
    pub const fn retries(&self) -> u32 {
        self.ticket.retries
    }

    /// When the queue first saw it. On disk also in an earlier process.
    pub fn first_seen(&self) -> SystemTime {
        moment(self.ticket.first_seen)
    }

    /// How long it waited, this time.
    pub const fn waited(&self) -> Duration {
        Duration::from_nanos(self.now.saturating_sub(self.ticket.queued))
    }

    /// How long the queue has known it.
    pub const fn age(&self) -> Duration {
        Duration::from_nanos(self.now.saturating_sub(self.ticket.first_seen))
    }

    /// When it becomes overdue, if it does.
    pub fn expires(&self) -> Option<SystemTime> {
        (self.ticket.deadline != NEVER).then(|| moment(self.ticket.deadline))
    }

    /// Acknowledges the element and gives its value.
    pub fn accept(self) -> T {
        self.item.accept()
    }

    /// The value with its receipt. The metadata is gone then, and with it the way back by
    /// `requeue`.
    pub fn into_item(self) -> Item<T> {
        self.item
    }

    pub(crate) fn into_parts(self) -> (Item<T>, Ticket) {
        (self.item, self.ticket)
    }

    /// Which element it is, and where the queue keeps it.
    #[cfg(feature = "disk")]
    pub(crate) const fn home(&self) -> (u32, &Ticket) {
        (self.place, &self.ticket)
    }
}
