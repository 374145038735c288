//! Configuration of the queue in memory.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use electrician_types::{Clock, ComponentKind, ConfigError, Metadata, Observer};

use crate::herald::Herald;
use crate::resister::SizeFn;
use crate::time::Timeline;
use crate::{Aging, Resister};

/// Configures a [`Resister`].
#[must_use = "a builder does nothing until it builds"]
pub struct ResisterBuilder<T> {
    pub(crate) capacity: usize,
    pub(crate) budget: Option<(u64, SizeFn<T>)>,
    pub(crate) aging: Aging,
    pub(crate) ttl: Option<Duration>,
    pub(crate) max_attempts: u32,
    name: Option<Arc<str>>,
    observer: Option<Arc<dyn Observer>>,
    clock: Option<Arc<dyn Clock>>,
    wall: Option<SystemTime>,
}

// === impl ResisterBuilder ===

impl<T> ResisterBuilder<T> {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            budget: None,
            aging: Aging::none(),
            ttl: None,
            max_attempts: u32::MAX,
            name: None,
            observer: None,
            clock: None,
            wall: None,
        }
    }

    /// Bounds the queue in bytes, too; `size` weighs a value. An item that is heavier than `bytes`
    /// is refused for good. Default: no bound in bytes.
    pub fn with_max_bytes(
        mut self,
        bytes: u64,
        size: impl Fn(&T) -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.budget = Some((bytes, Arc::new(size)));
        self
    }

    /// What waiting is worth. Default: nothing, the order is strictly by priority.
    pub const fn with_aging(mut self, aging: Aging) -> Self {
        self.aging = aging;
        self
    }

    /// How long an item may wait unless its placement says otherwise. Default: for ever.
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// How many attempts an element has, at least 1. One that is queued again after so many does
    /// not wait any more: it is fetched with [`Resister::drain_exhausted`]. Default: 4,294,967,295.
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The name, which shows in events. Default: `resister`.
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Watches the queue: [`Queued`](electrician_types::Event::Queued),
    /// [`Requeued`](electrician_types::Event::Requeued),
    /// [`Dequeued`](electrician_types::Event::Dequeued),
    /// [`Emptied`](electrician_types::Event::Emptied),
    /// [`Expired`](electrician_types::Event::Expired) and
    /// [`Exhausted`](electrician_types::Event::Exhausted), each at most once per call, with a count
    /// for all elements of a batch. What two threads do at the same time may be seen in either
    /// order.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Where time comes from. Default: the system's steady clock.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// What the wall clock shows now. Default: what it shows. Only [`Element::first_seen`] and
    /// [`Element::expires`] depend on it.
    ///
    /// [`Element::first_seen`]: crate::Element::first_seen
    /// [`Element::expires`]: crate::Element::expires
    pub const fn with_wall_time(mut self, now: SystemTime) -> Self {
        self.wall = Some(now);
        self
    }

    /// The queue, or every problem of its configuration.
    pub fn build(self) -> Result<Resister<T>, ConfigError> {
        self.check()?;
        Ok(self.assemble())
    }

    /// Every problem of the configuration.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        problems.extend(capacity_problem(self.capacity));
        if self.budget.as_ref().is_some_and(|(bytes, _)| *bytes == 0) {
            problems.push("resister: max_bytes is 0, nothing would ever fit".to_owned());
        }
        problems.extend(attempts_problem(self.max_attempts));
        ConfigError::check(problems)
    }

    /// The queue, of a configuration without problems.
    pub(crate) fn assemble(self) -> Resister<T> {
        let time = Timeline::new(self.clock.clone(), self.wall);
        let herald = herald(self.name.clone(), self.observer.clone());
        Resister::from_parts(self, time, herald)
    }

    /// The same configuration of a queue whose elements have a `T` inside.
    #[cfg(feature = "tower")]
    pub(crate) fn of<U: 'static>(&self, inside: fn(&U) -> &T) -> ResisterBuilder<U>
    where
        T: 'static,
    {
        let budget = self.budget.as_ref().map(|(bytes, size)| {
            let size = Arc::clone(size);
            let outer: SizeFn<U> = Arc::new(move |value| size(inside(value)));
            (*bytes, outer)
        });
        ResisterBuilder {
            capacity: self.capacity,
            budget,
            aging: self.aging,
            ttl: self.ttl,
            max_attempts: self.max_attempts,
            name: self.name.clone(),
            observer: self.observer.clone(),
            clock: self.clock.clone(),
            wall: self.wall,
        }
    }
}

/// Speaks for a queue of this name.
pub(crate) fn herald(name: Option<Arc<str>>, observer: Option<Arc<dyn Observer>>) -> Herald {
    let name = name.unwrap_or_else(|| "resister".into());
    Herald { metadata: Metadata::new(ComponentKind::Resister, name), observer }
}

/// What is wrong with a limit of attempts.
pub(crate) fn attempts_problem(attempts: u32) -> Option<String> {
    let text = "resister: max_attempts is 0, nothing would ever be tried: give at least 1";
    (attempts == 0).then(|| text.to_owned())
}

/// What is wrong with a bound in items.
pub(crate) fn capacity_problem(capacity: usize) -> Option<String> {
    // Places are numbered in 32 bits, and one number says that there is none.
    let most = u32::MAX as usize - 1;
    (capacity == 0 || capacity > most)
        .then(|| format!("resister: the capacity is {capacity}, it should be 1 to {most}"))
}

impl<T> fmt::Debug for ResisterBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResisterBuilder")
            .field("capacity", &self.capacity)
            .field("max_bytes", &self.budget.as_ref().map(|(bytes, _)| bytes))
            .field("aging", &self.aging)
            .field("ttl", &self.ttl)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}
