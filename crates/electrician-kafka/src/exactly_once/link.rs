//! What the source and the sink of a pair know of each other.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use electrician_types::{Error, ErrorKind, Result};

use crate::sink::{Producer, Slots, lock};

/// Between a source and a sink that share transactions.
pub(crate) struct Link {
    /// How long a transaction takes records.
    pub(crate) interval: Duration,
    /// How many records it takes.
    pub(crate) records: u64,
    state: Mutex<State>,
    /// The transaction comes to nothing: what still gets to the sink is part of it.
    is_doomed: AtomicBool,
}

#[derive(Default)]
struct State {
    outlet: Option<Outlet>,
    /// How many are at opening the sink.
    opening: usize,
    /// Why there is no producer.
    trouble: Option<Error>,
    is_attached: bool,
    /// A source went away while items of its transaction were under way.
    is_spoilt: bool,
    released: Option<Waker>,
}

/// The sink's side, while it is open.
#[derive(Clone)]
pub(crate) struct Outlet {
    pub(crate) producer: Arc<Producer>,
    pub(crate) slots: Arc<Slots>,
}

/// The sink is open as long as this lives.
pub(crate) struct Published(Arc<Link>);

/// The sink is being opened as long as this lives.
pub(crate) struct Opening(Arc<Link>);

/// The source works as long as this lives.
pub(crate) struct Attached(Arc<Link>);

// === impl Link ===

impl Link {
    pub(crate) fn new(interval: Duration, records: u64) -> Self {
        Self { interval, records, state: Mutex::default(), is_doomed: AtomicBool::new(false) }
    }

    // --- the sink's side ---

    /// Somebody begins to open the sink.
    pub(crate) fn begin_opening(self: &Arc<Self>) -> Opening {
        let mut state = lock(&self.state);
        state.opening += 1;
        state.trouble = None;
        Opening(Arc::clone(self))
    }

    /// The sink is open.
    pub(crate) fn publish(self: &Arc<Self>, outlet: Outlet) -> Published {
        let mut state = lock(&self.state);
        *state = State { outlet: Some(outlet), opening: state.opening, ..State::default() };
        drop(state);
        self.is_doomed.store(false, Ordering::SeqCst);
        Published(Arc::clone(self))
    }

    /// The sink could not be opened.
    pub(crate) fn note_trouble(&self, error: Error) {
        lock(&self.state).trouble = Some(error);
    }

    /// Waits until no source needs the producer.
    pub(crate) async fn released(&self) {
        poll_fn(|cx| {
            let mut state = lock(&self.state);
            if !state.is_attached {
                return Poll::Ready(());
            }
            state.released = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    pub(crate) fn has_source(&self) -> bool {
        lock(&self.state).is_attached
    }

    // --- the source's side ---

    /// The sink's side for a source that begins, `None` while the sink is not open.
    pub(crate) fn attach(self: &Arc<Self>) -> Result<Option<(Outlet, Attached)>> {
        let mut state = lock(&self.state);
        if let Some(error) = state.trouble.take() {
            return Err(error);
        }
        let Some(outlet) = state.outlet.clone() else { return Ok(None) };
        if state.is_attached || state.is_spoilt {
            let what = if state.is_attached {
                "another source of the pair is at work"
            } else {
                "records of an aborted transaction may still be on their way to the sink: stop the \
                 pipeline, and start it again"
            };
            return Err(Error::new(ErrorKind::Closed, what));
        }
        state.is_attached = true;
        Ok(Some((outlet, Attached(Arc::clone(self)))))
    }

    /// Whether the sink is there, may still come, or tells why it does not.
    pub(crate) fn is_expected(&self) -> bool {
        let state = lock(&self.state);
        state.opening > 0 || state.trouble.is_some() || state.outlet.is_some()
    }

    /// Whether the sink went away.
    pub(crate) fn is_deserted(&self) -> bool {
        lock(&self.state).outlet.is_none()
    }

    /// Items of this source may come to the sink for ever after.
    pub(crate) fn spoil(&self) {
        lock(&self.state).is_spoilt = true;
    }

    // --- both ---

    pub(crate) fn doom(&self) {
        self.is_doomed.store(true, Ordering::SeqCst);
    }

    /// Only when everything of the transaction that came to nothing has its verdict.
    pub(crate) fn absolve(&self) {
        self.is_doomed.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_doomed(&self) -> bool {
        self.is_doomed.load(Ordering::SeqCst)
    }
}

// === impl Published ===

impl Drop for Published {
    fn drop(&mut self) {
        lock(&self.0.state).outlet = None;
    }
}

// === impl Opening ===

impl Drop for Opening {
    fn drop(&mut self) {
        lock(&self.0.state).opening -= 1;
    }
}

// === impl Attached ===

impl Drop for Attached {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.is_attached = false;
        let released = state.released.take();
        drop(state);
        if let Some(waker) = released {
            waker.wake();
        }
    }
}
