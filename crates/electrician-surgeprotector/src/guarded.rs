//! An entrance with a surge protector, in front of anything that takes items.

mod drive;
mod outlet;
mod room;

use std::fmt;
use std::sync::Arc;

use electrician_types::{Denial, Event, Refusal, Refused, Submit};

pub use drive::DriveError;

use crate::account::{Account, Counters, Fate, Passage};
use crate::backup::Backup;
use crate::overflow::Overflow;
use crate::protector::{Admission, SurgeProtector};
use crate::queue::Queue;
use crate::wait::WaitList;
use outlet::Outlet;
use room::Room;

/// An entrance in front of `S`: it admits as the [`SurgeProtector`] allows, and treats the rest as
/// the [`Overflow`] says. It is itself a [`Submit`]. Clones are the same entrance.
///
/// While the protector is tripped or blacked out, items go to the [`Backup`] if there is one, and
/// otherwise the overflow policy holds for them as well.
///
/// # Meaning of `Ok`
///
/// The item was taken: by the target, a backup or the queue, or dropped by a policy whose name says
/// so. [`account`](Self::account) tells how many went where.
///
/// # Without waiting
///
/// `try_submit` cannot wait: under [`Overflow::Wait`] and [`Overflow::DropOldest`] an item that is
/// not admitted now comes back with [`Refusal::Denied`].
///
/// # Cancelling
///
/// A submit that is dropped before it is done has not accepted the item, which is dropped with it
/// and counted as withdrawn. An item pays for its token when it is admitted; if the target then
/// refuses it, the token is spent.
pub struct Guarded<T, S> {
    shared: Arc<Shared<T, S>>,
}

struct Shared<T, S> {
    protector: SurgeProtector,
    target: S,
    overflow: Overflow<T, S>,
    backup: Option<Backup<T, S>>,
    counters: Counters,
    room: Room,
    outlet: Outlet,
    /// Those who wait for something to be queued.
    idle: WaitList,
}

// === impl Guarded ===

impl<T: Send + 'static, S: Submit<T>> Guarded<T, S> {
    /// An entrance in front of `target`.
    pub fn new(protector: SurgeProtector, target: S, overflow: Overflow<T, S>) -> Self {
        Self::assemble(protector, target, overflow, None)
    }

    /// As [`new`](Self::new); while the protector is tripped or blacked out, items go to `backup`.
    pub fn with_backup(
        protector: SurgeProtector,
        target: S,
        overflow: Overflow<T, S>,
        backup: Backup<T, S>,
    ) -> Self {
        Self::assemble(protector, target, overflow, Some(backup))
    }

    fn assemble(
        protector: SurgeProtector,
        target: S,
        overflow: Overflow<T, S>,
        backup: Option<Backup<T, S>>,
    ) -> Self {
        let shared = Shared {
            protector,
            target,
            overflow,
            backup,
            counters: Counters::default(),
            room: Room::default(),
            outlet: Outlet::default(),
            idle: WaitList::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The protector.
    pub fn protector(&self) -> &SurgeProtector {
        &self.shared.protector
    }

    /// The target.
    pub fn target(&self) -> &S {
        &self.shared.target
    }

    /// What became of everything so far.
    pub fn account(&self) -> Account {
        self.shared.counters.snapshot()
    }
}

impl<T: Send + 'static, S: Submit<T>> Submit<T> for Guarded<T, S> {
    async fn submit(&self, item: T) -> Result<(), Refused<T>> {
        let shared = &*self.shared;
        let passage = shared.counters.offer();
        match shared.ask() {
            Answer::Go => deliver(&shared.target, item, passage, Fate::Delivered).await,
            Answer::Backup(backup) => shared.divert(backup, item, passage).await,
            Answer::Held(reason) => shared.overflow(item, passage, reason).await,
        }
    }

    fn try_submit(&self, item: T) -> Result<(), Refused<T>> {
        let shared = &*self.shared;
        let passage = shared.counters.offer();
        match shared.ask() {
            Answer::Go => try_deliver(&shared.target, item, passage, Fate::Delivered),
            Answer::Backup(backup) => {
                shared.note_backup(try_deliver(backup, item, passage, Fate::Diverted))
            }
            Answer::Held(reason) => shared.try_overflow(item, passage, reason),
        }
    }
}

impl<T, S> Clone for Guarded<T, S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T, S> fmt::Debug for Guarded<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded")
            .field("protector", &self.shared.protector)
            .field("overflow", &self.shared.overflow)
            .field("backup", &self.shared.backup)
            .field("account", &self.shared.counters.snapshot())
            .finish_non_exhaustive()
    }
}

/// Where an item goes first.
enum Answer<'a, T, S> {
    Go,
    Backup(&'a Backup<T, S>),
    Held(Refusal),
}

// === impl Shared ===

