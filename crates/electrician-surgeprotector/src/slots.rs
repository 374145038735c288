//! Places for what is under way, and those who wait for one: what every limit of concurrency needs.

use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;

use crate::wait::{WaitList, lock};

/// How many may be under way at once.
pub(crate) trait Limit {
    fn limit(&self) -> usize;
}

pub(crate) struct Slots<L> {
    load: Mutex<Load<L>>,
    line: WaitList,
}

struct Load<L> {
    limit: L,
    in_flight: usize,
}

// A limit that stays what it is.
impl Limit for usize {
    fn limit(&self) -> usize {
        *self
    }
}

// === impl Slots ===

impl<L: Limit> Slots<L> {
    pub(crate) fn new(limit: L) -> Self {
        Self { load: Mutex::new(Load { limit, in_flight: 0 }), line: WaitList::default() }
    }

    /// How many may be under way, and how many are.
    pub(crate) fn use_of(&self) -> (usize, usize) {
        let load = lock(&self.load);
        (load.limit.limit(), load.in_flight)
    }

    pub(crate) fn is_full(&self) -> bool {
        let (limit, in_flight) = self.use_of();
        in_flight >= limit
    }

    /// One more is under way, if there is a place and nobody waits for it.
    pub(crate) fn try_take(&self) -> bool {
        self.line.is_empty() && self.enter(1) == 1
    }

    /// Waits for a place. Who came first has it first.
    pub(crate) async fn take(&self) {
        if self.try_take() {
            return;
        }
        let place = self.line.enter();
        poll_fn(|cx| {
            place.wait(cx.waker());
            if place.is_first() && self.enter(1) == 1 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Up to `want` more are under way from now on, as many as there are places, whoever waits.
    pub(crate) fn enter(&self, want: usize) -> usize {
        let mut load = lock(&self.load);
        let count = want.min(load.limit.limit().saturating_sub(load.in_flight));
        load.in_flight += count;
        count
    }

    /// One is over. The limit learns from that; it is told how many were under way.
    pub(crate) fn exit(&self, learn: impl FnOnce(&mut L, usize)) {
        {
            let mut load = lock(&self.load);
            let in_flight = load.in_flight;
            learn(&mut load.limit, in_flight);
            load.in_flight -= 1;
        }
        // One that gets a place leaves the line and wakes the next, so one is enough.
        self.line.wake_first();
    }

    /// Waits until there is a place. Does not take it.
    pub(crate) async fn room(&self) {
        let place = self.line.enter();
        poll_fn(|cx| {
            place.wait(cx.waker());
            if self.is_full() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}
