//! A stream as its connection and the receipts of its items share it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use electrician_relay::session::{AckOn, ReceiverSession, Settle};
use electrician_relay::transport::now;
use electrician_relay::{RawPayload, Text};
use electrician_types::{Acknowledge, NackReason, Receipt, TraceContext, Verdict};
use tokio::sync::Notify;

/// The header in which a trace travels.
const TRACEPARENT: &str = "traceparent";

/// A session, and who waits for what happens to it.
pub(crate) struct Stream {
    inner: Mutex<Inner>,
    pub(crate) changed: Notify,
    ack_on: AckOn,
}

pub(crate) struct Inner {
    pub(crate) session: ReceiverSession,
    /// Of items under way that belong to one.
    traces: HashMap<u64, TraceContext>,
}

// === impl Stream ===

impl Stream {
    pub(crate) fn new(session: ReceiverSession) -> Arc<Self> {
        let ack_on = session.ack_on();
        let inner = Inner { session, traces: HashMap::new() };
        Arc::new(Self { inner: Mutex::new(inner), changed: Notify::new(), ack_on })
    }

    /// The item of `token` is in the queue.
    pub(crate) fn accepted(&self, token: u64) {
        // Mostly nothing is to be said yet, and the lock is spared.
        if self.ack_on == AckOn::Accepted {
            self.lock().session.accepted(token, now());
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in a session leaves nothing that another thread could not read.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What settles the payload of `token`.
    pub(crate) fn receipt(self: &Arc<Self>, token: u64, payload: &RawPayload) -> Receipt {
        if let Some(trace) = trace_of(payload) {
            self.lock().traces.insert(token, trace);
        }
        Receipt::new(Arc::<Self>::clone(self), token)
    }
}

impl Acknowledge for Stream {
    fn settle(&self, token: u64, verdict: Verdict) {
        let settle = match verdict {
            Verdict::Ack => Settle::Done,
            Verdict::Nack(NackReason::Rejected) => {
                Settle::Rejected { code: 422, message: Text::from_static("rejected") }
            }
            Verdict::Nack(NackReason::Failed) => {
                Settle::Later { code: 500, message: Text::from_static("processing failed") }
            }
            Verdict::Nack(_) => {
                Settle::Later { code: 503, message: Text::from_static("not processed") }
            }
        };
        let now = now();
        let mut inner = self.lock();
        let session = &mut inner.session;
        let before = (session.is_ready(), session.poll_timeout());
        session.settle(token, &settle, now);
        let after = (session.is_ready(), session.poll_timeout());
        // Most of those that are acknowledged together change nothing for the connection.
        let is_news = before != after || session.has_ack(now) || session.is_finished();
        if !inner.traces.is_empty() {
            inner.traces.remove(&token);
        }
        drop(inner);
        if is_news {
            self.changed.notify_one();
        }
    }

    fn trace(&self, token: u64) -> Option<TraceContext> {
        self.lock().traces.get(&token).copied()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("session", &self.lock().session).finish_non_exhaustive()
    }
}

/// The trace that a payload says it belongs to; only its own metadata says so.
fn trace_of(payload: &RawPayload) -> Option<TraceContext> {
    let metadata = payload.metadata()?.ok()?;
    metadata.headers.get(TRACEPARENT)?.parse().ok()
}
