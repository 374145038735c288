//! The side that sends.

mod acks;
mod builder;
mod care;
mod event;
mod window;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use electrician_types::{Refusal, Refused};

use builder::random_id;
pub use builder::{Acks, SenderBuilder};
pub use event::{Outcome, Reconnect, SenderEvent, SenderStats, Settled};

use crate::proto::{ControlDirective, StreamClose, StreamOpen};
use crate::session::RESUMES_FROM;
use crate::session::pace::Pace;
use crate::{Frame, RawPayload, Text};
use care::Care;
use window::{Held, Window};

/// The side of a stream that sends: a bounded window of payloads that are not acknowledged, which are
/// sent again after the connection is.
///
/// `K` goes with each payload and comes back with what became of it: a receipt, for example.
///
/// The order of calls: [`submit`](Self::submit) at any time; [`connected`](Self::connected) when there
/// is a connection, then [`poll_transmit`](Self::poll_transmit) until it gives nothing, and
/// [`on_ack`](Self::on_ack) for what comes back; [`disconnected`](Self::disconnected) when it is gone.
/// After each of them [`poll_event`](Self::poll_event) until it gives nothing, and a timer at
/// [`poll_timeout`](Self::poll_timeout) that calls [`on_timeout`](Self::on_timeout).
///
/// # Guarantees
///
/// - Each payload that was taken is settled exactly once.
/// - Payloads are sent in the order in which they were taken. After a reconnection all that is not
///   settled is sent again, in order, before what is new. One that was refused for now is sent again
///   later, behind others.
/// - After a connection on which nothing was acknowledged, at most half as many payloads as were sent
///   on it are under way, and twice as many after each acknowledgement: one alone gets through where
///   more would be cut off.
/// - There are never more payloads and bytes than the builder allows, those that wait to be polled as
///   settled included.
/// - Between `submit` and its settling nothing is allocated, unless the payload is refused.
///
/// # Cancel safety
///
/// Nothing waits here. A frame that [`poll_transmit`](Self::poll_transmit) gave counts as sent: a
/// transport that fails to write it calls [`disconnected`](Self::disconnected).
pub struct SenderSession<K> {
    config: SenderBuilder,
    stream_id: Text,
    link: Link,
    window: Window<K>,
    /// What was refused for now, with the moment from which on it is sent again.
    later: VecDeque<(Held<K>, Instant)>,
    later_bytes: usize,
    settled: VecDeque<Settled<K>>,
    pace: Pace,
    care: Care,
    /// What the receiver takes at once, if it said so.
    peer_limit: Option<usize>,
    /// How many were refused since the last acknowledgement of several.
    refused: u32,
    /// When the connection is given up unless something is acknowledged.
    ack_by: Option<Instant>,
    /// Not later than the first deadline of a payload.
    expiry: Option<Instant>,
    is_closing: bool,
    /// All that was taken is waited for.
    is_hurried: bool,
    /// The receiver holds back no acknowledgement.
    is_prompt: bool,
    news: News,
    stats: SenderStats,
}

/// Events that are not about a payload. There is at most one of each.
#[derive(Debug, Default)]
struct News {
    opened: Option<bool>,
    directive: Option<Box<ControlDirective>>,
    refused: Option<(i32, Text)>,
    reconnect: Option<Reconnect>,
    /// Whether it was told that all is done.
    is_done_told: bool,
}

/// Where the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Down,
    /// The opening is to be sent.
    Fresh,
    /// What was sent on a former connection waits for what the receiver knows of it.
    Opening {
        until: Instant,
    },
    Up,
    /// A close is to be sent, so that the receiver acknowledges what it holds back.
    Stalled,
    /// A close was sent.
    Closing {
        until: Option<Instant>,
    },
    /// It is of no use any more.
    Dead,
}

// === impl SenderSession ===

impl<K> SenderSession<K> {
    /// Begins to configure a session.
    pub fn builder() -> SenderBuilder {
        SenderBuilder::default()
    }

