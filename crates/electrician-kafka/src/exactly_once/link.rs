//! What the source and the sink of a pair know of each other.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use electrician_types::{Error, ErrorKind, Result};
use rdkafka::error::RDKafkaErrorCode;

use crate::sink::{Producer, Slots, lock};

/// Between a source and a sink that share transactions.
pub(crate) struct Link {
    /// How long a transaction takes records.
    pub(crate) interval: Duration,
    /// How many records it takes.
    pub(crate) records: u64,
    /// How long it may last.
    pub(crate) timeout: Duration,
    state: Mutex<State>,
    /// The transaction comes to nothing: what still gets to the sink is part of it.
    is_doomed: AtomicBool,
    /// How often one producer took the place of another.
    generation: AtomicU64,
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
    /// The source asks for another producer, for this one cannot go on.
    is_wanted: bool,
    /// The answer to that.
    another: Option<Result<Outlet>>,
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
    pub(crate) fn new(interval: Duration, records: u64, timeout: Duration) -> Self {
        Self {
            interval,
            records,
            timeout,
            state: Mutex::default(),
            is_doomed: AtomicBool::new(false),
            generation: AtomicU64::new(0),
        }
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

    /// Whether another producer is to be made, which is asked for once.
    pub(crate) fn take_wish(&self) -> bool {
        std::mem::take(&mut lock(&self.state).is_wanted)
    }

    /// Another producer took the place of the one before, or could not be made.
    pub(crate) fn answer(&self, another: Result<Outlet>) {
        let mut state = lock(&self.state);
        if state.outlet.is_none() {
            return;
        }
        if let Ok(outlet) = &another {
            state.outlet = Some(outlet.clone());
            self.generation.fetch_add(1, Ordering::SeqCst);
        }
        state.another = Some(another);
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
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

    /// The producer cannot go on: another is to take its place.
    pub(crate) fn ask_for_another(&self) {
        let mut state = lock(&self.state);
        state.is_wanted = true;
        state.another = None;
    }

    /// The answer, when there is one.
    pub(crate) fn take_another(&self) -> Option<Result<Outlet>> {
        lock(&self.state).another.take()
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

impl Published {
    /// The producer, if it is not that of `generation` any more.
    pub(crate) fn newer(&self, generation: u64) -> Option<(u64, Arc<Producer>)> {
        let now = self.0.generation();
        if now == generation {
            return None;
        }
        let state = lock(&self.0.state);
        state.outlet.as_ref().map(|outlet| (now, Arc::clone(&outlet.producer)))
    }
}

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

/// Whether another producer may go on where one has ended with this error. Not where somebody else has
/// the transactional id, or where the cluster does not want us.
pub(crate) fn is_replaceable(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    !matches!(
        code,
        Code::Fenced
            | Code::ProducerFenced
            | Code::InvalidProducerEpoch
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::UnsupportedFeature
            | Code::UnsupportedVersion
            | Code::InvalidTransactionTimeout
    )
}
