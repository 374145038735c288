//! What has happened so far.

/// Totals of a queue since it was made or opened.
///
/// Every element that came in is accounted for. In memory:
///
/// > `pushed + requeued + exhausted = popped + fetched + drained + waiting + overdue + spent`
///
/// where `waiting`, `overdue` and `spent` are the queue's present `len`, `expired_len` and
/// `exhausted_len`. On disk elements
/// stay until they are acknowledged:
///
/// > `recovered + pushed = acked + waiting + overdue + spent + spoiled + in flight`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Elements that were found at the opening. Disk only.
    pub recovered: u64,
    /// Elements that took a new place.
    pub pushed: u64,
    /// Waiting elements whose value a push replaced, by key.
    pub replaced: u64,
    /// Elements that came back for another attempt.
    pub requeued: u64,
    /// Pushes that were refused; a wait for room is not a refusal.
    pub refused: u64,
    /// Elements that came out in their turn.
    pub popped: u64,
    /// Elements that became overdue while they waited.
    pub expired: u64,
    /// Elements that came back after their last attempt.
    pub exhausted: u64,
    /// Overdue and exhausted elements that were handed out by `drain_expired` and
    /// `drain_exhausted`.
    pub fetched: u64,
    /// Elements that were handed out by `drain`, and requests of a layer that were given up.
    pub drained: u64,
    /// Elements whose receipt was acknowledged. Disk only.
    pub acked: u64,
}
