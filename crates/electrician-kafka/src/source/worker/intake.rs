//! From the driver into the pipeline.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use electrician_types::{Error, ErrorKind, Field, NackReason, Receipt};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::Offset;

use super::{BUSY, IDLE, Worker};
use crate::Record;
use crate::dead_letter::{DeadLetters, Grave};
use crate::error::failed;
use crate::refusal::is_late_token;
use crate::source::clock;
use crate::source::exchange::{CHUNK, Entry};
use crate::source::lane::Admission;
use crate::source::plan::Choice;

/// How long the pipeline may take nothing before everything is paused.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// How long a window may be full before its partition is paused.
const CROWDED: Duration = Duration::from_millis(50);

/// Between two looks at a window that is full.
const GLANCE: Duration = Duration::from_micros(500);

/// The most records that are looked at before something else is.
const MOST: usize = 4 * CHUNK;

// === impl Worker ===

impl<T> Worker<'_, T> {
    /// Takes what the driver has and hands it over, or waits for either side.
    pub(super) fn take_in(&mut self, now: Instant, room: usize) {
        if room == 0 {
            return self.wait_for_room(now);
        }
        self.blocked = None;
        if self.is_crowded(now) {
            return self.exchange.await_wish(GLANCE);
        }
        self.release();
        let limit = room.min(CHUNK);
        let consumer = std::rc::Rc::clone(&self.consumer);
        let mut patience = if self.is_busy() { BUSY } else { IDLE };
        for _ in 0..MOST {
            match consumer.poll(patience) {
                Some(Ok(message)) => self.admit(&message),
                Some(Err(error)) => self.trouble(error),
                None => break,
            }
            let is_closed = self.intake == super::Intake::Closed;
            if self.chunk.len() >= limit || self.crowded.is_some() || is_closed {
                break;
            }
            patience = Duration::ZERO;
        }
        self.exchange.give(&mut self.chunk);
    }

    /// Lets the driver do what it has to; records are not wanted.
    pub(super) fn attend(&mut self) {
        let consumer = std::rc::Rc::clone(&self.consumer);
        if let Some(Err(error)) = consumer.poll(BUSY) {
            self.trouble(error);
        }
    }

    fn wait_for_room(&mut self, now: Instant) {
        let since = *self.blocked.get_or_insert(now);
        if now.saturating_duration_since(since) >= PATIENCE {
            self.hold();
        }
        self.exchange.await_room(super::LOOK);
        if self.is_held {
            self.attend_held(Duration::ZERO);
        }
    }

    /// Whether the window that was full still is, and is worth being waited for: what to pause costs is
    /// all that the driver has fetched of the partition.
    fn is_crowded(&mut self, now: Instant) -> bool {
        let Some((id, since)) = self.crowded else { return false };
        let room = self.plan.resumed_at();
        let is_it = |seat: &super::Seat| seat.id == id && !seat.is_paused && !seat.is_leaving;
        let at = self.seats.iter().position(is_it);
        let Some(at) = at.filter(|at| !self.seats[*at].lane.has_room(room)) else {
            self.crowded = None;
            return false;
        };
        if now.saturating_duration_since(since) < CROWDED {
            return true;
        }
        self.crowded = None;
        if self.seats[at].lane.is_full() {
            self.pause(at);
        }
        false
    }

    fn hold(&mut self) {
        if !self.is_held {
            self.is_held = true;
            self.pause_all();
            self.plan.stats.update(|stats| stats.is_held = true);
            self.plan.tell("kafka.held", None, &[]);
        }
    }

    fn attend_held(&mut self, patience: Duration) {
        // Its records are paused, so this gives none; should one come, it is read again.
        let consumer = std::rc::Rc::clone(&self.consumer);
        match consumer.poll(patience) {
            Some(Ok(message)) => {
                let record = Record::new(&message);
                if let Some(at) = self.find(record.topic(), record.partition()) {
                    self.seek(at, record.offset());
                }
            }
            Some(Err(error)) => self.trouble(error),
            None => {}
        }
    }

    /// Nothing is taken in for a while, but the group is to hear of us.
    pub(super) fn hold_and_attend(&mut self) {
        self.hold();
        self.attend_held(BUSY);
    }

    /// The pipeline takes something again.
    pub(super) fn release(&mut self) {
        if !self.is_held {
            return;
        }
        self.is_held = false;
        let mut list = TopicPartitionList::new();
        for seat in self.seats.iter().filter(|seat| !seat.is_paused && !seat.is_leaving) {
            seat.enlist(&mut list);
        }
        self.driver("resuming", |consumer| consumer.resume(&list));
        self.plan.stats.update(|stats| stats.is_held = false);
        self.plan.tell("kafka.released", None, &[]);
    }

    /// Whether something is to be done soon.
    fn is_busy(&self) -> bool {
        let is_busy = |seat: &super::Seat| seat.is_paused || seat.lane.failing() > 0;
        self.leaving.is_some()
            || self.seats.iter().any(is_busy)
            || self.dead_letters.as_ref().is_some_and(DeadLetters::pending)
    }

    pub(super) fn find(&mut self, topic: &str, partition: i32) -> Option<usize> {
        let is_it = |seat: &super::Seat| seat.partition == partition && *seat.topic == *topic;
        if !self.seats.get(self.recent).is_some_and(is_it) {
            self.recent = self.seats.iter().position(is_it)?;
        }
        Some(self.recent)
    }

    fn admit(&mut self, message: &BorrowedMessage<'_>) {
        let record = Record::new(message);
        let Some(at) = self.find(record.topic(), record.partition()) else { return };
        let seat = &mut self.seats[at];
        if seat.is_leaving {
            return;
        }
        let id = seat.id;
        let is_again = record.offset() < seat.lane.next();
        let truncations = seat.lane.truncations();
        let admission = seat.lane.admit(record.offset());
        if seat.lane.truncations() > truncations {
            // In the pipeline already, they cannot be had back; the others can.
            self.exchange.take_back(|seat| seat == id);
            self.tell_of(at, "kafka.truncated", Some(record.offset()));
            self.end_shortened(at);
        }
        match admission {
            Admission::Deliver(receipt) => {
                self.note_in_transaction(at, record.offset());
                self.deliver(id, &record, receipt);
                self.redelivered += u64::from(is_again);
            }
            Admission::Bury(receipt, failure) => {
                self.note_in_transaction(at, record.offset());
                let error = why(failure.reason);
                let (attempts, since) = (failure.attempts, failure.since);
                self.bury(&record, &Grave { error, attempts, since }, receipt);
            }
            Admission::Known | Admission::Full => {}
            Admission::Astray(from) => self.seek(at, from),
        }
        let lane = &mut self.seats[at].lane;
        // Since the last look, it may have moved.
        if lane.is_full() && !lane.has_room(1) {
            self.crowded = Some((id, clock::now()));
        }
    }

    fn deliver(&mut self, seat: u32, record: &Record<'_>, receipt: Receipt) {
        // A panic in a decode function is an error of the record.
        let decoded = catch_unwind(AssertUnwindSafe(|| (self.plan.decode)(record)));
        let error = match decoded {
            Ok(Ok(value)) => {
                self.delivered += 1;
                return self.chunk.push(Entry { seat, offset: record.offset(), value, receipt });
            }
            Ok(Err(error)) => error.to_string(),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                format!("the decode function panicked: {}", text.unwrap_or("for no stated reason"))
            }
        };
        if self.dead_letters.is_some() {
            let grave = Grave { error: &error, attempts: 1, since: clock::wall() };
            return self.bury(record, &grave, receipt);
        }
        receipt.nack(NackReason::Failed);
        let (topic, partition, offset) = (record.topic(), record.partition(), record.offset());
        let problem = format!(
            "the record at {topic}[{partition}]@{offset} cannot be decoded, and there is no \
             dead-letter topic for it: {error}"
        );
        self.fail(Error::new(ErrorKind::Malformed, problem));
    }

    fn bury(&mut self, record: &Record<'_>, grave: &Grave<'_>, receipt: Receipt) {
        let Some(dead_letters) = &self.dead_letters else { return };
        dead_letters.bury(record, grave, receipt);
        self.plan.stats.update(|stats| stats.dead_lettered += 1);
        let error = Error::new(ErrorKind::Failed, grave.error.to_owned());
        let fields = [
            ("topic", Field::Text(record.topic())),
            ("partition", Field::Signed(record.partition().into())),
            ("offset", Field::Signed(record.offset())),
            ("attempts", Field::Unsigned(grave.attempts.into())),
        ];
        self.plan.tell("kafka.dead_lettered", Some(&error), &fields);
    }

    /// What the driver reports: most of it is over before long, and some of it never.
    pub(super) fn trouble(&mut self, error: KafkaError) {
        use RDKafkaErrorCode as Code;
        let reason = self.consumer.context().notes().trouble.take();
        let code = error.rdkafka_error_code();
        let is_fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
        let is_denied = matches!(
            code,
            Some(
                Code::Authentication
                    | Code::SaslAuthenticationFailed
                    | Code::TopicAuthorizationFailed
                    | Code::GroupAuthorizationFailed
                    | Code::ClusterAuthorizationFailed
            )
        );
        // Of topics that match a pattern, some may come and go.
        let is_gone = matches!(code, Some(Code::UnknownTopic | Code::UnknownTopicOrPartition))
            && !matches!(self.plan.choice, Choice::Pattern(_));
        // While the old token is good, the next one may come late.
        let is_denied = is_denied && !reason.as_deref().is_some_and(is_late_token);
        let operation = reason.unwrap_or_else(|| "reading".to_owned());
        let error = failed(operation, error);
        if is_fatal || is_denied || is_gone {
            self.fail(error.with_retryable(false));
        } else {
            self.plan.tell("kafka.trouble", Some(&error), &[]);
        }
    }

    // --- words to the driver ---

    pub(super) fn pause(&mut self, at: usize) {
        let seat = &mut self.seats[at];
        if !seat.is_paused {
            seat.is_paused = true;
            let list = seat.list();
            self.driver("pausing", |consumer| consumer.pause(&list));
            self.tell_of(at, "kafka.paused", None);
        }
    }

    pub(super) fn pause_all(&mut self) {
        let mut list = TopicPartitionList::new();
        self.seats.iter().for_each(|seat| seat.enlist(&mut list));
        self.driver("pausing", |consumer| consumer.pause(&list));
    }

    pub(super) fn resume(&mut self, at: usize) {
        let seat = &mut self.seats[at];
        if seat.is_paused {
            seat.is_paused = false;
            let list = seat.list();
            self.driver("resuming", |consumer| consumer.resume(&list));
            self.tell_of(at, "kafka.resumed", None);
        }
    }

    /// Has the driver read a partition from `offset` on, whatever it has fetched.
    pub(super) fn seek(&mut self, at: usize, offset: i64) {
        let seat = &self.seats[at];
        let mut list = TopicPartitionList::with_capacity(1);
        let added = list.add_partition_offset(&seat.topic, seat.partition, Offset::Offset(offset));
        let sought =
            added.and_then(|()| self.consumer.seek_partitions(list, Duration::ZERO).map(drop));
        if let Err(error) = sought {
            self.trouble(error);
        }
    }

    pub(super) fn driver(
        &mut self,
        what: &'static str,
        word: impl FnOnce(&rdkafka::consumer::BaseConsumer<super::Context>) -> Result<(), KafkaError>,
    ) {
        if let Err(error) = word(&self.consumer) {
            let error = failed(what, error);
            self.plan.tell("kafka.trouble", Some(&error), &[]);
        }
    }

    pub(super) fn tell_of(&self, at: usize, kind: &'static str, offset: Option<i64>) {
        let seat = &self.seats[at];
        let fields = [
            ("topic", Field::Text(&seat.topic)),
            ("partition", Field::Signed(seat.partition.into())),
            ("offset", Field::Signed(offset.unwrap_or_default())),
        ];
        let count = if offset.is_some() { 3 } else { 2 };
        self.plan.tell(kind, None, &fields[..count]);
    }
}

/// What is known of a failure: a verdict says what kind it is, and nothing more.
fn why(reason: NackReason) -> &'static str {
    match reason {
        NackReason::Failed => "failed: a stage or the sink did, which told why where it runs",
        NackReason::Rejected => "rejected: a stage refused it, which told why where it runs",
        NackReason::Dropped => "dropped: a stage let go of it without a verdict",
        NackReason::Returned => "returned: the run stopped before it was done",
        _ => "not processed",
    }
}
