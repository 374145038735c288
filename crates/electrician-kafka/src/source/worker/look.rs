//! A look at every partition: what is done, what has to be read again, who is paused.

use std::time::Instant;

use electrician_types::{Error, ErrorKind};
use rdkafka::consumer::Consumer;
use rdkafka::statistics::Statistics;

use super::{Intake, Worker};
use crate::dead_letter::DeadLetters;
use crate::source::clock;
use crate::source::stats::PartitionStats;

// === impl Worker ===

impl<T> Worker<'_, T> {
    pub(super) fn look(&mut self, now: Instant) {
        self.hear_dead_letters();
        let wall = clock::wall();
        for at in 0..self.seats.len() {
            let seat = &mut self.seats[at];
            if self.transaction.is_some() {
                seat.lane.settle(wall);
                if !self.is_held && self.intake == Intake::Open {
                    self.balance(at);
                }
                continue;
            }
            if self.intake == Intake::Closed || seat.is_leaving {
                seat.lane.drain();
                continue;
            }
            seat.lane.look(now, wall);
            while let Some(offset) = self.seats[at].lane.take_vanished() {
                self.tell_of(at, "kafka.vanished", Some(offset));
            }
            if self.dead_letters.is_none() && self.ends_here(at) {
                continue;
            }
            if !self.is_held {
                self.read_again(at, now);
                self.balance(at);
            }
        }
        self.store();
        self.hear_commits();
        let statistics = self.consumer.context().notes().statistics.take();
        if let Some(statistics) = statistics {
            self.note_ends(&statistics);
        }
        self.publish();
    }

    /// Whether a record has failed too often and there is nowhere to put it.
    pub(super) fn ends_here(&mut self, at: usize) -> bool {
        let seat = &self.seats[at];
        let Some((offset, failure)) = seat.lane.exhausted() else { return false };
        let problem = format!(
            "the record at {}[{}]@{offset} was not processed in {} attempt(s), and there is no \
             dead-letter topic for it: {}",
            seat.topic, seat.partition, failure.attempts, failure.reason
        );
        self.fail(Error::new(ErrorKind::Failed, problem));
        true
    }

    fn read_again(&mut self, at: usize, now: Instant) {
        let seat = &mut self.seats[at];
        let Some(from) = seat.lane.rewind(now) else { return };
        if self.plan.policy.replays {
            let id = seat.id;
            self.exchange.take_back(|seat| seat == id);
        }
        // In this order: to resume would bring back where it was paused.
        self.resume(at);
        self.seek(at, from);
        self.tell_of(at, "kafka.redelivering", Some(from));
    }

    /// Pauses whose window is full, and resumes whose window has room again.
    fn balance(&mut self, at: usize) {
        let (id, lane) = (self.seats[at].id, &self.seats[at].lane);
        let room = self.plan.resumed_at();
        if lane.is_full() {
            // It is waited for.
            if self.crowded.is_none_or(|(crowded, _)| crowded != id) {
                self.pause(at);
            }
        } else if self.seats[at].is_paused && lane.in_flight() + room <= self.plan.window {
            let refused = lane.resume_at();
            self.resume(at);
            if let Some(offset) = refused {
                self.seek(at, offset);
            }
        }
    }

    /// What became of dead letters.
    fn hear_dead_letters(&mut self) {
        let Some(error) = self.dead_letters.as_ref().and_then(DeadLetters::poll) else { return };
        if error.is_retryable() {
            self.plan.tell("kafka.trouble", Some(&error), &[]);
        } else {
            self.fail(error);
        }
    }

    fn note_ends(&mut self, statistics: &Statistics) {
        for seat in &mut self.seats {
            let topic = statistics.topics.get(&*seat.topic);
            let Some(partition) = topic.and_then(|topic| topic.partitions.get(&seat.partition))
            else {
                continue;
            };
            let ends = [partition.ls_offset, partition.hi_offset];
            seat.end = ends.into_iter().find(|end| *end >= 0).or(seat.end);
        }
    }

    fn publish(&mut self) {
        let (delivered, redelivered) = (self.delivered, self.redelivered);
        (self.delivered, self.redelivered) = (0, 0);
        let seats = &self.seats;
        self.plan.stats.update(|stats| {
            stats.delivered += delivered;
            stats.redelivered += redelivered;
            stats.partitions.clear();
            stats.partitions.extend(seats.iter().map(|seat| PartitionStats {
                topic: std::sync::Arc::clone(&seat.topic),
                partition: seat.partition,
                position: seat.lane.next(),
                watermark: seat.lane.watermark(),
                committed: seat.committed,
                in_flight: seat.lane.in_flight(),
                failing: seat.lane.failing(),
                end: seat.end,
                is_paused: seat.is_paused,
            }));
            stats.partitions.sort_unstable_by(|one, other| {
                (&one.topic, one.partition).cmp(&(&other.topic, other.partition))
            });
        });
    }
}
