//! One request for all who want the same.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

/// A request under way. Everybody who waits for it drives it; when nobody does it stands still, and
/// goes on with the next who comes. Nothing runs in the background.
pub(crate) struct Flight<T: Clone> {
    landing: Landing<T>,
    started: Instant,
}

/// What those who wait await.
pub(crate) type Landing<T> = Shared<BoxFuture<'static, T>>;

// === impl Flight ===

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    pub(crate) fn start(now: Instant, request: impl Future<Output = T> + Send + 'static) -> Self {
        Self { landing: request.boxed().shared(), started: now }
    }

    pub(crate) fn landing(&self) -> Landing<T> {
        self.landing.clone()
    }

    /// Whether this is what `landing` belongs to.
    pub(crate) fn is(&self, landing: &Landing<T>) -> bool {
        self.landing.ptr_eq(landing)
    }

    /// Whether it has stood still for so long that it is better to start anew: nobody has waited
    /// for it to the end, though it must have ended within `limit`.
    pub(crate) fn is_abandoned(&self, now: Instant, limit: Duration) -> bool {
        self.landing.peek().is_none() && now.saturating_duration_since(self.started) >= limit
    }

    /// Whether somebody waits for it.
    pub(crate) fn is_awaited(&self) -> bool {
        self.landing.strong_count().is_some_and(|count| count > 1)
    }
}
