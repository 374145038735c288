//! A stream to a target, as the sink and the task that runs it share it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use electrician_relay::session::{Outcome, Reconnect, SenderEvent, SenderSession, Settled};
use electrician_relay::transport::now;
use electrician_relay::{Ack, Frame, RawPayload, Text};
use electrician_types::{NackReason, Receipt, Refusal};
use futures_util::{FutureExt, Stream, stream};
use tokio::sync::{Notify, watch};
use tonic::{Status, Streaming};

use crate::totals::Totals;

/// A payload that was not delivered.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedPayload<'a> {
    /// The payload, as it was sent.
    pub payload: &'a RawPayload,
    /// What became of it.
    pub outcome: &'a Outcome,
}

/// Called for a payload that was not delivered.
pub(crate) type OnFailure = dyn Fn(&FailedPayload<'_>) + Send + Sync;

/// A session, and who waits for what happens to it.
pub(crate) struct Link {
    inner: Mutex<Inner>,
    /// For the stream of frames: there may be one to send.
    pub(crate) send: Notify,
    /// For the task: there is work, or it is to end.
    pub(crate) work: Notify,
    /// For the sink: there may be room, or all may be settled.
    pub(crate) room: Notify,
    /// Whether there is a stream that the receiver took.
    pub(crate) is_up: watch::Sender<bool>,
    pub(crate) totals: Arc<Totals>,
    on_failure: Option<Arc<OnFailure>>,
}

struct Inner {
    session: SenderSession<Receipt>,
    /// Tells the frames of this connection from those of former ones.
    connection: u64,
    /// Payloads whose receipts are not settled.
    outstanding: usize,
    /// What failed since it was last asked for, and the first reason.
    failures: u64,
    reason: Option<String>,
    /// Nothing moves any more.
    is_over: bool,
    is_connected: bool,
    /// The session was closed and all is settled; it tells that once.
    is_done: bool,
    resent: u64,
    /// Room for what is settled together.
    spare: Vec<Settled<Receipt>>,
}

/// Payloads that are settled, and acknowledgements that are taken, together.
const AT_ONCE: usize = 64;

/// What a session told, apart from what became of payloads.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) reconnect: Option<Reconnect>,
    pub(crate) refused: Option<(i32, Text)>,
    pub(crate) is_done: bool,
}

// === impl Link ===