    fn new(config: SenderBuilder) -> Self {
        let items = config.window_items;
        Self {
            stream_id: config.stream_id.clone().unwrap_or_else(|| Text::from(random_id())),
            link: Link::Down,
            window: Window::new(items),
            later: VecDeque::with_capacity(items),
            later_bytes: 0,
            settled: VecDeque::with_capacity(items),
            pace: Pace::default(),
            care: Care::default(),
            peer_limit: None,
            refused: 0,
            ack_by: None,
            expiry: None,
            is_closing: false,
            is_hurried: false,
            is_prompt: false,
            news: News::default(),
            stats: SenderStats::default(),
            config,
        }
    }

    /// The id of the stream, which stays the same when the connection does not.
    pub const fn stream_id(&self) -> &Text {
        &self.stream_id
    }

    /// Counts since the session began.
    pub const fn stats(&self) -> SenderStats {
        self.stats
    }

    /// How many payloads are not settled.
    pub fn unsettled(&self) -> usize {
        self.window.live() + self.later.len()
    }

    /// Whether it was closed and all payloads are settled.
    pub fn is_done(&self) -> bool {
        let is_said = matches!(self.link, Link::Down | Link::Closing { .. } | Link::Dead);
        self.is_closing && self.unsettled() == 0 && is_said
    }

    /// Takes a payload, with the moment until which it makes sense. Gives its number on the stream.
    ///
    /// It is refused if the window is full ([`Refusal::Full`]: poll events, and wait for
    /// acknowledgements), if it alone is too large, or after [`close`](Self::close).
    #[expect(clippy::result_large_err, reason = "the payload is handed back")]
    pub fn submit(
        &mut self,
        payload: RawPayload,
        tag: K,
        deadline: Option<Instant>,
    ) -> Result<u64, Refused<(RawPayload, K)>> {
        if let Some(reason) = self.refusal(payload.weight()) {
            return Err(Refused::new((payload, tag), reason));
        }
        if let Some(deadline) = deadline {
            self.expiry = Some(self.expiry.map_or(deadline, |expiry| expiry.min(deadline)));
        }
        self.stats.submitted += 1;
        Ok(self.window.push(Held { payload, tag, deadline, attempts: 0 }))
    }

    /// Why a payload of so many bytes, with its number, would be refused now.
    pub fn refusal(&self, size: usize) -> Option<Refusal> {
        if self.is_closing {
            return Some(Refusal::Closed);
        }
        if size > self.config.max_payload_bytes {
            let budget = self.config.max_payload_bytes as u64;
            return Some(Refusal::TooLarge { size: size as u64, budget });
        }
        let held = self.unsettled() + self.settled.len();
        let bytes = self.window.bytes() + self.later_bytes;
        let is_full = held >= self.config.window_items
            || bytes + size > self.config.window_bytes
            || !self.window.has_place();
        is_full.then_some(Refusal::Full)
    }

    /// A connection is there, and nothing was said on it.
    pub fn connected(&mut self) {
        self.link = Link::Fresh;
        self.window.rewind();
        // Another receiver may have other limits; a pause is kept.
        self.peer_limit = None;
        self.pace.reconnected();
        self.care.connected();
        self.refused = 0;
        self.ack_by = None;
        self.is_prompt = false;
        self.news.reconnect = None;
    }

    /// The connection is gone: it broke, or it ended. What is not settled is sent again on the next.
    pub fn disconnected(&mut self) {
        if matches!(self.link, Link::Closing { .. }) && !self.is_closing {
            // As asked for.
            self.news.reconnect = Some(Reconnect::Rotated);
        }
        self.link = Link::Down;
        self.ack_by = None;
        self.care.disconnected(self.window.sent());
        self.window.rewind();
    }

    /// Takes no more payloads. When all are settled, the stream is closed.
    pub fn close(&mut self) {
        self.is_closing = true;
    }

    /// All that was taken is waited for, now. Receivers that acknowledge every so many payloads may hold
    /// back the last of them until the stream is closed, which is then done after the flush timeout.
    pub fn hurry(&mut self, now: Instant) {
        self.is_hurried = self.unsettled() > 0;
        if self.link == Link::Up && self.window.is_awaiting() {
            let by = now + self.patience();
            self.ack_by = Some(self.ack_by.map_or(by, |before| before.min(by)));
        }
    }

