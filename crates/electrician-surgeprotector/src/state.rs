//! What a surge protector does at the moment, and how to see it change.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::core::Core;

/// What a surge protector does at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// It admits.
    #[default]
    Open,
    /// It admits as the rate allows, and something was held back a moment ago.
    RateLimited,
    /// There is a blackout.
    BlackedOut,
    /// It was tripped.
    Tripped,
}

/// Sees the state of a surge protector change. Made by [`SurgeProtector::watch`]; needs no runtime
/// but that of the clock.
///
/// [`SurgeProtector::watch`]: crate::SurgeProtector::watch
pub struct StateWatch {
    core: Arc<Core>,
    seen: State,
}

// === impl State ===

impl State {
    /// Whether nothing is admitted: tripped or blacked out.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Tripped | Self::BlackedOut)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::RateLimited => "rate limited",
            Self::BlackedOut => "blacked out",
            Self::Tripped => "tripped",
        })
    }
}

// === impl StateWatch ===

impl StateWatch {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let seen = core.state();
        Self { core, seen }
    }

    /// The state that was seen last.
    pub const fn seen(&self) -> State {
        self.seen
    }

    /// Waits until the state is another than the one seen last, and gives it. States that come and
    /// go between two looks are not seen. Cancel-safe.
    pub async fn changed(&mut self) -> State {
        let (core, seen) = (&self.core, self.seen);
        let place = core.watchers().enter();
        let mut alarm = core.alarm();
        let state = poll_fn(|cx| {
            place.wait(cx.waker());
            loop {
                // Before the look: a limit that ends between the two would leave nothing to wait
                // for.
                let next_change = core.next_change();
                let state = core.state();
                if state != seen {
                    return Poll::Ready(state);
                }
                if alarm.poll(cx, next_change).is_pending() {
                    return Poll::Pending;
                }
            }
        })
        .await;
        drop(place);
        self.seen = state;
        state
    }
}

impl fmt::Debug for StateWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateWatch").field("seen", &self.seen).finish_non_exhaustive()
    }
}