impl<T: Send + 'static, S: Submit<T>> Shared<T, S> {
    fn ask(&self) -> Answer<'_, T, S> {
        if let Overflow::Queue(queue) = &self.overflow
            && self.is_ahead(&**queue)
            && !self.protector.state().is_closed()
        {
            // Not past those who came before; some of them may be able to go now.
            self.pump(&**queue);
            if self.is_ahead(&**queue) {
                return Answer::Held(Refusal::Denied(Denial::RateLimited));
            }
        }
        match (self.protector.try_admit(1), &self.backup) {
            (Admission::Admitted(_), _) => Answer::Go,
            (Admission::Wait(_), _) => Answer::Held(Refusal::Denied(Denial::RateLimited)),
            (Admission::Refused(_), Some(backup)) => Answer::Backup(backup),
            (Admission::Refused(reason), None) => Answer::Held(reason.into()),
        }
    }

    /// What the policy does, where it may wait.
    async fn overflow(
        &self,
        item: T,
        passage: Passage<'_>,
        reason: Refusal,
    ) -> Result<(), Refused<T>> {
        match &self.overflow {
            Overflow::Wait => self.wait(item, passage).await,
            Overflow::DropOldest(capacity) => {
                let seat = self.room.enter(*capacity);
                let turn = seat.admitted(self.turn()).await;
                drop(seat);
                if let Some(turn) = turn {
                    return self.follow(turn, item, passage).await;
                }
                self.discard(item, passage);
                Ok(())
            }
            Overflow::Divert(backup) => self.divert(backup, item, passage).await,
            _ => self.try_overflow(item, passage, reason),
        }
    }

    /// What the policy does, where it must not wait.
    fn try_overflow(
        &self,
        item: T,
        passage: Passage<'_>,
        reason: Refusal,
    ) -> Result<(), Refused<T>> {
        match &self.overflow {
            Overflow::DropNewest => {
                self.discard(item, passage);
                Ok(())
            }
            Overflow::Queue(queue) => {
                passage.queue(Fate::Rejected, || queue.push(item))?;
                self.idle.wake_all();
                self.pump(&**queue);
                Ok(())
            }
            Overflow::Divert(backup) => {
                self.note_backup(try_deliver(backup, item, passage, Fate::Diverted))
            }
            Overflow::Wait | Overflow::Reject | Overflow::DropOldest(_) => {
                passage.end(Fate::Rejected);
                Err(Refused::new(item, reason))
            }
        }
    }

    async fn wait(&self, item: T, passage: Passage<'_>) -> Result<(), Refused<T>> {
        let turn = self.turn().await;
        self.follow(turn, item, passage).await
    }

    /// Waits until an item may go on: to the target (`None`), or to the backup when it is closed.
    async fn turn(&self) -> Option<&Backup<T, S>> {
        let Some(backup) = &self.backup else {
            // One is never above the burst.
            let _admitted = self.protector.admit(1).await;
            return None;
        };
        self.protector.admit_if_open(1).await.is_err().then_some(backup)
    }

    async fn follow(
        &self,
        turn: Option<&Backup<T, S>>,
        item: T,
        passage: Passage<'_>,
    ) -> Result<(), Refused<T>> {
        match turn {
            None => deliver(&self.target, item, passage, Fate::Delivered).await,
            Some(backup) => self.divert(backup, item, passage).await,
        }
    }

    async fn divert(
        &self,
        backup: &Backup<T, S>,
        item: T,
        passage: Passage<'_>,
    ) -> Result<(), Refused<T>> {
        self.note_backup(deliver(backup, item, passage, Fate::Diverted).await)
    }

    /// Tells the observer what a backup did with an item.
    fn note_backup(&self, result: Result<(), Refused<T>>) -> Result<(), Refused<T>> {
        let reason = result.as_ref().err().map(|refused| refused.reason);
        self.protector.herald().tell(|component| match reason {
            None => Event::BackupUsed { component, items: 1 },
            Some(reason) => Event::BackupFailed { component, items: 1, reason },
        });
        result
    }

    /// Drops an item, as the policy says.
    fn discard(&self, item: T, passage: Passage<'_>) {
        drop(item);
        passage.end(Fate::Dropped);
        self.protector.herald().tell(|component| Event::OverflowDropped { component, items: 1 });
    }
}

/// Puts an item back where it was. If the queue refuses what it gave out, the item is lost, and
/// counted as abandoned.
fn put_back<T>(queue: &dyn Queue<T>, item: T, passage: Passage<'_>) {
    if passage.queue(Fate::Abandoned, || queue.restore(item)).is_err() {
        tracing::error!("a queue refused an item that it had given out: the item is dropped");
    }
}

async fn deliver<T: Send + 'static>(
    target: &impl Submit<T>,
    item: T,
    passage: Passage<'_>,
    fate: Fate,
) -> Result<(), Refused<T>> {
    let result = target.submit(item).await;
    passage.end(if result.is_ok() { fate } else { Fate::Rejected });
    result
}

fn try_deliver<T>(
    target: &impl Submit<T>,
    item: T,
    passage: Passage<'_>,
    fate: Fate,
) -> Result<(), Refused<T>> {
    let result = target.try_submit(item);
    passage.end(if result.is_ok() { fate } else { Fate::Rejected });
    result
}
