//! The side that receives.

mod builder;
mod event;
mod numbers;
mod report;

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

pub use builder::{AckOn, NumberedBy, ReceiverBuilder};
pub use event::{Delivery, Received, Settle};

use super::dedupe::{Hashed, Known};
use crate::proto::StreamOpen;
use crate::session::RESUMES_FROM;
use crate::{Ack, RawPayload, StreamDefaults, Text};
use numbers::{Number, Numbers};
use report::{Report, Said};

/// The side of a stream that receives: it acknowledges what was processed, and recognises what was
/// sent before.
///
/// It outlives connections. The order of calls: [`attach`](Self::attach) when a connection begins,
/// [`open`](Self::open) for an opening, [`on_payload`](Self::on_payload) for each payload,
/// [`on_close`](Self::on_close) for a close, [`detach`](Self::detach) when the connection is gone;
/// [`settle`](Self::settle) at any time, for each payload that was given out; then
/// [`poll_ack`](Self::poll_ack) until it gives nothing, and a timer at
/// [`poll_timeout`](Self::poll_timeout), after which `poll_ack` may have something.
///
/// A transport reads a payload only while [`is_ready`](Self::is_ready): that is what holds a fast
/// sender back.
///
/// # Guarantees
///
/// - An acknowledgement stands for a payload that was settled, and one of several for all up to its
///   number. What is refused is named before.
/// - Of a sender that numbers its payloads, none is given out twice, unless it was refused for now.
///   A payload that comes again while it is under way is acknowledged when that is settled.
/// - At most [`max_in_flight`](ReceiverBuilder::with_max_in_flight) payloads are given out and not
///   settled.
/// - Nothing is allocated for a payload.
pub struct ReceiverSession {
    config: ReceiverBuilder,
    stream_id: Text,
    defaults: StreamDefaults,
    /// Payloads that were given out, in the order of their tokens.
    entries: VecDeque<Entry>,
    /// The token of the first of them.
    first: u64,
    /// Those of them that are not settled.
    in_flight: usize,
    /// What is known of numbers, if they can be trusted.
    numbers: Option<Numbers>,
    report: Report,
    is_attached: bool,
    /// The connection: a payload is acknowledged on the one it came on last.
    connection: u32,
    is_closing: bool,
    /// Something came that nothing could be said about, so nothing may be said any more.
    is_overrun: bool,
    duplicates: u64,
}

/// A payload that was given out.
#[derive(Debug)]
struct Entry {
    seq: u64,
    id: Text,
    key: Option<Hashed>,
    connection: u32,
    is_settled: bool,
}

// === impl ReceiverSession ===

impl ReceiverSession {
    /// Begins to configure a session.
    pub fn builder() -> ReceiverBuilder {
        ReceiverBuilder::default()
    }

    fn new(config: ReceiverBuilder) -> Self {
        let most = config.max_in_flight;
        Self {
            stream_id: Text::EMPTY,
            defaults: StreamDefaults::default(),
            entries: VecDeque::with_capacity(most),
            first: 0,
            in_flight: 0,
            numbers: None,
            report: Report::new(most),
            is_attached: false,
            connection: 0,
            is_closing: false,
            is_overrun: false,
            duplicates: 0,
            config,
        }
    }

    /// A connection begins. What was to be said on a former one is not said any more: its sender
    /// sends again what was not acknowledged. Gives what tells this connection from others.
    pub fn attach(&mut self) -> u32 {
        self.connection = self.connection.wrapping_add(1);
        self.is_attached = true;
        self.is_closing = false;
        self.report.clear();
        self.is_overrun = false;
        self.connection
    }

    /// Whether `connection`, as [`attach`](Self::attach) gave it, is the one that counts. Nothing
    /// that comes on another one may be given to the session: its sender has connected again.
    pub const fn is_current(&self, connection: u32) -> bool {
        self.is_attached && self.connection == connection
    }

    /// The connection is gone.
    pub fn detach(&mut self) {
        self.is_attached = false;
        self.report.clear();
    }

