//! Configuration of the queue in memory.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use electrician_types::{Clock, ConfigError};

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
    clock: Option<Arc<dyn Clock>>,
    wall: Option<SystemTime>,
}

// === impl ResisterBuilder ===

impl<T> ResisterBuilder<T> {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self { capacity, budget: None, aging: Aging::none(), ttl: None, clock: None, wall: None }
    }

    /// Bounds the queue in bytes, too; `size` weighs a value. An item that is heavier than `bytes`
    /// is refused for good. Default: no bound in bytes.
    pub fn with_max_bytes(
        mut self,
        bytes: u64,
        size: impl Fn(&T) -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.budget = Some((bytes, Box::new(size)));
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
        let mut problems = Vec::new();
        problems.extend(capacity_problem(self.capacity));
        if self.budget.as_ref().is_some_and(|(bytes, _)| *bytes == 0) {
            problems.push("resister: max_bytes is 0, nothing would ever fit".to_owned());
        }
        ConfigError::check(problems)?;
        let time = Timeline::new(self.clock.clone(), self.wall);
        Ok(Resister::from_parts(self, time))
    }
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
            .finish_non_exhaustive()
    }
}
