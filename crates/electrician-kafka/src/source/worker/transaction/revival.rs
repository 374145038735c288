//! Another producer in the place of one that cannot go on.

use std::time::Instant;

use electrician_types::Error;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::{Offset, TopicPartitionListElem};

use super::super::{QUESTION, Worker};
use super::{Outlet, Phase};
use crate::dead_letter::DeadLetters;
use crate::error::failed;

/// How many producers may end before a transaction is committed.
const MOST: u32 = 5;

/// What is known of producers that ended.
#[derive(Debug, Default)]
pub(super) struct Revival {
    /// How many ended since a transaction was committed.
    ended: u32,
    /// Whether it is not known if the last transaction was committed.
    is_uncertain: bool,
}

// === impl Revival ===

impl Revival {
    /// A transaction was committed.
    pub(super) const fn succeeded(&mut self) {
        self.ended = 0;
    }
}

// === impl Worker ===

impl<T> Worker<'_, T> {
    /// The producer cannot go on, for the reason `error`. Another is asked for, and what was delivered
    /// is delivered again, unless too many have ended already.
    pub(super) fn lose(&mut self, error: Error) {
        self.doom();
        let Some(transaction) = &mut self.transaction else { return };
        transaction.revival.is_uncertain = true;
        transaction.revival.ended += 1;
        if transaction.revival.ended > MOST {
            // Whoever begins next aborts it.
            transaction.is_aborted = true;
            transaction.revival.is_uncertain = false;
            let text = format!("{} producers have ended one after the other", MOST + 1);
            return self.fail(Error::new(error.kind(), text).with_source(error));
        }
        transaction.phase = Phase::Bereft;
        transaction.link.ask_for_another();
        self.plan.tell("kafka.producer_lost", Some(&error), &[]);
    }

    /// Looks whether there is another producer.
    pub(super) fn await_another(&mut self, now: Instant) {
        let Some(transaction) = &mut self.transaction else { return };
        if transaction.link.is_deserted() {
            transaction.is_aborted = true;
            transaction.revival.is_uncertain = false;
            transaction.phase = Phase::Doomed;
            return;
        }
        match transaction.link.take_another() {
            None => self.wait(now),
            Some(Ok(Outlet { producer, slots })) => {
                let topic = self.plan.dead_letters.as_deref();
                self.dead_letters =
                    topic.map(|topic| DeadLetters::in_transaction(topic, producer.clone(), slots));
                transaction.producer = producer;
                // That was done when it took over.
                transaction.is_aborted = true;
                transaction.phase = Phase::Doomed;
                self.plan.tell("kafka.producer_replaced", None, &[]);
            }
            Some(Err(error)) if error.is_retryable() => {
                transaction.link.ask_for_another();
                self.plan.tell("kafka.trouble", Some(&error), &[]);
            }
            Some(Err(error)) => {
                transaction.is_aborted = true;
                transaction.revival.is_uncertain = false;
                transaction.phase = Phase::Doomed;
                self.fail(error);
            }
        }
    }

    /// Finds out where to begin again, if that is not known: a commit whose answer was not heard may
    /// have been one.
    pub(super) fn is_certain(&mut self) -> bool {
        if !self.transaction.as_ref().is_some_and(|one| one.revival.is_uncertain) {
            return true;
        }
        let mut list = TopicPartitionList::new();
        let open = self.seats.iter().filter(|seat| seat.first.is_some());
        open.for_each(|seat| seat.enlist(&mut list));
        if list.count() > 0 {
            let offsets = self.consumer.committed_offsets(list, QUESTION).and_then(|offsets| {
                offsets.elements().iter().try_for_each(TopicPartitionListElem::error)?;
                Ok(offsets)
            });
            match offsets {
                Ok(offsets) => self.begin_behind(&offsets),
                Err(error) => {
                    let error = failed("asking for committed offsets", error);
                    self.plan.tell("kafka.trouble", Some(&error), &[]);
                    return false;
                }
            }
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.revival.is_uncertain = false;
        }
        true
    }

    fn begin_behind(&mut self, committed: &TopicPartitionList) {
        for seat in self.seats.iter_mut().filter(|seat| seat.first.is_some()) {
            let found = committed.find_partition(&seat.topic, seat.partition);
            if let Some(Offset::Offset(offset)) = found.map(|found| found.offset()) {
                seat.committed = Some(offset);
                seat.first = Some(offset);
            }
        }
    }
}