    /// An opening. A second one on a connection replaces what the first one said, for the
    /// payloads that follow. One with another stream's id belongs to another session.
    pub fn open(&mut self, open: &StreamOpen) {
        self.stream_id = Text::from(open.stream_id.as_str());
        self.defaults = StreamDefaults::of(open);
        let capabilities = open.capabilities.as_ref();
        let resumes = capabilities.and_then(|capabilities| capabilities.params.get(RESUMES_FROM));
        let resumes = resumes.and_then(|first| first.parse::<u64>().ok());
        let is_numbered = match self.config.numbered_by {
            NumberedBy::Announced => resumes.is_some(),
            NumberedBy::Always => true,
            NumberedBy::Never => false,
        };
        if !is_numbered {
            self.numbers = None;
        } else if self.numbers.is_none() {
            self.numbers = Some(Numbers::new(self.config.window));
        }
        if let (Some(numbers), Some(first)) = (&mut self.numbers, resumes) {
            numbers.settled_below(first);
        }
        let through = self.numbers.as_ref().map_or(0, Numbers::done_through);
        self.report.open(open, &self.config, &self.stream_id, through);
    }

    /// Whether a payload would be taken. While it would not, none should be read.
    pub fn is_ready(&self) -> bool {
        self.in_flight < self.config.max_in_flight
            && self.entries.len() < self.config.max_in_flight
            && self.report.has_room(self.in_flight)
            && !self.is_overrun
    }

    /// How many payloads are given out and not settled.
    pub const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many payloads came that had come before.
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Whether there is no connection and nothing to settle, so that nobody would miss the session
    /// before its sender comes again.
    pub const fn is_idle(&self) -> bool {
        !self.is_attached && self.in_flight == 0
    }

    /// A payload, at `now`.
    pub fn on_payload(&mut self, payload: RawPayload, now: Instant) -> Received {
        let seq = payload.seq();
        if self.is_overrun || !self.report.has_room(self.in_flight) {
            self.is_overrun = true;
            return Received::Overrun;
        }
        self.report.arrived(seq);
        if let Some(numbers) = &mut self.numbers
            && seq > 0
        {
            match numbers.arrive(seq) {
                Number::New => {}
                Number::UnderWay => return self.take_over(seq),
                known => {
                    self.duplicates += 1;
                    let said = match known {
                        Number::Rejected => Said::again_rejected(),
                        Number::TooOld => Said::too_old(),
                        _ => Said::Done,
                    };
                    self.report.say(seq, payload.id_text(), said, now);
                    return Received::Duplicate;
                }
            }
        }
        if !self.is_ready() {
            return self.refuse(&payload, Said::no_room(), now);
        }
        let key = match self.begin_key(&payload) {
            Ok(key) => key,
            Err(Known::Processed) => {
                self.duplicates += 1;
                self.note(seq, Number::Done);
                self.report.say(seq, payload.id_text(), Said::Done, now);
                return Received::Duplicate;
            }
            Err(Known::UnderWay) => return self.refuse(&payload, Said::under_way(), now),
            Err(_) => return self.refuse(&payload, Said::no_room(), now),
        };
        self.note(seq, Number::UnderWay);
        let token = self.first + self.entries.len() as u64;
        // A large payload is not kept for its name where the name is not needed.
        let id = if self.report.names_each() { payload.id_text() } else { Text::EMPTY };
        let connection = self.connection;
        self.entries.push_back(Entry { seq, id, key, connection, is_settled: false });
        self.in_flight += 1;
        Received::Deliver(Delivery { token, payload, defaults: self.defaults.clone() })
    }

    /// A payload came again while it is under way: it is acknowledged here now.
    fn take_over(&mut self, seq: u64) -> Received {
        self.duplicates += 1;
        let entry = self.entries.iter_mut().find(|entry| entry.seq == seq && !entry.is_settled);
        if let Some(entry) = entry {
            entry.connection = self.connection;
        }
        Received::Duplicate
    }

    fn refuse(&mut self, payload: &RawPayload, said: Said, now: Instant) -> Received {
        self.note(payload.seq(), Number::New);
        self.report.say(payload.seq(), payload.id_text(), said, now);
        Received::Refused
    }

    /// The key of the payload, marked as under way; what is known of it, if that cannot be.
    fn begin_key(&self, payload: &RawPayload) -> Result<Option<Hashed>, Known> {
        let Some(keys) = &self.config.keys else { return Ok(None) };
        if payload.dedupe_key().is_empty() {
            return Ok(None);
        }
        let key = keys.hash(payload.dedupe_key());
        match keys.begin(key) {
            Known::New => Ok(Some(key)),
            known => Err(known),
        }
    }

    fn note(&mut self, seq: u64, number: Number) {
        if let Some(numbers) = self.numbers.as_mut().filter(|_| seq > 0) {
            numbers.note(seq, number);
        }
    }

