//! Exactly once: what is read, and what becomes of it, is committed together or not at all.

mod calls;
mod revival;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use electrician_types::{Error, ErrorKind, NackReason, Result};
use rdkafka::TopicPartitionList;
use rdkafka::producer::Producer as _;

use self::calls::Setback;
use self::revival::Revival;
use super::intake::PATIENCE;
use super::{BUSY, Intake, Worker};
use crate::dead_letter::DeadLetters;
use crate::error::failed;
use crate::exactly_once::{Attached, Link, Outlet};
use crate::sink::Producer;
use crate::source::clock;
use crate::source::exchange::Wish;

/// How long one call of the driver may take.
const CALL: Duration = Duration::from_secs(5);

/// Between two looks at receipts, while reports of deliveries are not awaited.
const BLINK: Duration = Duration::from_micros(500);

/// The same, while they are.
const REPORTS: Duration = Duration::from_millis(1);

/// The transaction of a source.
pub(super) struct Transaction {
    link: Arc<Link>,
    producer: Arc<Producer>,
    phase: Phase,
    /// Whether it is aborted already.
    is_aborted: bool,
    /// When its first record was delivered.
    since: Option<Instant>,
    records: u64,
    /// After one that came to nothing.
    rest: Option<Instant>,
    /// Since when nothing is delivered, because what was is awaited.
    waiting: Option<Instant>,
    revival: Revival,
    /// The last thing that is known of the sink's producer.
    _attached: Attached,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Records are delivered.
    Flowing,
    /// Everything that was delivered is to be settled, then committed.
    Settling,
    /// It comes to nothing: everything that was delivered is to be settled, then aborted.
    Doomed,
    /// The same, and the producer cannot go on: another is awaited.
    Bereft,
    /// There will not be another.
    Over,
}

// === impl Worker ===

