//! What a run tells whoever watches it.

use std::time::Duration;

use crate::{Error, Ledger, Refusal};

/// Something that happened in a component. Later versions add kinds.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A stage began to run.
    Started {
        /// Its name.
        component: &'a str,
        /// How many workers it has.
        workers: usize,
    },
    /// A worker went through a batch.
    Processed {
        /// The stage's name.
        component: &'a str,
        /// How many items it took.
        taken: usize,
        /// How many came out.
        emitted: usize,
    },
    /// An attempt failed and another will follow.
    Retrying {
        /// The stage's name.
        component: &'a str,
        /// The number of the attempt that failed, from 1.
        attempt: u32,
        /// How long it waits.
        after: Duration,
        /// Why it failed.
        error: &'a Error,
    },
    /// An item failed for good.
    Failed {
        /// The stage's name.
        component: &'a str,
        /// How many attempts were made.
        attempts: u32,
        /// Why the last one failed.
        error: &'a Error,
        /// Whether a dead-letter port took the item.
        dead_lettered: bool,
    },
    /// A sink failed apart from its items: it did not open, or not close.
    SinkFailed {
        /// The stage's name.
        component: &'a str,
        /// Why.
        error: &'a Error,
    },
    /// A generator began to run its source.
    SourceStarted {
        /// The generator's name.
        component: &'a str,
    },
    /// A source ended for good: it came to its end, failed, or the run stopped.
    SourceEnded {
        /// The generator's name.
        component: &'a str,
        /// How many items it gave, restarts included.
        items: u64,
        /// Why it failed; `None` when it did not.
        error: Option<&'a Error>,
    },
    /// A source ended or failed and is opened again.
    Restarting {
        /// The generator's name.
        component: &'a str,
        /// The number of the restart, from 1.
        restart: u32,
        /// How long it waits.
        after: Duration,
        /// Why it stopped; `None` when it came to its end.
        error: Option<&'a Error>,
    },
    /// A circuit breaker opened: it admits nothing.
    Tripped {
        /// The breaker's name.
        component: &'a str,
        /// How long it stays open; `None` when only a reset ends it.
        open_for: Option<Duration>,
        /// How many times in a row it has tripped without closing in between, from 1; 0 when it was
        /// tripped by hand for a time of its own.
        trips: u32,
    },
    /// A circuit breaker lets a few probes through, to see whether it may close.
    HalfOpened {
        /// The breaker's name.
        component: &'a str,
    },
    /// A circuit breaker closed: it admits everything.
    Reset {
        /// The breaker's name.
        component: &'a str,
    },
    /// A surge protector began to hold back what is offered, because the rate is used up.
    RateLimited {
        /// The protector's name.
        component: &'a str,
        /// How long until something is admitted again, at least.
        wait: Duration,
    },
    /// A blackout began. Noticed by whoever next asks a surge protector, or waits for it.
    BlackoutBegan {
        /// The protector's name.
        component: &'a str,
    },
    /// A blackout is over. Noticed as its begin is.
    BlackoutEnded {
        /// The protector's name.
        component: &'a str,
    },
    /// A surge protector was tripped by hand: it admits nothing.
    SurgeTripped {
        /// The protector's name.
        component: &'a str,
    },
    /// The trip of a surge protector was taken back.
    SurgeReset {
        /// The protector's name.
        component: &'a str,
    },
    /// Backups took what a surge protector did not admit.
    BackupUsed {
        /// The protector's name.
        component: &'a str,
        /// How many items.
        items: u64,
    },
    /// Backups refused what a surge protector did not admit; who submitted it has it back.
    BackupFailed {
        /// The protector's name.
        component: &'a str,
        /// How many items.
        items: u64,
        /// What the last of them said.
        reason: Refusal,
    },
    /// The overflow policy of a surge protector dropped items.
    OverflowDropped {
        /// The protector's name.
        component: &'a str,
        /// How many items.
        items: u64,
    },
    /// A queue took elements in, those included that replaced others by their key.
    Queued {
        /// The queue's name.
        component: &'a str,
        /// How many elements.
        items: u64,
    },
    /// Elements came back to a queue for another attempt.
    Requeued {
        /// The queue's name.
        component: &'a str,
        /// How many elements.
        items: u64,
    },
    /// Elements came out of a queue, in their turn or because it was drained.
    Dequeued {
        /// The queue's name.
        component: &'a str,
        /// How many elements.
        items: u64,
    },
    /// No element waits in a queue any more.
    Emptied {
        /// The queue's name.
        component: &'a str,
    },
    /// Elements became overdue while they waited. Noticed by whoever next uses the queue.
    Expired {
        /// The queue's name.
        component: &'a str,
        /// How many elements.
        items: u64,
    },
    /// Elements came back to a queue after their last attempt.
    Exhausted {
        /// The queue's name.
        component: &'a str,
        /// How many elements.
        items: u64,
    },
    /// A stage has stopped.
    Stopped {
        /// Its name.
        component: &'a str,
        /// Its account.
        ledger: &'a Ledger,
    },
}
