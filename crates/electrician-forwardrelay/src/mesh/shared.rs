//! What the peer and its task share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use electrician_relay::RawPayload;
use electrician_relay::mesh::{
    ClockSample, MeshEvent, MeshFrame, MeshSession, Moment, SubscriptionRefused,
};
use electrician_relay::session::{Outcome, Reconnect, SenderEvent};
use futures_util::{Stream, stream};
use tokio::sync::{Notify, oneshot};

use crate::error::LinkError;
use electrician_relay::transport::now;

/// Where it is told what became of a payload.
pub(super) type Tell = oneshot::Sender<Outcome>;

/// A session, and who waits for what happens to it.
pub(super) struct Shared {
    inner: Mutex<Inner>,
    /// For the stream of frames: there may be one to send.
    pub(super) send: Notify,
    /// For the task: there is work, or it is to end.
    pub(super) work: Notify,
    /// For who publishes: there may be room.
    pub(super) room: Notify,
}

pub(super) struct Inner {
    pub(super) session: MeshSession<Tell>,
    /// Tells the frames of this connection from those of former ones.
    connection: u64,
    pub(super) wishes: HashMap<String, oneshot::Sender<Result<(), SubscriptionRefused>>>,
    pub(super) clocks: Vec<oneshot::Sender<ClockSample>>,
    pub(super) is_over: bool,
    pub(super) stats: MeshPeerStats,
}

/// Counts since the peer began, and why it has no connection.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MeshPeerStats {
    /// Attempts to begin a stream.
    pub attempts: u64,
    /// Streams that the mesh took.
    pub connections: u64,
    /// Payloads that came.
    pub received: u64,
    /// Payloads that were dropped on the way, for this peer was slow. What is beyond the rate of a
    /// subscription is not among them.
    pub missed: u64,
    /// Payloads that were acknowledged.
    pub acked: u64,
    /// Payloads that were sent again, each time counted.
    pub resent: u64,
    /// Why the last stream ended or was not begun.
    pub last_error: Option<Arc<LinkError>>,
}

/// What happened, as far as the task is concerned.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) payload: Option<RawPayload>,
    pub(super) reconnect: Option<Reconnect>,
    pub(super) refused: Option<(i32, electrician_relay::Text)>,
    pub(super) is_done: bool,
}

// === impl Shared ===

impl Shared {
    pub(super) fn new(session: MeshSession<Tell>) -> Arc<Self> {
        let inner = Inner {
            session,
            connection: 0,
            wishes: HashMap::new(),
            clocks: Vec::new(),
            is_over: false,
            stats: MeshPeerStats::default(),
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            send: Notify::new(),
            work: Notify::new(),
            room: Notify::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn connected(&self) -> u64 {
        let mut inner = self.lock();
        inner.session.connected();
        inner.connection += 1;
        inner.connection
    }

    pub(super) fn disconnected(&self) {
        let mut inner = self.lock();
        inner.session.disconnected();
        inner.connection += 1;
        drop(inner);
        // The frames of this connection end.
        self.send.notify_one();
    }

    pub(super) fn on_frame(&self, frame: MeshFrame) {
        self.lock().session.on_frame(frame, moment());
        self.send.notify_one();
    }

    /// Tells what happened to who waits for it, and gives the rest. A payload that came is the last of
    /// what it gives: there may be more.
    pub(super) fn reap(&self) -> News {
        let mut news = News::default();
        let mut inner = self.lock();
        while let Some(event) = inner.session.poll_event() {
            match event {
                MeshEvent::Payload { payload, missed } => {
                    inner.stats.received += 1;
                    inner.stats.missed += missed;
                    news.payload = Some(payload);
                    break;
                }
                // Where nobody waits, nobody wants to know.
                MeshEvent::Settled(settled) => drop(settled.tag.send(settled.outcome)),
                MeshEvent::Subscribed { id } => inner.tell(&id, Ok(())),
                MeshEvent::Refused { id, why } => inner.tell(&id, Err(why)),
                MeshEvent::Clock(sample) => {
                    for tell in inner.clocks.drain(..) {
                        let _ = tell.send(sample);
                    }
                }
                MeshEvent::Closed { reason } => tracing::debug!(reason, "the mesh ends the stream"),
                MeshEvent::Stream(SenderEvent::Reconnect(why)) => news.reconnect = Some(why),
                MeshEvent::Stream(SenderEvent::Refused { code, message }) => {
                    news.refused = Some((code, message));
                }
                _ => {}
            }
        }
        news.is_done = inner.session.sender().is_done();
        let stats = inner.session.sender().stats();
        (inner.stats.acked, inner.stats.resent) = (stats.acked, stats.resent);
        drop(inner);
        self.room.notify_waiters();
        news
    }

    /// Nothing moves any more: nobody is to wait.
    pub(super) fn over(&self) {
        let mut inner = self.lock();
        inner.is_over = true;
        inner.session.abort();
        inner.wishes.clear();
        inner.clocks.clear();
        drop(inner);
        // Payloads that came are wanted by nobody any more.
        while self.reap().payload.is_some() {}
    }

    /// The frames of one connection, until it is another one's turn.
    pub(super) fn frames(
        self: &Arc<Self>,
        connection: u64,
    ) -> impl Stream<Item = MeshFrame> + use<> {
        let shared = Arc::clone(self);
        stream::unfold((shared, false), move |(shared, is_closed)| async move {
            if is_closed {
                return None;
            }
            loop {
                {
                    let mut inner = shared.lock();
                    if inner.connection != connection {
                        drop(inner);
                        // The wake may have been for the frames of the connection that counts.
                        shared.send.notify_one();
                        return None;
                    }
                    if let Some(frame) = inner.session.poll_transmit(moment()) {
                        drop(inner);
                        let is_close = matches!(frame, MeshFrame::Close(_));
                        if is_close || matches!(frame, MeshFrame::Open(_)) {
                            shared.work.notify_one();
                        }
                        return Some((frame, (shared, is_close)));
                    }
                }
                // Timers may have been set.
                shared.work.notify_one();
                shared.send.notified().await;
            }
        })
    }
}

// === impl Inner ===

impl Inner {
    fn tell(&mut self, id: &str, became: Result<(), SubscriptionRefused>) {
        if let Some(tell) = self.wishes.remove(id) {
            let _ = tell.send(became);
        } else if let Err(why) = became {
            tracing::warn!(id, %why, "a subscription is not there any more");
        }
    }
}

pub(super) fn moment() -> Moment {
    Moment { now: now(), wall: SystemTime::now() }
}
