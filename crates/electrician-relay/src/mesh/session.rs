//! The other end of a mesh: who publishes and subscribes.

mod event;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Instant;

use electrician_types::Refused;

pub use event::{MeshEvent, SubscriptionRefused};

use super::{ClockSample, MeshFrame, Moment};
use crate::proto::{
    ClockSyncRequest, SubscribeRequest, SubscribeResponse, SubscriptionSpec, UnsubscribeRequest,
};
use crate::session::{SenderEvent, SenderSession};
use crate::{Frame, RawPayload};

/// What a peer of an [`Exchange`](super::Exchange) knows: what it published and is not acknowledged,
/// and its subscriptions, which it asks for again on each connection.
///
/// Payloads that are published are held by a [`SenderSession`], with all of its promises. The order of
/// calls is that of a sender's, with frames in both directions; what came is told by
/// [`poll_event`](Self::poll_event).
pub struct MeshSession<K> {
    sender: SenderSession<K>,
    /// The subscriptions that are wanted, by their ids.
    wanted: BTreeMap<String, SubscriptionSpec>,
    most: usize,
    /// What is to be said of them.
    requests: VecDeque<MeshFrame>,
    /// Whether the opening was sent on this connection.
    is_open: bool,
    is_connected: bool,
    clock: Clock,
    /// The number of the last payload that came on this connection.
    seen: u64,
    events: VecDeque<MeshEvent<K>>,
}

/// Questions about the time.
#[derive(Debug, Default)]
struct Clock {
    nonce: u64,
    /// What was asked last and not answered, or is to be asked.
    asked: Option<ClockSyncRequest>,
    is_due: bool,
}

// === impl MeshSession ===

impl<K> MeshSession<K> {
    /// A session that publishes by `sender`, and has at most so many subscriptions.
    pub fn new(sender: SenderSession<K>, subscriptions: usize) -> Self {
        Self {
            sender,
            wanted: BTreeMap::new(),
            most: subscriptions,
            requests: VecDeque::new(),
            is_open: false,
            is_connected: false,
            clock: Clock::default(),
            seen: 0,
            events: VecDeque::new(),
        }
    }

    /// What publishes.
    pub const fn sender(&self) -> &SenderSession<K> {
        &self.sender
    }

    /// Publishes a payload, as [`SenderSession::submit`] takes it.
    #[expect(clippy::result_large_err, reason = "the payload is handed back")]
    pub fn publish(
        &mut self,
        payload: RawPayload,
        tag: K,
        deadline: Option<Instant>,
    ) -> Result<u64, Refused<(RawPayload, K)>> {
        self.sender.submit(payload, tag, deadline)
    }

    /// Asks for payloads, on this connection and those that follow. One with the id of an earlier one
    /// takes its place. `false` if there are as many as this session may have.
    pub fn subscribe(&mut self, spec: SubscriptionSpec) -> bool {
        let is_new = !self.wanted.contains_key(&spec.subscription_id);
        if is_new && self.wanted.len() >= self.most {
            return false;
        }
        if self.is_open {
            self.requests.push_back(wish(spec.clone()));
        }
        self.wanted.insert(spec.subscription_id.clone(), spec);
        true
    }

    /// Wants no more of them. `false` if there is no such subscription.
    pub fn unsubscribe(&mut self, id: &str) -> bool {
        let was_there = self.wanted.remove(id).is_some();
        if was_there && self.is_open {
            let subscription_ids = vec![id.to_owned()];
            let request = UnsubscribeRequest { subscription_ids };
            self.requests.push_back(MeshFrame::Unsubscribe(request));
        }
        was_there
    }

    /// Asks what time it is. The answer is [`MeshEvent::Clock`]; a question that is lost with its
    /// connection is asked again on the next.
    pub fn ask_clock(&mut self) {
        self.clock.is_due = true;
    }

    /// How many requests wait to be sent, which grows while the peer takes nothing.
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    /// A connection is there, and nothing was said on it.
    pub fn connected(&mut self) {
        self.sender.connected();
        self.is_connected = true;
        (self.is_open, self.seen) = (false, 0);
        self.requests.clear();
    }

