//! Where items go while the way is closed.

use std::fmt;

use electrician_types::{Denial, Refusal, Refused, Submit};

/// Other places for items: one after the other until one takes the item, or all of them. It has at
/// least one, and is itself a [`Submit`].
///
/// When none takes the item, it comes back in the error, with the reason of the last.
pub struct Backup<T, S> {
    targets: Vec<S>,
    /// Copies an item, where all targets get one.
    copy: Option<fn(&T) -> T>,
}

// === impl Backup ===

impl<T, S> Backup<T, S> {
    /// `first`, and those added with [`or`](Self::or), in that order: the first one that takes the
    /// item has it.
    ///
    /// A submit takes the first target that has room now. If none has, it waits for the first that
    /// is not closed.
    pub fn failover(first: S) -> Self {
        Self { targets: vec![first], copy: None }
    }

    /// `first`, and those added with [`or`](Self::or): each gets the item, all but the last of them
    /// a copy. It is taken when at least one has taken it; what the others refuse is dropped.
    pub fn broadcast(first: S) -> Self
    where
        T: Clone,
    {
        Self { targets: vec![first], copy: Some(T::clone) }
    }

    /// Adds a target.
    #[must_use]
    pub fn or(mut self, next: S) -> Self {
        self.targets.push(next);
        self
    }

    /// The targets, in order.
    pub fn targets(&self) -> &[S] {
        &self.targets
    }
}

impl<T: Send + 'static, S: Submit<T>> Backup<T, S> {
    /// The first that has room, or the item and the first target that would have room later.
    fn offer(&self, mut item: T) -> Result<(), (Refused<T>, Option<usize>)> {
        let (mut reason, mut waits) = (Refusal::Closed, None);
        for (index, target) in self.targets.iter().enumerate() {
            match target.try_submit(item) {
                Ok(()) => return Ok(()),
                Err(refused) => {
                    let may_wait = matches!(
                        refused.reason,
                        Refusal::Full | Refusal::Denied(Denial::RateLimited)
                    );
                    if may_wait && waits.is_none() {
                        waits = Some(index);
                    }
                    (item, reason) = (refused.item, refused.reason);
                }
            }
        }
        Err((Refused::new(item, reason), waits))
    }
}

impl<T: Send + 'static, S: Submit<T>> Submit<T> for Backup<T, S> {
    async fn submit(&self, item: T) -> Result<(), Refused<T>> {
        let Some(copy) = self.copy else {
            let (mut refused, waits) = match self.offer(item) {
                Ok(()) => return Ok(()),
                Err(rest) => rest,
            };
            let Some(from) = waits else {
                return Err(refused);
            };
            for target in &self.targets[from..] {
                match target.submit(refused.item).await {
                    Ok(()) => return Ok(()),
                    Err(again) => refused = again,
                }
            }
            return Err(refused);
        };
        let mut taken = false;
        let (last, others) = self.targets.split_last().expect("there is at least one target");
        for target in others {
            taken |= target.submit(copy(&item)).await.is_ok();
        }
        match last.submit(item).await {
            Err(refused) if !taken => Err(refused),
            _ => Ok(()),
        }
    }

    fn try_submit(&self, item: T) -> Result<(), Refused<T>> {
        let Some(copy) = self.copy else {
            return self.offer(item).map_err(|(refused, _)| refused);
        };
        let mut taken = false;
        let (last, others) = self.targets.split_last().expect("there is at least one target");
        for target in others {
            taken |= target.try_submit(copy(&item)).is_ok();
        }
        match last.try_submit(item) {
            Err(refused) if !taken => Err(refused),
            _ => Ok(()),
        }
    }
}

impl<T, S> fmt::Debug for Backup<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.copy.is_some() { "broadcast" } else { "failover" };
        write!(f, "Backup({kind} of {})", self.targets.len())
    }
}