    /// How long an acknowledgement is waited for.
    fn patience(&self) -> Duration {
        let holds_back = !self.is_prompt && matches!(self.config.acks, Acks::Batch(_));
        if self.is_hurried && holds_back {
            self.config.flush_timeout.min(self.config.ack_timeout)
        } else {
            self.config.ack_timeout
        }
    }

    /// Settles all that is left as [`Outcome::Returned`], and takes no more.
    pub fn abort(&mut self) {
        self.is_closing = true;
        let sent = self.window.sent_ever();
        while let Some((seq, held)) = self.window.take_first() {
            self.settle(seq, held, Outcome::Returned { was_sent: seq <= sent });
        }
        while let Some((held, _)) = self.pop_later() {
            let seq = held.payload.seq();
            self.settle(seq, held, Outcome::Returned { was_sent: true });
        }
    }

    /// The next frame to send at `now`, until there is none.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Frame> {
        match self.link {
            Link::Fresh => Some(self.open(now)),
            Link::Up if self.care.is_over() => Some(self.opening()),
            Link::Up => self.payload(now),
            Link::Stalled => Some(self.close_stream(now)),
            Link::Down | Link::Opening { .. } | Link::Closing { .. } | Link::Dead => None,
        }
    }

    fn open(&mut self, now: Instant) -> Frame {
        let is_resumed = self.window.sent_ever() >= self.window.first_unsettled();
        self.link = if is_resumed && self.config.acks != Acks::None {
            Link::Opening { until: now + self.config.open_timeout }
        } else {
            Link::Up
        };
        self.opening()
    }

    fn opening(&mut self) -> Frame {
        let mut open = StreamOpen {
            stream_id: self.stream_id.to_string(),
            defaults: Some(self.config.defaults.clone()),
            ack_mode: self.config.acks.mode().into(),
            ack_every_n: self.care.acknowledge(self.config.acks.every()),
            max_in_flight: u32::try_from(self.config.window_items).unwrap_or(u32::MAX),
            omit_payload_metadata: true,
            ..StreamOpen::default()
        };
        let first = self.window.first_unsettled();
        let capabilities = open.capabilities.get_or_insert_default();
        capabilities.supports_ack_batch = true;
        capabilities.params.insert(RESUMES_FROM.to_owned(), first.to_string());
        Frame::Open(Box::new(open))
    }

    fn payload(&mut self, now: Instant) -> Option<Frame> {
        self.requeue(now);
        let limit = self.peer_limit.unwrap_or(usize::MAX).min(self.care.limit());
        let has_unsent = self.window.has_unsent();
        if !has_unsent {
            if self.is_closing && self.later.is_empty() {
                return Some(self.close_stream(now));
            }
            return None;
        }
        if self.window.sent() >= limit || !self.pace.take(now) {
            return None;
        }
        let was_sent = self.window.sent_ever();
        let (seq, payload) = self.window.next_unsent()?;
        let frame = Frame::Payload(payload.clone());
        self.stats.sent += 1;
        self.stats.resent += u64::from(seq <= was_sent);
        if self.config.acks == Acks::None {
            if let Some(held) = self.window.settle(seq) {
                self.settle(seq, held, Outcome::Sent);
            }
        } else if self.ack_by.is_none() {
            self.ack_by = Some(now + self.patience());
        }
        Some(frame)
    }

    /// Puts what was refused for now behind the others, when its time has come.
    fn requeue(&mut self, now: Instant) {
        while self.window.has_place()
            && self.later.front().is_some_and(|(_, from)| *from <= now)
            && let Some((held, _)) = self.pop_later()
        {
            self.window.push(held);
        }
    }

    fn push_later(&mut self, held: Held<K>, from: Instant) {
        self.later_bytes += held.payload.weight();
        self.later.push_back((held, from));
    }

    fn pop_later(&mut self) -> Option<(Held<K>, Instant)> {
        let (held, from) = self.later.pop_front()?;
        self.later_bytes -= held.payload.weight();
        Some((held, from))
    }

    fn close_stream(&mut self, now: Instant) -> Frame {
        let is_waiting = self.config.acks != Acks::None;
        self.link = Link::Closing { until: is_waiting.then(|| now + self.config.ack_timeout) };
        Frame::Close(StreamClose { reason: self.config.close_reason.to_string() })
    }

    /// When to call [`on_timeout`](Self::on_timeout), unless something else happens before.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let link = match self.link {
            Link::Opening { until } => Some(until),
            Link::Closing { until } => until,
            _ => None,
        };
        let is_up = self.link == Link::Up;
        let ack_by = self.ack_by.filter(|_| is_up);
        let later = self.later.front().map(|(_, from)| *from).filter(|_| is_up);
        let has_unsent = is_up && self.window.has_unsent();
        let pace = self.pace.wake(now).filter(|_| has_unsent);
        [link, ack_by, later, pace, self.expiry].into_iter().flatten().min()
    }

    /// What time brings: deadlines pass, a connection is given up. After it
    /// [`poll_transmit`](Self::poll_transmit) may have something.
    pub fn on_timeout(&mut self, now: Instant) {
        self.expire(now);
        match self.link {
            Link::Opening { until } if until <= now => self.give_up(Reconnect::OpenTimeout),
            Link::Closing { until: Some(until) } if until <= now => {
                self.give_up(Reconnect::AckTimeout);
            }
            Link::Up if self.ack_by.is_some_and(|by| by <= now) => {
                // Receivers that acknowledge every so many payloads hold back the last of them until
                // the stream is closed; a dead one does not answer that either.
                self.link = Link::Stalled;
            }
            _ => {}
        }
    }

    fn give_up(&mut self, why: Reconnect) {
        self.link = Link::Dead;
        self.ack_by = None;
        self.news.reconnect = Some(why);
    }

    fn expire(&mut self, now: Instant) {
        if self.expiry.is_none_or(|expiry| expiry > now) {
            return;
        }
        let sent = self.window.sent_ever();
        while let Some((seq, held)) = self.window.take_expired(now) {
            self.settle(seq, held, Outcome::Expired { was_sent: seq <= sent });
        }
        for _ in 0..self.later.len() {
            let Some((held, from)) = self.pop_later() else { break };
            if held.is_expired(now) {
                let seq = held.payload.seq();
                self.settle(seq, held, Outcome::Expired { was_sent: true });
            } else {
                self.push_later(held, from);
            }
        }
        let later = self.later.iter().filter_map(|(held, _)| held.deadline);
        self.expiry = later.chain(self.window.deadlines()).min();
    }

    /// What happened, until there is nothing.
    pub fn poll_event(&mut self) -> Option<SenderEvent<K>> {
        if let Some(settled) = self.settled.pop_front() {
            return Some(SenderEvent::Settled(settled));
        }
        if let Some(is_processed) = self.news.opened.take() {
            return Some(SenderEvent::Opened(is_processed));
        }
        if let Some(directive) = self.news.directive.take() {
            return Some(SenderEvent::Directive(directive));
        }
        if let Some((code, message)) = self.news.refused.take() {
            return Some(SenderEvent::Refused { code, message });
        }
        if self.is_done() {
            let is_news = !std::mem::replace(&mut self.news.is_done_told, true);
            return is_news.then_some(SenderEvent::Done);
        }
        self.news.reconnect.take().map(SenderEvent::Reconnect)
    }

    fn settle(&mut self, seq: u64, held: Held<K>, outcome: Outcome) {
        self.stats.acked += u64::from(outcome == Outcome::Acked);
        self.is_hurried &= self.unsettled() > 0;
        let Held { payload, tag, .. } = held;
        self.settled.push_back(Settled { seq, tag, payload, outcome });
    }
}

impl<K> fmt::Debug for SenderSession<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SenderSession")
            .field("stream_id", &self.stream_id)
            .field("link", &self.link)
            .field("unsettled", &self.unsettled())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}