impl Link {
    pub(crate) fn new(
        session: SenderSession<Receipt>,
        totals: Arc<Totals>,
        on_failure: Option<Arc<OnFailure>>,
    ) -> Arc<Self> {
        let inner = Inner {
            session,
            connection: 0,
            outstanding: 0,
            failures: 0,
            reason: None,
            is_over: false,
            is_connected: false,
            is_done: false,
            resent: 0,
            spare: Vec::with_capacity(AT_ONCE),
        };
        let (is_up, _) = watch::channel(false);
        Arc::new(Self {
            inner: Mutex::new(inner),
            send: Notify::new(),
            work: Notify::new(),
            room: Notify::new(),
            is_up,
            totals,
            on_failure,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- for the sink

    /// Why a payload of so many bytes would not be taken now.
    pub(crate) fn refusal(&self, size: usize) -> Option<Refusal> {
        let inner = self.lock();
        if inner.is_over { Some(Refusal::Closed) } else { inner.session.refusal(size) }
    }

    pub(crate) fn outstanding(&self) -> usize {
        self.lock().outstanding
    }

    /// Takes a payload for which there is room.
    pub(crate) fn submit(&self, payload: RawPayload, receipt: Receipt, deadline: Option<Instant>) {
        let mut inner = self.lock();
        let submitted = inner.session.submit(payload, receipt, deadline);
        if submitted.is_ok() {
            inner.outstanding += 1;
            Totals::add(&self.totals.submitted, 1);
        }
        // Where there is a connection, the frames tell the task what changes for it.
        let is_work = !inner.is_connected || deadline.is_some();
        drop(inner);
        // One that was not taken after all has a receipt that says so.
        drop(submitted);
        self.send.notify_one();
        if is_work {
            self.work.notify_one();
        }
    }

    /// Waits until everything is settled, or nothing moves any more.
    pub(crate) async fn settled(&self) {
        self.lock().session.hurry(now());
        // It may be due earlier than the task knows.
        self.work.notify_one();
        loop {
            {
                let inner = self.lock();
                if inner.outstanding == 0 || inner.is_over {
                    return;
                }
            }
            self.room.notified().await;
        }
    }

    /// How many payloads failed since this was last asked, and why the first of them did.
    pub(crate) fn take_failures(&self) -> Option<(u64, String)> {
        let mut inner = self.lock();
        let failures = std::mem::take(&mut inner.failures);
        let reason = inner.reason.take();
        (failures > 0).then(|| (failures, reason.unwrap_or_default()))
    }

    pub(crate) fn close(&self) {
        self.lock().session.close();
        self.send.notify_one();
        self.work.notify_one();
    }

    /// Gives back whatever is not settled.
    pub(crate) fn abort(&self) {
        let mut inner = self.lock();
        inner.session.abort();
        inner.is_over = true;
        drop(inner);
        self.reap();
    }

    // --- for the task

    /// Whether there is a reason to be connected.
    pub(crate) fn is_wanted(&self) -> bool {
        self.lock().session.unsettled() > 0
    }

    pub(crate) fn connected(&self) -> u64 {
        let mut inner = self.lock();
        inner.session.connected();
        inner.is_connected = true;
        inner.connection += 1;
        inner.connection
    }

    pub(crate) fn disconnected(&self) {
        let mut inner = self.lock();
        inner.session.disconnected();
        inner.is_connected = false;
        inner.connection += 1;
        drop(inner);
        // The frames of this connection end.
        self.send.notify_one();
    }

    /// Takes what the receiver said, and what it said behind that which is there already. How the
    /// stream ended, if it did.
    pub(crate) fn on_acks(
        &self,
        first: &Ack,
        acks: &mut Streaming<Ack>,
    ) -> Option<Result<(), Status>> {
        let now = now();
        self.lock().session.on_ack(first, now);
        let mut ended = None;
        for _ in 1..AT_ONCE {
            // Without a waker: it is waited for after all else was looked at.
            match acks.message().now_or_never() {
                Some(Ok(Some(ack))) => self.lock().session.on_ack(&ack, now),
                Some(Ok(None)) => ended = Some(Ok(())),
                Some(Err(status)) => ended = Some(Err(status)),
                None => break,
            }
            if ended.is_some() {
                break;
            }
        }
        self.send.notify_one();
        ended
    }

    /// When [`on_timeout`](Self::on_timeout) is due.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.lock().session.poll_timeout(now())
    }

    pub(crate) fn on_timeout(&self) {
        self.lock().session.on_timeout(now());
        self.send.notify_one();
    }

    /// Settles what became of payloads, and tells the rest.
    pub(crate) fn reap(&self) -> News {
        let mut news = News::default();
        let mut inner = self.lock();
        let mut batch = std::mem::take(&mut inner.spare);
        loop {
            while batch.len() < AT_ONCE
                && let Some(event) = inner.session.poll_event()
            {
                match event {
                    SenderEvent::Settled(settled) => batch.push(settled),
                    SenderEvent::Reconnect(why) => news.reconnect = Some(why),
                    SenderEvent::Refused { code, message } => news.refused = Some((code, message)),
                    SenderEvent::Done => inner.is_done = true,
                    SenderEvent::Directive(directive) => {
                        tracing::debug!(?directive, "the receiver asks for something");
                    }
                    _ => {}
                }
            }
            if batch.is_empty() {
                break;
            }
            // The lock is free meanwhile: a receipt may do anything.
            drop(inner);
            let settled = batch.len();
            batch.drain(..).for_each(|settled| self.settle(settled));
            inner = self.lock();
            inner.outstanding -= settled;
        }
        inner.spare = batch;
        let resent = inner.session.stats().resent;
        news.is_done = inner.is_done;
        let more = resent - std::mem::replace(&mut inner.resent, resent);
        drop(inner);
        Totals::add(&self.totals.resent, more);
        self.room.notify_one();
        news
    }

    fn settle(&self, settled: Settled<Receipt>) {
        let Settled { tag, payload, outcome, .. } = settled;
        let verdict = match &outcome {
            Outcome::Acked | Outcome::Sent => None,
            Outcome::Rejected { .. } => Some(NackReason::Rejected),
            Outcome::Returned { .. } => Some(NackReason::Returned),
            _ => Some(NackReason::Failed),
        };
        let Some(reason) = verdict else {
            Totals::add(&self.totals.acked, 1);
            return tag.ack();
        };
        self.failed(&payload, &outcome);
        tag.nack(reason);
    }

    fn failed(&self, payload: &RawPayload, outcome: &Outcome) {
        Totals::add(&self.totals.failed, 1);
        let reason = describe(outcome);
        tracing::warn!(id = payload.id(), reason, "a payload was not delivered");
        if let Some(on_failure) = &self.on_failure {
            let failed = FailedPayload { payload, outcome };
            // It is the user's, and a panic would leave the others unsettled.
            let _ = catch_unwind(AssertUnwindSafe(|| on_failure(&failed)));
        }
        let mut inner = self.lock();
        inner.failures += 1;
        inner.reason.get_or_insert(reason);
    }

    /// Nothing moves any more: the sink is not to wait.
    pub(crate) fn over(&self) {
        self.lock().is_over = true;
        self.room.notify_one();
    }

    /// The frames of one connection, until it is another one's turn.
    pub(crate) fn frames(self: &Arc<Self>, connection: u64) -> impl Stream<Item = Frame> + use<> {
        let link = Arc::clone(self);
        stream::unfold((link, false), move |(link, is_closed)| async move {
            if is_closed {
                return None;
            }
            loop {
                {
                    let mut inner = link.lock();
                    if inner.connection != connection {
                        drop(inner);
                        // The wake may have been for the frames of the connection that counts.
                        link.send.notify_one();
                        return None;
                    }
                    if let Some(frame) = inner.session.poll_transmit(now()) {
                        drop(inner);
                        let is_close = matches!(frame, Frame::Close(_));
                        // Deadlines began to run, or the session is done.
                        if is_close || matches!(frame, Frame::Open(_)) {
                            link.work.notify_one();
                        }
                        return Some((frame, (link, is_close)));
                    }
                }
                // What was sent without acknowledgements is settled, and `ack_by` may have been set.
                link.work.notify_one();
                link.send.notified().await;
            }
        })
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("session", &self.lock().session).finish_non_exhaustive()
    }
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rejected { code, message } => format!("refused: {code}: {message}"),
        Outcome::Unclear { errors, of } => {
            format!("{errors} of {of} payloads were refused, and it is not said which")
        }
        Outcome::Expired { was_sent: false } => "its deadline passed before it was sent".to_owned(),
        Outcome::Expired { .. } => "its deadline passed before it was acknowledged".to_owned(),
        Outcome::Returned { .. } => "it was given back".to_owned(),
        other => format!("{other:?}"),
    }
}