    /// The payload of `token` was decoded and is about to be processed. With [`AckOn::Accepted`]
    /// that settles it, otherwise it does nothing.
    pub fn accepted(&mut self, token: u64, now: Instant) {
        if self.config.ack_on == AckOn::Accepted {
            self.settle(token, &Settle::Done, now);
        }
    }

    /// What became of the payload of `token`, at `now`. What is said a second time does not count.
    pub fn settle(&mut self, token: u64, settle: &Settle, now: Instant) {
        let place = token.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        let Some(entry) = place.and_then(|place| self.entries.get_mut(place)) else { return };
        if std::mem::replace(&mut entry.is_settled, true) {
            return;
        }
        self.in_flight -= 1;
        let (seq, id, key) = (entry.seq, std::mem::take(&mut entry.id), entry.key.take());
        let is_here = self.is_attached && entry.connection == self.connection;
        if let (Some(keys), Some(key)) = (&self.config.keys, key) {
            keys.end(key, *settle == Settle::Done);
        }
        let (number, said) = match settle {
            Settle::Done => (Number::Done, Said::Done),
            Settle::Rejected { code, message } => {
                (Number::Rejected, Said::rejected(*code, message.clone()))
            }
            Settle::Later { code, message } => (Number::New, Said::later(*code, message.clone())),
        };
        self.note(seq, number);
        // On another connection it is said when it comes again, which it does.
        if is_here {
            self.report.say(seq, id, said, now);
        }
        while self.entries.front().is_some_and(|entry| entry.is_settled) {
            self.entries.pop_front();
            self.first += 1;
        }
    }

    /// Nothing follows on this connection. When what came on it is settled, the last
    /// acknowledgement is given, and then [`is_finished`](Self::is_finished).
    pub const fn on_close(&mut self) {
        self.is_closing = true;
    }

    /// Whether the connection was closed and all was said.
    pub fn is_finished(&self) -> bool {
        self.is_closing && self.is_settled_here() && self.report.is_said()
    }

    /// The next acknowledgement to send at `now`, until there is none.
    pub fn poll_ack(&mut self, now: Instant) -> Option<Ack> {
        if !self.is_attached || self.is_overrun {
            return None;
        }
        let is_last = self.is_closing && self.is_settled_here();
        if let Some(ack) = self.report.next_named(&self.stream_id) {
            return Some(ack);
        }
        if !self.report.is_due(is_last, now) {
            return None;
        }
        let through = self.settled_through();
        Some(self.report.several(&self.stream_id, through, is_last))
    }

    /// Whether [`poll_ack`](Self::poll_ack) would give something at `now`.
    pub fn has_ack(&self, now: Instant) -> bool {
        let is_last = || self.is_closing && self.is_settled_here();
        self.is_attached
            && !self.is_overrun
            && (self.report.has_named() || self.report.is_due(is_last(), now))
    }

    /// What an acknowledgement stands for.
    pub const fn ack_on(&self) -> AckOn {
        self.config.ack_on
    }

    /// When [`poll_ack`](Self::poll_ack) has something, unless something else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.report.due_at().filter(|_| self.is_attached)
    }

    fn is_settled_here(&self) -> bool {
        let is_open = |entry: &Entry| !entry.is_settled && entry.connection == self.connection;
        !self.entries.iter().any(is_open)
    }

    /// Up to which number everything that came on this connection is settled. What is under way
    /// from a former one may come again behind it, so the lowest number that is under way counts.
    fn settled_through(&self) -> u64 {
        let open = self.entries.iter().filter(|entry| !entry.is_settled && entry.seq > 0);
        let lowest = open.map(|entry| entry.seq).min();
        let highest = self.report.highest();
        lowest.map_or(highest, |lowest| highest.min(lowest - 1))
    }
}

impl Drop for ReceiverSession {
    /// What is under way is not settled any more: its keys are free again.
    fn drop(&mut self) {
        if let Some(keys) = &self.config.keys {
            let under_way = self.entries.iter().filter_map(|entry| entry.key);
            under_way.for_each(|key| keys.end(key, false));
        }
    }
}

impl fmt::Debug for ReceiverSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverSession")
            .field("stream_id", &self.stream_id)
            .field("is_attached", &self.is_attached)
            .field("in_flight", &self.in_flight)
            .field("duplicates", &self.duplicates)
            .finish_non_exhaustive()
    }
}
