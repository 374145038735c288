//! Where in the line an item goes.

use std::time::Duration;

use crate::Key;

/// How an item is queued: priority, key, time to live.
///
/// Most calls take what converts into one: a number is a priority, a pair is a priority and a key.
///
/// ```
/// # use std::time::Duration;
/// # use electrician_resister::{Placement, Resister};
/// let queue = Resister::new(8);
/// queue.try_push("routine", 0).unwrap();
/// queue.try_push("urgent", 5).unwrap();
/// queue.try_push("price of ACME", (0, "acme")).unwrap();
/// queue.try_push("soon stale", Placement::new(0).with_ttl(Duration::from_secs(3))).unwrap();
/// assert_eq!(queue.try_pop().unwrap().value(), &"urgent");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    pub(crate) priority: i32,
    pub(crate) key: Option<Key>,
    pub(crate) ttl: Option<Duration>,
}

// === impl Placement ===

impl Placement {
    /// A place by `priority` alone; higher comes out first. Default: 0.
    pub const fn new(priority: i32) -> Self {
        Self { priority, key: None, ttl: None }
    }

    /// Names the item. If an element of this name is waiting, the item takes its place.
    pub fn with_key(mut self, key: impl Into<Key>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// How long the item may wait, from the push. Default: the queue's.
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }
}

impl From<i32> for Placement {
    fn from(priority: i32) -> Self {
        Self::new(priority)
    }
}

impl<K: Into<Key>> From<(i32, K)> for Placement {
    fn from((priority, key): (i32, K)) -> Self {
        Self::new(priority).with_key(key)
    }
}