    /// The connection is gone.
    pub fn disconnected(&mut self) {
        self.sender.disconnected();
        (self.is_connected, self.is_open) = (false, false);
        self.requests.clear();
        self.clock.is_due |= self.clock.asked.take().is_some();
    }

    /// Publishes nothing more. When all is settled, the stream is closed.
    pub fn close(&mut self) {
        self.sender.close();
    }

    /// Settles all that is left as given back.
    pub fn abort(&mut self) {
        self.sender.abort();
    }

    /// The next frame to send, until there is none.
    pub fn poll_transmit(&mut self, moment: Moment) -> Option<MeshFrame> {
        if !self.is_connected {
            return None;
        }
        if !self.is_open {
            let open = self.sender.poll_transmit(moment.now)?;
            self.is_open = true;
            // Each by itself, so that each gets an answer of its own.
            self.requests.extend(self.wanted.values().cloned().map(wish));
            return Some(open.into());
        }
        if let Some(request) = self.requests.pop_front() {
            return Some(request);
        }
        if std::mem::take(&mut self.clock.is_due) {
            self.clock.nonce += 1;
            let request =
                ClockSyncRequest { nonce: self.clock.nonce, t1_unix_ns: moment.unix_ns() };
            self.clock.asked = Some(request);
            return Some(MeshFrame::ClockSync(request));
        }
        let frame = self.sender.poll_transmit(moment.now)?;
        if matches!(frame, Frame::Open(_)) {
            self.is_open = true;
        }
        Some(frame.into())
    }

    /// Takes what the peer said.
    pub fn on_frame(&mut self, frame: MeshFrame, moment: Moment) {
        match frame {
            MeshFrame::Ack(ack) => self.sender.on_ack(&ack, moment.now),
            MeshFrame::Payload(payload) => {
                let missed = payload.seq().saturating_sub(self.seen.saturating_add(1));
                self.seen = self.seen.max(payload.seq());
                self.events.push_back(MeshEvent::Payload { payload, missed });
            }
            MeshFrame::Subscribed(response) => self.on_subscribed(response),
            MeshFrame::ClockSynced(response) => {
                let Some(asked) = self.clock.asked else { return };
                // The answer to a question that was not asked, or was another one, says nothing.
                if (asked.nonce, asked.t1_unix_ns) != (response.nonce, response.t1_unix_ns) {
                    return;
                }
                self.clock.asked = None;
                let sample = ClockSample::of(&response, moment.unix_ns());
                self.events.extend(sample.map(MeshEvent::Clock));
            }
            MeshFrame::Close(close) => {
                self.events.push_back(MeshEvent::Closed { reason: close.reason });
            }
            _ => {}
        }
    }

    fn on_subscribed(&mut self, response: SubscribeResponse) {
        for result in response.results {
            let id = result.subscription_id;
            if !self.wanted.contains_key(&id) && !id.is_empty() {
                continue;
            }
            if result.success {
                self.events.push_back(MeshEvent::Subscribed { id });
                continue;
            }
            let error = result.error.unwrap_or_default();
            // What is refused for good is not asked for again.
            self.wanted.remove(&id);
            let why = SubscriptionRefused { code: error.code, message: error.message };
            self.events.push_back(MeshEvent::Refused { id, why });
        }
    }

    /// When to call [`on_timeout`](Self::on_timeout), unless something else happens before.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        self.sender.poll_timeout(now)
    }

    /// What time brings.
    pub fn on_timeout(&mut self, now: Instant) {
        self.sender.on_timeout(now);
    }

    /// What happened, until there is nothing. Take it before the next frame is given, so that nothing
    /// piles up here.
    pub fn poll_event(&mut self) -> Option<MeshEvent<K>> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        self.sender.poll_event().map(|event| match event {
            SenderEvent::Settled(settled) => MeshEvent::Settled(settled),
            other => MeshEvent::Stream(other),
        })
    }
}

impl<K> fmt::Debug for MeshSession<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeshSession")
            .field("sender", &self.sender)
            .field("subscriptions", &self.wanted.len())
            .finish_non_exhaustive()
    }
}

fn wish(spec: SubscriptionSpec) -> MeshFrame {
    MeshFrame::Subscribe(SubscribeRequest { subscriptions: vec![spec] })
}
