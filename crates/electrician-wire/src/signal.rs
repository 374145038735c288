//! A flag that is raised once and wakes whoever waits for it.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::sync::{AtomicBool, Ordering};
use crate::wait::{WaitList, Waiter};

/// Raised once, for good.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    raised: AtomicBool,
    waiting: Arc<WaitList>,
}

/// A task's view of a [`Signal`]. It enters the signal's list once and stays there, so watching
/// costs a load per poll.
#[derive(Debug)]
pub(crate) struct Watch {
    signal: Arc<Signal>,
    waiter: Waiter,
    known: Option<Waker>,
}

// === impl Signal ===

impl Signal {
    pub(crate) fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        self.waiting.wake_all();
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }

    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        let waiter = Waiter::new(Arc::clone(&self.waiting));
        Watch { signal: Arc::clone(self), waiter, known: None }
    }
}

// === impl Watch ===

impl Watch {
    pub(crate) fn is_raised(&self) -> bool {
        self.signal.is_raised()
    }

    pub(crate) fn poll_raised(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.signal.is_raised() {
            return Poll::Ready(());
        }
        if self.known.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        self.known = Some(cx.waker().clone());
        let signal = &self.signal;
        self.waiter.poll_until(cx, || signal.is_raised().then_some(()))
    }

    pub(crate) async fn raised(&mut self) {
        std::future::poll_fn(|cx| self.poll_raised(cx)).await;
    }
}
