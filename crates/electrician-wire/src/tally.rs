//! Counting without contention: each worker has its own cache lines, written once per batch.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use electrician_types::{Doing, Ledger};

/// What one worker has done. Written by that worker alone, read by anybody.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Tally {
    taken: AtomicU64,
    finished: AtomicU64,
    split: AtomicU64,
    delivered: AtomicU64,
    filtered: AtomicU64,
    merged: AtomicU64,
    diverted: AtomicU64,
    dead_lettered: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
    abandoned: AtomicU64,
    returned: AtomicU64,
    retried: AtomicU64,
    /// Items in hand that wait for another attempt.
    parked: AtomicU64,
    /// An [`Activity`].
    activity: AtomicU8,
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Activity {
    /// Not begun yet, or ended.
    Absent,
    /// Waiting for items.
    Idle,
    Working,
    /// Giving items to the next stage, or waiting for room there.
    HandingOn,
    /// Waiting for leave of a guard.
    Denied,
    /// Waiting for another attempt.
    Pausing,
}

/// What a worker has done with the batch in its hands; nothing of it shows until it is
/// committed, so a batch, or a part of one, is accounted for whole or not at all.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Items taken from the queue.
    pub(crate) taken: u64,
    /// The columns the batch adds to.
    pub(crate) ledger: Ledger,
}

// === impl Tally ===

impl Tally {
    /// Notes at once that items left the queue, so that a worker that never comes back is known
    /// to have them.
    pub(crate) fn took(&self, count: u64) {
        add(&self.taken, count);
    }

    /// Notes what the worker is doing from now on.
    pub(crate) fn begin(&self, activity: Activity) {
        self.activity.store(activity as u8, Ordering::Relaxed);
    }

    /// Adds this worker to those that do the same.
    pub(crate) fn add_activity_to(&self, doing: &mut Doing) {
        let activity = self.activity.load(Ordering::Relaxed);
        let is = |other: Activity| activity == other as u8;
        *if is(Activity::Idle) {
            &mut doing.idle
        } else if is(Activity::Working) {
            &mut doing.working
        } else if is(Activity::HandingOn) {
            &mut doing.handing_on
        } else if is(Activity::Denied) {
            &mut doing.denied
        } else if is(Activity::Pausing) {
            &mut doing.pausing
        } else {
            &mut doing.absent
        } += 1;
    }

    /// Notes how many items wait for another attempt.
    pub(crate) fn park(&self, parked: u64) {
        self.parked.store(parked, Ordering::Relaxed);
    }

    /// How many items wait for another attempt.
    pub(crate) fn parked(&self) -> u64 {
        self.parked.load(Ordering::Relaxed)
    }

    /// Adds a finished batch.
    pub(crate) fn commit(&self, counts: &mut Counts) {
        let Counts { taken, ledger } = std::mem::take(counts);
        add(&self.split, ledger.split);
        add(&self.delivered, ledger.delivered);
        add(&self.filtered, ledger.filtered);
        add(&self.merged, ledger.merged);
        add(&self.diverted, ledger.diverted);
        add(&self.dead_lettered, ledger.dead_lettered);
        add(&self.failed, ledger.failed);
        add(&self.dropped, ledger.dropped);
        add(&self.abandoned, ledger.abandoned);
        add(&self.returned, ledger.returned);
        add(&self.retried, ledger.retried);
        add(&self.finished, taken);
    }

    /// Items in this worker's hands.
    pub(crate) fn in_hand(&self) -> u64 {
        let finished = self.finished.load(Ordering::Acquire);
        self.taken.load(Ordering::Acquire).saturating_sub(finished)
    }

    /// Adds this worker's columns to `ledger`.
    pub(crate) fn add_to(&self, ledger: &mut Ledger) {
        let load = |count: &AtomicU64| count.load(Ordering::Acquire);
        ledger.delivered += load(&self.delivered);
        ledger.filtered += load(&self.filtered);
        ledger.merged += load(&self.merged);
        ledger.diverted += load(&self.diverted);
        ledger.dead_lettered += load(&self.dead_lettered);
        ledger.failed += load(&self.failed);
        ledger.dropped += load(&self.dropped);
        ledger.abandoned += load(&self.abandoned);
        ledger.returned += load(&self.returned);
        ledger.retried += load(&self.retried);
        // Last, as it is written first: a live account may show an item as in flight, never one
        // that came from nowhere.
        ledger.split += load(&self.split);
    }
}

/// One writer: a load and a store, no locked instruction, and neither when there is nothing.
fn add(counter: &AtomicU64, count: u64) {
    if count > 0 {
        counter.store(counter.load(Ordering::Relaxed) + count, Ordering::Release);
    }
}
