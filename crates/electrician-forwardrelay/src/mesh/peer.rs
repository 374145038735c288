//! What users hold of a peer.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use electrician_relay::RawPayload;
use electrician_relay::mesh::{ClockSample, Filter};
use electrician_relay::proto::SubscriptionSpec;
use electrician_relay::session::Outcome;
use electrician_types::Refusal;
use futures_util::Stream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::MeshError;
use super::shared::{MeshPeerStats, Shared};

/// A peer of a mesh. Clones are the same peer.
#[derive(Clone)]
pub struct MeshPeer {
    shared: Arc<Shared>,
    /// Ends the task with the last of them.
    task: Arc<Task>,
    most: usize,
}

struct Task(JoinHandle<()>);

/// What a peer has subscribed to, as it comes.
pub struct MeshInbox {
    payloads: mpsc::Receiver<RawPayload>,
    /// The peer lives while its inbox does.
    _peer: MeshPeer,
}

/// Resolves when it is known what became of a payload. Dropped, it changes nothing.
#[must_use = "it tells what became of a payload"]
#[derive(Debug)]
pub struct MeshTicket(oneshot::Receiver<Outcome>);

/// How many may ask for the time at once.
const CLOCKS: usize = 64;

// === impl MeshPeer ===

impl MeshPeer {
    pub(super) fn new(shared: Arc<Shared>, task: JoinHandle<()>, most: usize) -> Self {
        Self { shared, task: Arc::new(Task(task)), most }
    }

    /// Publishes a payload, and waits until the mesh has acknowledged it.
    ///
    /// Where it goes is said by the payload: its channel
    /// ([`About::channel`](electrician_relay::About)), and the topic in the routing of its metadata.
    /// Given up, it may have been published all the same.
    pub async fn publish(&self, payload: RawPayload) -> Result<(), MeshError> {
        self.submit(payload).await?.await
    }

    /// Publishes a payload as soon as there is room in the window. Cancel-safe: given up, it has not
    /// taken the payload.
    pub async fn submit(&self, payload: RawPayload) -> Result<MeshTicket, MeshError> {
        let (tell, told) = oneshot::channel();
        let mut next = (payload, tell);
        loop {
            let mut room = pin!(self.shared.room.notified());
            room.as_mut().enable();
            {
                let mut inner = self.shared.lock();
                if inner.is_over {
                    return Err(MeshError::Closed);
                }
                let Err(refused) = inner.session.publish(next.0, next.1, None) else {
                    drop(inner);
                    self.shared.send.notify_one();
                    return Ok(MeshTicket(told));
                };
                match refused.reason {
                    Refusal::Full => next = refused.item,
                    Refusal::Closed => return Err(MeshError::Closed),
                    other => return Err(MeshError::NotTaken(other)),
                }
            }
            room.await;
        }
    }

    /// Subscribes, and waits until the mesh has said so: also for a connection. `id` is of this peer's
    /// choice; a subscription that has it is replaced.
    ///
    /// Given up, the subscription is wanted all the same.
    pub async fn subscribe(&self, id: &str, filter: &Filter) -> Result<(), MeshError> {
        self.subscribe_to(filter.subscription(id)).await
    }

    /// Subscribes as [`subscribe`](Self::subscribe) does, with all that a subscription can say: what is
    /// dropped when this peer is slow, and how many payloads in a second it wants.
    pub async fn subscribe_to(&self, subscription: SubscriptionSpec) -> Result<(), MeshError> {
        let (tell, told) = oneshot::channel();
        {
            let mut inner = self.shared.lock();
            if inner.is_over {
                return Err(MeshError::Closed);
            }
            let id = subscription.subscription_id.clone();
            if !inner.session.subscribe(subscription) {
                return Err(MeshError::TooMany(self.most));
            }
            inner.wishes.insert(id, tell);
        }
        self.shared.send.notify_one();
        match told.await {
            Ok(became) => Ok(became?),
            Err(_) if self.shared.lock().is_over => Err(MeshError::Closed),
            Err(_) => Err(MeshError::Replaced),
        }
    }

    /// Ends a subscription; what is on its way comes still. `false` if there is none of that id.
    pub fn unsubscribe(&self, id: &str) -> bool {
        let mut inner = self.shared.lock();
        inner.wishes.remove(id);
        let was_there = inner.session.unsubscribe(id);
        drop(inner);
        self.shared.send.notify_one();
        was_there
    }

    /// Asks the mesh what time it is, and waits for the answer: also for a connection. Cancel-safe.
    pub async fn clock(&self) -> Result<ClockSample, MeshError> {
        let (tell, told) = oneshot::channel();
        {
            let mut inner = self.shared.lock();
            if inner.is_over {
                return Err(MeshError::Closed);
            }
            // Those that were given up make room.
            inner.clocks.retain(|waiting| !waiting.is_closed());
            if inner.clocks.len() >= CLOCKS {
                let retry = Refusal::Full;
                return Err(MeshError::NotTaken(retry));
            }
            inner.clocks.push(tell);
            inner.session.ask_clock();
        }
        self.shared.send.notify_one();
        told.await.map_err(|_| MeshError::Closed)
    }

    /// Counts so far.
    pub fn stats(&self) -> MeshPeerStats {
        self.shared.lock().stats.clone()
    }

    /// Takes nothing more, waits until what was published is settled, and ends the stream: within
    /// `deadline`. `true` if all was settled; the tickets of the rest say that it was given back.
    pub async fn close(&self, deadline: Duration) -> bool {
        self.shared.lock().session.close();
        self.shared.send.notify_one();
        self.shared.work.notify_one();
        let over = async {
            loop {
                let mut room = pin!(self.shared.room.notified());
                room.as_mut().enable();
                if self.shared.lock().is_over {
                    return;
                }
                room.await;
            }
        };
        let is_in_time = tokio::time::timeout(deadline, over).await.is_ok();
        self.task.0.abort();
        self.shared.over();
        is_in_time
    }
}

impl fmt::Debug for MeshPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeshPeer")
            .field("session", &self.shared.lock().session)
            .finish_non_exhaustive()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

// === impl MeshInbox ===

impl MeshInbox {
    pub(super) const fn new(payloads: mpsc::Receiver<RawPayload>, peer: MeshPeer) -> Self {
        Self { payloads, _peer: peer }
    }

    /// The next payload; `None` when the peer was closed. Cancel-safe.
    pub async fn recv(&mut self) -> Option<RawPayload> {
        self.payloads.recv().await
    }
}

impl Stream for MeshInbox {
    type Item = RawPayload;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<RawPayload>> {
        self.payloads.poll_recv(cx)
    }
}

impl fmt::Debug for MeshInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeshInbox").field("waiting", &self.payloads.len()).finish_non_exhaustive()
    }
}

// === impl MeshTicket ===

impl Future for MeshTicket {
    type Output = Result<(), MeshError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(match outcome {
            Ok(Outcome::Acked | Outcome::Sent) => Ok(()),
            Ok(other) => Err(MeshError::Unpublished(other)),
            Err(_) => Err(MeshError::Closed),
        })
    }
}