impl<T> Worker<'_, T> {
    /// Waits for the producer of the sink. `false`: it is not wanted any more.
    pub(super) fn attach(&mut self, deadline: Instant) -> Result<bool> {
        let Some(link) = &self.plan.link else { return Ok(true) };
        loop {
            if let Some((Outlet { producer, slots }, attached)) = link.attach()? {
                let topic = self.plan.dead_letters.as_deref();
                self.dead_letters = topic
                    .map(|topic| DeadLetters::in_transaction(topic, Arc::clone(&producer), slots));
                let transaction = Transaction {
                    link: Arc::clone(link),
                    producer,
                    phase: Phase::Over,
                    is_aborted: false,
                    since: None,
                    records: 0,
                    rest: None,
                    waiting: None,
                    revival: Revival::default(),
                    _attached: attached,
                };
                self.transaction = Some(transaction);
                let begun = self.renew();
                return begun.map(|()| true).map_err(Setback::into_error);
            }
            if self.exchange.look().0 != Wish::Run {
                return Ok(false);
            }
            // A sink that is being opened has a time of its own, and says why if it cannot be.
            if clock::now() >= deadline && !link.is_expected() {
                let what = "the sink of the pair is not open: the source and the sink of a pair \
                            belong into one pipeline";
                return Err(Error::new(ErrorKind::Config, what));
            }
            self.attend();
        }
    }

    /// Aborts what a source before may have left, and begins.
    fn renew(&mut self) -> Result<(), Setback> {
        self.call("beginning a transaction", |producer| producer.begin_transaction())?;
        let Some(transaction) = &mut self.transaction else { return Ok(()) };
        transaction.link.absolve();
        transaction.phase = Phase::Flowing;
        transaction.is_aborted = false;
        (transaction.since, transaction.waiting, transaction.records) = (None, None, 0);
        Ok(())
    }

    /// A record was delivered, or buried.
    pub(super) fn note_in_transaction(&mut self, at: usize, offset: i64) {
        if let Some(transaction) = &mut self.transaction {
            self.seats[at].first.get_or_insert(offset);
            transaction.records += 1;
        }
    }

    /// Does what is due. Whether records may be delivered.
    pub(super) fn transact(&mut self, now: Instant, wish: Wish) -> bool {
        let Some(transaction) = &mut self.transaction else { return true };
        if transaction.records > 0 && transaction.since.is_none() {
            transaction.since = Some(now);
        }
        let phase = transaction.phase;
        match phase {
            Phase::Flowing => self.flow(now, wish),
            Phase::Settling => {
                let is_settled = self.settle();
                if self.is_ruined() {
                    self.doom();
                } else if is_settled {
                    self.conclude();
                } else {
                    self.wait(now);
                }
                false
            }
            Phase::Doomed => {
                let is_settled = self.settle();
                if self.is_aborted(now, is_settled) && is_settled {
                    self.begin_again(now, wish);
                } else {
                    self.wait(now);
                }
                false
            }
            Phase::Bereft => {
                self.settle();
                self.await_another(now);
                false
            }
            Phase::Over => {
                self.attend();
                false
            }
        }
    }

    fn flow(&mut self, now: Instant, wish: Wish) -> bool {
        if self.is_ruined() {
            self.doom();
            return false;
        }
        let is_leaving = self.leaving.is_some();
        let Some(transaction) = &mut self.transaction else { return true };
        let is_due = transaction
            .since
            .is_some_and(|since| now.saturating_duration_since(since) >= transaction.link.interval);
        let is_full = transaction.records >= transaction.link.records;
        if transaction.records > 0 && (is_due || is_full || is_leaving || wish == Wish::Close) {
            transaction.phase = Phase::Settling;
            return false;
        }
        if transaction.rest.is_some_and(|rest| now < rest) {
            let since = *transaction.waiting.get_or_insert(now);
            if now.saturating_duration_since(since) < PATIENCE {
                thread::park_timeout(BUSY);
            } else {
                self.hold_and_attend();
            }
            return false;
        }
        transaction.waiting = None;
        transaction.rest = None;
        !is_leaving
    }

    /// Whether it has to be aborted.
    fn is_ruined(&self) -> bool {
        let is_doomed = self
            .transaction
            .as_ref()
            .is_some_and(|one| one.link.is_doomed() || one.link.is_deserted());
        is_doomed || self.seats.iter().any(|seat| seat.lane.has_failed())
    }

    /// Whether every record has its verdict.
    fn settle(&mut self) -> bool {
        let wall = clock::wall();
        // All of them, not only up to the first that is not settled.
        let unsettled = self.seats.iter_mut().map(|seat| u32::from(!seat.lane.settle(wall)));
        unsettled.sum::<u32>() == 0
    }

    fn wait(&mut self, now: Instant) {
        let Some(transaction) = &mut self.transaction else { return };
        let since = *transaction.waiting.get_or_insert(now);
        if now.saturating_duration_since(since) >= PATIENCE {
            // The group wants to hear of us.
            self.hold_and_attend();
        } else if transaction.producer.flush(REPORTS).is_ok() {
            // Nobody tells when the last receipt of many is settled.
            thread::park_timeout(BLINK);
        }
    }

    /// From now on nothing of this transaction counts.
    fn doom(&mut self) {
        let Some(transaction) = &mut self.transaction else { return };
        transaction.link.doom();
        transaction.phase = Phase::Doomed;
        transaction.waiting = None;
        // What did not get into the pipeline was not tried.
        self.exchange.give(&mut self.chunk);
        for entry in self.exchange.take_all() {
            entry.receipt.nack(NackReason::Returned);
        }
    }

    /// Aborts a doomed transaction when the brokers have all of it, or after a while. (The driver does
    /// not survive an abort while it still makes partitions known to the coordinator.)
    fn is_aborted(&mut self, now: Instant, is_settled: bool) -> bool {
        let Some(transaction) = &mut self.transaction else { return true };
        if transaction.is_aborted {
            return true;
        }
        let is_quiet = is_settled && transaction.producer.flush(Duration::ZERO).is_ok();
        let is_late = transaction
            .waiting
            .is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE);
        let is_lost = transaction.producer.client().fatal_error().is_some();
        if is_quiet || is_late || is_lost {
            self.abort();
        }
        self.transaction.as_ref().is_some_and(|one| one.phase == Phase::Doomed && one.is_aborted)
    }

    fn abort(&mut self) {
        let aborted =
            self.call("aborting a transaction", |producer| producer.abort_transaction(CALL));
        self.plan.stats.update(|stats| stats.aborts += 1);
        if let Some(transaction) = &mut self.transaction {
            transaction.is_aborted = true;
        }
        match aborted {
            Ok(()) => self.plan.tell("kafka.aborted", None, &[]),
            Err(Setback::Lost(error) | Setback::Abort(error)) => self.lose(error),
            Err(Setback::Fatal(error)) => {
                self.plan.tell("kafka.aborted", Some(&error), &[]);
                self.fail(error.with_retryable(false));
            }
        }
    }

    /// Everything that was delivered is settled, and aborted.
    fn begin_again(&mut self, now: Instant, wish: Wish) {
        if let Some(error) = self.dead_letters.as_ref().and_then(DeadLetters::poll) {
            if error.is_retryable() {
                self.plan.tell("kafka.trouble", Some(&error), &[]);
            } else {
                self.fail(error);
            }
        }
        if self.dead_letters.is_none() {
            for at in 0..self.seats.len() {
                self.ends_here(at);
            }
        }
        let Some(transaction) = &mut self.transaction else { return };
        let is_deserted = transaction.link.is_deserted();
        if self.intake == Intake::Closed || wish != Wish::Run || is_deserted {
            transaction.phase = Phase::Over;
            if is_deserted {
                self.fail(Error::new(ErrorKind::Closed, "the sink of the pair is gone"));
            }
            return;
        }
        if !self.is_certain() {
            return self.hold_and_attend();
        }
        // In this order: to resume would bring back where it was paused.
        self.release();
        let penalty = self.seats.iter().map(|seat| seat.lane.penalty()).max();
        if let Some(transaction) = &mut self.transaction {
            transaction.rest = penalty.map(|penalty| now + penalty);
        }
        for at in 0..self.seats.len() {
            let Some(first) = self.seats[at].first.take() else { continue };
            self.seats[at].lane.restart(first);
            if !self.seats[at].is_leaving {
                self.seek(at, first);
                self.tell_of(at, "kafka.redelivering", Some(first));
            }
        }
        self.begin_next();
    }

    /// Begins the next transaction.
    fn begin_next(&mut self) {
        match self.renew() {
            Ok(()) => {}
            Err(Setback::Lost(error)) => self.lose(error),
            Err(Setback::Abort(error) | Setback::Fatal(error)) => {
                self.fail(error.with_retryable(false));
                self.doom();
            }
        }
    }

    /// Commits what is settled.
    fn conclude(&mut self) {
        let mut list = TopicPartitionList::new();
        for seat in self.seats.iter().filter(|seat| seat.first.is_some()) {
            super::commit::enlist(&mut list, seat, seat.lane.done());
        }
        let committed = self.send_and_commit(&list);
        match committed {
            Ok(()) => {
                for seat in &mut self.seats {
                    if seat.first.take().is_some() {
                        seat.committed = seat.lane.done();
                        seat.lane.conclude();
                    }
                }
                self.plan.stats.update(|stats| stats.commits += 1);
                if let Some(transaction) = &mut self.transaction {
                    transaction.revival.succeeded();
                }
                self.begin_next();
            }
            Err(Setback::Lost(error)) => {
                self.plan.stats.update(|stats| stats.failed_commits += 1);
                self.lose(error);
            }
            Err(Setback::Abort(error)) => {
                self.plan.stats.update(|stats| stats.failed_commits += 1);
                self.plan.tell("kafka.commit_failed", Some(&error), &[]);
                self.doom();
            }
            Err(Setback::Fatal(error)) => {
                self.plan.stats.update(|stats| stats.failed_commits += 1);
                self.fail(error.with_retryable(false));
                self.doom();
            }
        }
    }

    // --- for the rest of the worker ---

    /// Nothing more gets into the pipeline. What did not get there is read by whoever comes next.
    pub(super) fn cut_off(&mut self) {
        for entry in self.exchange.take_all() {
            if let Some(seat) = self.seats.iter_mut().find(|seat| seat.id == entry.seat) {
                seat.lane.cut(entry.offset);
            }
            // It is as if it had not been read.
            entry.receipt.ack();
        }
    }

    /// The log of a partition became shorter: which records of it are under way is not known any more.
    pub(super) fn end_shortened(&mut self, at: usize) {
        let Some(transaction) = &self.transaction else { return };
        transaction.link.spoil();
        let (topic, partition) = (&self.seats[at].topic, self.seats[at].partition);
        let what = format!(
            "the log of {topic}[{partition}] became shorter than it was: the transaction is aborted"
        );
        self.fail(Error::new(ErrorKind::Io, what));
        self.doom();
    }

    /// Whether partitions may be given up.
    pub(super) fn may_leave(&mut self, now: Instant, is_lost: bool) -> bool {
        let Some(transaction) = &self.transaction else { return true };
        let phase = transaction.phase;
        if phase == Phase::Over || phase == Phase::Flowing && transaction.records == 0 {
            return true;
        }
        let is_late = self.leaving.as_ref().is_some_and(|leaving| now >= leaving.deadline);
        if is_lost && matches!(phase, Phase::Flowing | Phase::Settling) {
            self.doom();
        } else if is_late && !is_lost && self.intake == Intake::Open {
            let what = format!(
                "records of partitions that the group gives to others were not processed within \
                 {:?}: the transaction is aborted",
                self.plan.drain_time
            );
            self.fail(Error::new(ErrorKind::Timeout, what).with_retryable(true));
            if matches!(phase, Phase::Flowing | Phase::Settling) {
                self.doom();
            }
            if let Some(transaction) = &self.transaction {
                transaction.link.spoil();
            }
        }
        // After a failure nothing of it can be committed any more.
        is_late && self.intake == Intake::Closed
    }

    /// Whether there is nothing left to be done, if there are transactions.
    pub(super) fn is_concluded(&self) -> Option<bool> {
        let transaction = self.transaction.as_ref()?;
        let is_clean = transaction.phase == Phase::Flowing && transaction.records == 0;
        Some(is_clean || transaction.phase == Phase::Over)
    }

    /// The source goes away.
    pub(super) fn abandon_transaction(&mut self) {
        let Some(transaction) = &self.transaction else { return };
        if transaction.phase == Phase::Over {
            return;
        }
        transaction.link.doom();
        if !transaction.is_aborted {
            // Before an abort, as above. It is aborted as well if they do not have it by then.
            let _ = transaction.producer.flush(PATIENCE);
        }
        let is_settled = self.settle();
        let Some(transaction) = &self.transaction else { return };
        if !is_settled {
            transaction.link.spoil();
        }
        if !transaction.is_aborted
            && let Err(error) = transaction.producer.abort_transaction(CALL)
        {
            // The cluster does it, when the transaction's time is over.
            self.plan.tell("kafka.aborted", Some(&failed("leaving", error)), &[]);
        }
    }
}
