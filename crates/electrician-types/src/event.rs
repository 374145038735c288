//! What a run tells whoever watches it.

mod fields;
mod kind;

use std::time::Duration;

pub use fields::Field;
pub use kind::EventKind;

use crate::{Denial, Error, Ledger, Refusal};

/// Something that happened in a component. Later versions add kinds.
///
/// Whoever does not care for each kind by itself gets what they have in common from
/// [`kind`](Self::kind), [`component`](Self::component), [`error`](Self::error) and
/// [`each_field`](Self::each_field).
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
    /// An item succeeded after attempts that failed.
    Recovered {
        /// The stage's name.
        component: &'a str,
        /// How many attempts were made, the last one included.
        attempts: u32,
    },
    /// A guard gives no leave, and the worker begins to wait for it.
    Denied {
        /// The stage's name.
        component: &'a str,
        /// Why.
        reason: Denial,
        /// When it is worth to ask again, if that is known.
        retry_after: Option<Duration>,
    },
    /// Items went another way, because a guard gave no leave.
    Diverted {
        /// The stage's name.
        component: &'a str,
        /// How many.
        items: u64,
    },
    /// Items were dropped by a policy that the user named.
    Dropped {
        /// The stage's name.
        component: &'a str,
        /// How many.
        items: u64,
    },
    /// A submit was refused, and what it was about is still with whoever submitted.
    Refused {
        /// The name of the stage whose queue it was.
        component: &'a str,
        /// How many items were refused.
        items: u64,
        /// Why.
        reason: Refusal,
    },
    /// Items were handed back as values when the run stopped. Told once for a stage, before
    /// [`Stopped`](Self::Stopped).
    HandedBack {
        /// The stage's name.
        component: &'a str,
        /// How many.
        items: u64,
    },
    /// A worker panicked where no item can be blamed, in a `Drop` say, and lost its batch.
    WorkerPanicked {
        /// The stage's name.
        component: &'a str,
        /// Which worker, from 0.
        worker: usize,
        /// How many items it had in hand: they are abandoned.
        lost: u64,
        /// The panic.
        error: &'a Error,
        /// Whether it goes on with a new state. If not, the stage has a worker less.
        is_renewed: bool,
    },
    /// A sink was opened: it takes items.
    SinkOpened {
        /// The stage's name.
        component: &'a str,
    },
    /// A sink was closed: what it took is safe.
    SinkClosed {
        /// The stage's name.
        component: &'a str,
    },
    /// A sink failed apart from its items: it did not open, or not close.
    SinkFailed {
        /// The stage's name.
        component: &'a str,
        /// Why.
        error: &'a Error,
    },
    /// A conduit was started, with all of its stages.
    ConduitStarted {
        /// Its name.
        component: &'a str,
        /// How many stages it has, fan-outs and sinks included.
        stages: usize,
    },
    /// A conduit has stopped, after all of its stages.
    ConduitStopped {
        /// Its name.
        component: &'a str,
        /// The account of the whole.
        ledger: &'a Ledger,
    },
    /// Something that only one kind of edge knows: a file was rolled over, a partition was assigned.
    /// Edges describe their own in their docs.
    Edge {
        /// The component's name.
        component: &'a str,
        /// What happened: the edge, a dot, the event, as in `kafka.partition_assigned`.
        kind: &'static str,
        /// Why it failed; `None` when it did not.
        error: Option<&'a Error>,
        /// What belongs to it, by name. At most 16 are looked at.
        fields: &'a [(&'static str, Field<'a>)],
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
