//! What a receiver has to say.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::{AckOn, ReceiverBuilder};
use crate::proto::{AckMode, FlowControlState, StreamOpen};
use crate::session::ACKS_ARE;
use crate::{Ack, Text};

/// What is said of one payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Done,
    Error { code: i32, message: Text, is_retryable: bool },
}

/// Acknowledgements that wait to be sent.
#[derive(Debug)]
pub(super) struct Report {
    mode: AckMode,
    every: u32,
    age: Duration,
    opening: Option<Box<Ack>>,
    /// What is said by name.
    named: VecDeque<Named>,
    most: usize,
    /// Since the last acknowledgement of several.
    ok: u32,
    err: u32,
    /// When the next one is due, if there is something to say.
    due_at: Option<Instant>,
    /// It is due at once, for another way of acknowledging begins.
    is_flushed: bool,
    /// The highest number that came on this connection.
    highest: u64,
}

#[derive(Debug)]
struct Named {
    seq: u64,
    id: Text,
    said: Said,
}

/// How many payloads are acknowledged at once if the sender does not say.
const EVERY: u32 = 1024;

// === impl Said ===

impl Said {
    pub(super) const fn rejected(code: i32, message: Text) -> Self {
        Self::Error { code, message, is_retryable: false }
    }

    pub(super) const fn later(code: i32, message: Text) -> Self {
        Self::Error { code, message, is_retryable: true }
    }

    pub(super) const fn again_rejected() -> Self {
        Self::rejected(422, Text::from_static("rejected before"))
    }

    pub(super) const fn too_old() -> Self {
        Self::rejected(410, Text::from_static("too old to know whether it came before"))
    }

    pub(super) const fn no_room() -> Self {
        Self::later(429, Text::from_static("too much is under way"))
    }

    pub(super) const fn under_way() -> Self {
        Self::later(409, Text::from_static("a payload with the same dedupe key is under way"))
    }
}

// === impl Report ===

impl Report {
    pub(super) fn new(in_flight: usize) -> Self {
        // All that is in flight can be said by name, while as much waits to be sent.
        let most = 2 * in_flight + 2;
        Self {
            mode: AckMode::AckPerMessage,
            every: 1,
            age: Duration::ZERO,
            opening: None,
            named: VecDeque::with_capacity(most),
            most,
            ok: 0,
            err: 0,
            due_at: None,
            is_flushed: false,
            highest: 0,
        }
    }

    /// Nothing is said any more, nor was anything heard.
    pub(super) fn clear(&mut self) {
        self.opening = None;
        self.named.clear();
        (self.ok, self.err, self.highest) = (0, 0, 0);
        (self.due_at, self.is_flushed) = (None, false);
        // Until an opening says otherwise.
        self.mode = AckMode::AckPerMessage;
    }

    pub(super) fn open(
        &mut self,
        open: &StreamOpen,
        config: &ReceiverBuilder,
        stream_id: &Text,
        through: u64,
    ) {
        self.is_flushed = self.ok + self.err > 0;
        self.mode = match open.ack_mode() {
            AckMode::Unspecified | AckMode::AckPerMessage => AckMode::AckPerMessage,
            mode => mode,
        };
        // More than either side holds would never be reached.
        let in_flight = u32::try_from(config.max_in_flight).unwrap_or(u32::MAX);
        let wanted = if open.ack_every_n == 0 { EVERY } else { open.ack_every_n };
        let window = if open.max_in_flight == 0 { u32::MAX } else { open.max_in_flight };
        self.every = wanted.min(window).min(in_flight).max(1);
        self.age = config.ack_age;
        if self.mode == AckMode::AckNone {
            return;
        }
        let what = match config.ack_on {
            AckOn::Processed => "processed",
            AckOn::Accepted => "accepted",
        };
        self.opening = Some(Box::new(Ack {
            last_seq: through,
            metadata: BTreeMap::from([(ACKS_ARE.to_owned(), what.to_owned())]),
            flow_state: Some(FlowControlState {
                max_in_flight: in_flight,
                ..FlowControlState::default()
            }),
            ..Ack::of_stream(stream_id.clone(), Text::from_static("Stream open accepted"))
        }));
    }

    /// A payload of that number came on this connection.
    pub(super) fn arrived(&mut self, seq: u64) {
        self.highest = self.highest.max(seq);
    }

    pub(super) const fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether each payload is said by its name.
    pub(super) fn names_each(&self) -> bool {
        self.mode == AckMode::AckPerMessage
    }

    /// Whether there is room for all that is in flight, and one more.
    pub(super) fn has_room(&self, in_flight: usize) -> bool {
        self.named.len() + in_flight < self.most
    }

    pub(super) fn say(&mut self, seq: u64, id: Text, said: Said, now: Instant) {
        if self.mode == AckMode::AckNone {
            return;
        }
        let is_named = self.names_each();
        if !is_named {
            let count = if said == Said::Done { &mut self.ok } else { &mut self.err };
            *count = count.saturating_add(1);
            self.due_at.get_or_insert(now + self.age);
        }
        if is_named || said != Said::Done {
            self.named.push_back(Named { seq, id, said });
        }
    }

    /// Whether something is said by name.
    pub(super) fn has_named(&self) -> bool {
        self.opening.is_some() || !self.named.is_empty()
    }

    /// The next of what is said by name, the opening first.
    pub(super) fn next_named(&mut self, stream_id: &Text) -> Option<Ack> {
        if let Some(opening) = self.opening.take() {
            return Some(*opening);
        }
        let Named { seq, id, said } = self.named.pop_front()?;
        let ack = Ack { stream_id: stream_id.clone(), id, seq, ..Ack::default() };
        Some(match said {
            Said::Done => Ack { success: true, message: Text::from_static("OK"), ..ack },
            Said::Error { code, message, is_retryable } => {
                Ack { code, message, retryable: is_retryable, ..ack }
            }
        })
    }

    /// Whether an acknowledgement of several is to be sent.
    pub(super) fn is_due(&self, is_last: bool, now: Instant) -> bool {
        let count = self.ok.saturating_add(self.err);
        let is_time = self.due_at.is_some_and(|due_at| due_at <= now);
        count > 0 && (count >= self.every || is_last || is_time || self.is_flushed)
    }

    pub(super) const fn due_at(&self) -> Option<Instant> {
        self.due_at
    }

    /// Whether all was said.
    pub(super) fn is_said(&self) -> bool {
        !self.has_named() && self.ok + self.err == 0
    }

    /// The acknowledgement of several, up to `through`.
    pub(super) fn several(&mut self, stream_id: &Text, through: u64, is_last: bool) -> Ack {
        let (ok, err) = (std::mem::take(&mut self.ok), std::mem::take(&mut self.err));
        (self.due_at, self.is_flushed) = (None, false);
        let message = Text::from_static(if is_last { "Stream closed" } else { "Batch ack" });
        Ack {
            success: err == 0,
            code: i32::from(err > 0),
            last_seq: through,
            ok_count: ok,
            err_count: err,
            ..Ack::of_stream(stream_id.clone(), message)
        }
    }
}
