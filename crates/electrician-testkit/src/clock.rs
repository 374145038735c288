//! A clock that stands still until a test moves it.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use electrician_types::{Clock, Timer};

use crate::changes::{Changes, lock};

/// A clock for tests: time passes when [`advance`](Self::advance) says so, and only then.
///
/// Clones are the same clock. It needs no runtime and works with any.
///
/// Timers fire in the order of their deadlines, each at the moment it was set for: while its task
/// is woken, [`now`](Clock::now) is the deadline. A task runs when its runtime polls it, which may
/// be after the clock has moved on.
#[derive(Clone)]
pub struct VirtualClock {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    set: Changes,
}

struct State {
    start: Instant,
    now: Instant,
    /// Where the clock is going; `now` follows, deadline by deadline.
    target: Instant,
    /// Timers to come, by deadline, then in the order they were made.
    timers: BTreeMap<(Instant, u64), Option<Waker>>,
    next_timer: u64,
}

struct VirtualTimer {
    shared: Arc<Shared>,
    number: u64,
    deadline: Option<Instant>,
}

// === impl VirtualClock ===

impl VirtualClock {
    /// A clock that stands at the present of the system's clock.
    pub fn new() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "an `Instant` can be had from nowhere else; what follows is virtual"
        )]
        let start = Instant::now();
        let state =
            State { start, now: start, target: start, timers: BTreeMap::new(), next_timer: 0 };
        let shared = Shared { state: Mutex::new(state), set: Changes::default() };
        Self { shared: Arc::new(shared) }
    }

    /// How much time has passed since the clock was made.
    pub fn elapsed(&self) -> Duration {
        let state = lock(&self.shared.state);
        state.now - state.start
    }

    /// Lets `duration` pass, firing every timer that is due by then.
    ///
    /// May be called from anywhere, also by what a timer wakes; calls at the same time add up.
    pub fn advance(&self, duration: Duration) {
        lock(&self.shared.state).target += duration;
        self.shared.catch_up();
    }

    /// Lets time pass until the next timer fires, and says how much; `None` when no timer is set.
    pub fn advance_to_next(&self) -> Option<Duration> {
        let wait = {
            let mut state = lock(&self.shared.state);
            let next = state.next_deadline()?;
            let wait = next.saturating_duration_since(state.now);
            state.target = state.target.max(next);
            wait
        };
        self.shared.catch_up();
        Some(wait)
    }

    /// How many timers are set and have not fired.
    ///
    /// A timer that its owner has lost interest in counts until it fires, is set again, or is
    /// dropped: a clock cannot know.
    pub fn pending(&self) -> usize {
        lock(&self.shared.state).timers.len()
    }

    /// When the next timer fires.
    pub fn next_deadline(&self) -> Option<Instant> {
        lock(&self.shared.state).next_deadline()
    }

    /// Waits, without a sleep, until at least `count` timers are [`pending`](Self::pending).
    /// Cancel-safe.
    pub async fn wait_for_timers(&self, count: usize) {
        let enough = || (self.pending() >= count).then_some(());
        self.shared.set.until(enough).await;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        lock(&self.shared.state).now
    }

    fn timer(&self) -> Box<dyn Timer> {
        let mut state = lock(&self.shared.state);
        let number = state.next_timer;
        state.next_timer += 1;
        drop(state);
        Box::new(VirtualTimer { shared: Arc::clone(&self.shared), number, deadline: None })
    }

    fn is_same_as(&self, other: &dyn Clock) -> bool {
        (other as &dyn Any)
            .downcast_ref::<Self>()
            .is_some_and(|other| Arc::ptr_eq(&self.shared, &other.shared))
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualClock")
            .field("elapsed", &self.elapsed())
            .field("pending", &self.pending())
            .finish()
    }
}

// === impl Shared ===

impl Shared {
    /// Moves `now` to the target, firing what is due on the way. No lock is held while a task is
    /// woken.
    fn catch_up(&self) {
        loop {
            let mut state = lock(&self.state);
            let due = state.next_deadline().filter(|next| *next <= state.target);
            let Some(due) = due else {
                state.now = state.target;
                return;
            };
            state.now = state.now.max(due);
            let fired = state.timers.pop_first();
            drop(state);
            if let Some((_, Some(waker))) = fired {
                waker.wake();
            }
        }
    }
}

// === impl State ===

impl State {
    fn next_deadline(&self) -> Option<Instant> {
        self.timers.first_key_value().map(|((next, _), _)| *next)
    }
}

// === impl VirtualTimer ===

impl VirtualTimer {
    fn unset(&mut self, state: &mut State) -> Option<Waker> {
        let deadline = self.deadline.take()?;
        state.timers.remove(&(deadline, self.number)).flatten()
    }
}

impl Timer for VirtualTimer {
    fn reset(&mut self, deadline: Instant) {
        let shared = Arc::clone(&self.shared);
        let mut state = lock(&shared.state);
        let waker = self.unset(&mut state);
        self.deadline = Some(deadline);
        if deadline > state.now {
            state.timers.insert((deadline, self.number), None);
        }
        drop(state);
        // Dropping a waker may run foreign code: not under the lock.
        drop(waker);
        shared.set.announce();
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        let mut state = lock(&self.shared.state);
        if state.now >= deadline {
            return Poll::Ready(());
        }
        let waker = state.timers.entry((deadline, self.number)).or_default();
        let former = waker.replace(cx.waker().clone());
        drop(state);
        drop(former);
        Poll::Pending
    }
}

impl Drop for VirtualTimer {
    fn drop(&mut self) {
        let shared = Arc::clone(&self.shared);
        let mut state = lock(&shared.state);
        let waker = self.unset(&mut state);
        drop(state);
        drop(waker);
    }
}

impl fmt::Debug for VirtualTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualTimer").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
