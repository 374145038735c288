//! What becomes of items that a stage's queue can never take: they fail as the stage's own do.

use std::sync::{Arc, Weak};
use std::time::SystemTime;

use electrician_types::{Error, ErrorKind, Event, Item, NackReason, Refusal};

use crate::dead_letter::{DeadLetter, DeadLetterPort};
use crate::panics;
use crate::stage::StageRun;
use crate::sync::{AtomicU64, Ordering};
use crate::wait::Waiter;

/// Decides about items that a queue can never take.
pub(crate) trait Reject<T>: Send + Sync {
    /// Disposes of `item` and accounts for it, or gives it back for lack of room.
    fn reject(&self, item: Item<T>, refusal: Refusal) -> Result<(), Item<T>>;

    /// Waits for room; `None` if there always is.
    fn room_waiter(&self) -> Option<Waiter>;

    /// Whether there is room, or no use in waiting for it.
    fn has_room(&self) -> bool;

    /// A submit of `items` items was refused.
    fn note_refusal(&self, items: u64, reason: Refusal);
}

/// The failure path of a stage, for items that do not get as far as its workers.
pub(crate) struct Doorstep<In> {
    /// The stage owns the queue that this belongs to, and its port: a queue that outlives the run,
    /// because of an inlet, does not keep the reader of the letters waiting.
    pub(crate) stage: Weak<StageRun<In>>,
    /// Whether anybody is told of refused submits.
    pub(crate) is_observed: bool,
}

// === impl Doorstep ===

impl<In> Doorstep<In> {
    fn with_port<R>(&self, look: impl FnOnce(&DeadLetterPort<In>) -> R) -> Option<R> {
        let stage = self.stage.upgrade()?;
        stage.letters.as_ref().filter(|port| port.is_open()).map(look)
    }
}

impl<In: Send> Reject<In> for Doorstep<In> {
    fn reject(&self, item: Item<In>, refusal: Refusal) -> Result<(), Item<In>> {
        let Some(stage) = self.stage.upgrade() else {
            nack(item);
            return Ok(());
        };
        let kind = match refusal {
            Refusal::Panicked => ErrorKind::Panicked,
            _ => ErrorKind::TooLarge,
        };
        let error = stage.own(Error::new(kind, "entering the queue").with_source(refusal));
        let entry = stage.queue.entry();
        let count = |column: &AtomicU64| column.fetch_add(1, Ordering::Relaxed);
        if let Some(port) = stage.letters.as_ref().filter(|port| port.is_open()) {
            let (name, first_seen) = (Arc::clone(&stage.name), SystemTime::now());
            let letter =
                DeadLetter { item, error: error.clone(), attempts: 0, stage: name, first_seen };
            port.try_send(letter).map_err(|letter| letter.item)?;
            count(&entry.dead_lettered);
            stage.note_failure(&error, 0, true);
        } else {
            count(&entry.failed);
            stage.note_failure(&error, 0, false);
            nack(item);
        }
        Ok(())
    }

    fn room_waiter(&self) -> Option<Waiter> {
        self.with_port(DeadLetterPort::room_waiter)
    }

    fn has_room(&self) -> bool {
        self.with_port(DeadLetterPort::has_room).unwrap_or(true)
    }

    fn note_refusal(&self, items: u64, reason: Refusal) {
        if self.is_observed
            && let Some(stage) = self.stage.upgrade()
        {
            stage.observe(|component| Event::Refused { component, items, reason });
        }
    }
}

/// Tells the source of an item that it will never be processed. Both that and dropping the value
/// are user code, which may panic.
pub(crate) fn nack<T>(item: Item<T>) {
    let (value, receipt) = item.into_parts();
    drop(panics::caught(|| receipt.nack(NackReason::Rejected)));
    drop(panics::caught(|| drop(value)));
}
