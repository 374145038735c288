//! Waiting for the breaker.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Instant;

use event_listener::EventListener;

use crate::breaker::{BreakerState, CircuitBreaker};
use crate::permit::Permit;
use crate::shared::Outlook;
use crate::state::Machine;

/// Tells of changes of a breaker's state, also of those that only time brings: while somebody waits
/// here, an open breaker half-opens when its time has passed, whether or not anybody calls.
///
/// No change is lost: one that comes while nobody waits is told at the next wait. Several such are
/// told as one, so nothing piles up.
pub struct Watch {
    breaker: CircuitBreaker,
    seen: u64,
}

// === impl Watch ===

impl Watch {
    pub(crate) fn new(breaker: CircuitBreaker) -> Self {
        breaker.half_open_if_due();
        let seen = breaker.shared.gate.look().epoch();
        Self { breaker, seen }
    }

    /// The state now, whatever was told before.
    pub fn current(&self) -> BreakerState {
        self.breaker.state()
    }

    /// Waits until the state has changed since the watch was made or since the last change that it
    /// told. Says what it is now, which may be what it was: closed, open, closed.
    ///
    /// Cancel-safe.
    pub async fn changed(&mut self) -> BreakerState {
        loop {
            if let Some(state) = self.news() {
                return state;
            }
            let listener = self.breaker.shared.listen();
            if let Some(state) = self.news() {
                return state;
            }
            self.breaker.wait(listener, self.breaker.due()).await;
            self.breaker.half_open_if_due();
        }
    }

    fn news(&mut self) -> Option<BreakerState> {
        let epoch = self.breaker.shared.gate.look().epoch();
        (epoch != self.seen).then(|| {
            self.seen = epoch;
            self.current()
        })
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("current", &self.current()).finish_non_exhaustive()
    }
}

// === impl CircuitBreaker ===

impl CircuitBreaker {
    /// Waits until the breaker may admit a call: until it is closed, or half-open with a place for
    /// a probe, or open for long enough. Another caller may be faster:
    /// [`acquire`](Self::acquire) takes a permit as well.
    ///
    /// Cancel-safe.
    pub async fn until_admitting(&self) {
        loop {
            if matches!(self.shared.outlook(), Outlook::Now) {
                return;
            }
            let listener = self.shared.listen();
            let due = match self.shared.outlook() {
                Outlook::Now => return,
                Outlook::At(due) => Some(due),
                Outlook::Unknown => None,
            };
            self.wait(listener, due).await;
        }
    }

    /// Waits for leave for one call.
    ///
    /// Cancel-safe: a wait that is dropped has taken no permit. Not fair: a caller that comes at
    /// the right moment may be faster than one that waits.
    pub async fn acquire(&self) -> Permit<&Self> {
        loop {
            if let Ok(permit) = self.try_acquire() {
                return permit;
            }
            self.until_admitting().await;
        }
    }

    /// When an open breaker half-opens.
    fn due(&self) -> Option<Instant> {
        if self.shared.gate.look().is_open() { self.shared.gate.until() } else { None }
    }

    fn half_open_if_due(&self) {
        if self.due().is_some_and(|due| self.shared.clock().now() >= due) {
            self.shared.change(Machine::refresh);
        }
    }

    /// Waits for a change, or until `due`.
    async fn wait(&self, mut listener: EventListener, due: Option<Instant>) {
        let mut timer = due.map(|due| {
            let mut timer = self.shared.clock().timer();
            timer.reset(due);
            timer
        });
        poll_fn(|cx| {
            if Pin::new(&mut listener).poll(cx).is_ready() {
                return Poll::Ready(());
            }
            timer.as_mut().map_or(Poll::Pending, |timer| timer.poll_elapsed(cx))
        })
        .await;
    }
}
