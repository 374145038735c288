//! Partitions come and go.

use std::fmt::Write as _;
use std::time::Instant;

use electrician_types::{Error, ErrorKind, Field, Result};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::Offset;

use super::{Intake, Leaving, QUESTION, Seat, Worker};
use crate::error::failed;
use crate::source::Start;
use crate::source::context::{self, Change};
use crate::source::lane::Lane;

/// Where to begin in a partition.
struct Place {
    topic: String,
    partition: i32,
    from: Offset,
    /// What is committed.
    committed: Option<i64>,
    /// What to commit, for it was decided here.
    decided: Option<i64>,
}

// === impl Worker ===

impl<T> Worker<'_, T> {
    /// Does what the group has decided.
    pub(super) fn follow_group(&mut self, now: Instant) {
        loop {
            if self.leaving.is_some() && !self.try_to_leave(now) {
                return;
            }
            let change = self.change.take();
            let change = change.or_else(|| self.consumer.context().notes().changes.pop_front());
            match change {
                None => return,
                Some(Change::Assigned(partitions)) => {
                    if let Err(error) = self.take_over(&partitions) {
                        self.plan.tell("kafka.trouble", Some(&error), &[]);
                        if !self.consumer.assignment_lost() {
                            self.change = Some(Change::Assigned(partitions));
                            return;
                        }
                        self.agree(&Change::Assigned(partitions));
                    }
                }
                Some(Change::Revoked(partitions)) => {
                    for element in partitions.elements() {
                        let at = self.find(element.topic(), element.partition());
                        if let Some(seat) = at.and_then(|at| self.seats.get_mut(at)) {
                            seat.is_leaving = true;
                        }
                    }
                    // Of a transaction they are a part, and go on.
                    if self.transaction.is_none() {
                        let leaving = self.seats.iter().filter(|seat| seat.is_leaving);
                        self.exchange.take_back(|id| leaving.clone().any(|seat| seat.id == id));
                    }
                    let deadline = now + self.plan.drain_time;
                    self.leaving = Some(Leaving { partitions, deadline });
                }
            }
        }
    }

    /// Gives partitions up if they are settled, lost, or kept for too long already.
    fn try_to_leave(&mut self, now: Instant) -> bool {
        let is_lost = self.consumer.assignment_lost();
        if !self.may_leave(now, is_lost) {
            return false;
        }
        let leaving = self.seats.iter_mut().filter(|seat| seat.is_leaving);
        let unsettled = leaving.map(|seat| u64::from(!seat.lane.drain())).sum::<u64>();
        if unsettled > 0 && !is_lost && self.leaving.as_ref().is_some_and(|one| now < one.deadline)
        {
            return false;
        }
        let Some(Leaving { partitions, .. }) = self.leaving.take() else { return true };
        if !is_lost {
            // An error was told already; the next owner begins a little earlier.
            drop(self.commit_now(|seat| seat.is_leaving));
        }
        // The driver keeps in mind what is paused, also if it is given up and comes back: nobody would
        // resume it then.
        let mut paused = TopicPartitionList::new();
        self.seats.iter().filter(|seat| seat.is_leaving).for_each(|seat| seat.enlist(&mut paused));
        self.driver("resuming", |consumer| consumer.resume(&paused));
        let count = paused.count() as u64;
        self.seats.retain(|seat| !seat.is_leaving);
        self.recent = 0;
        self.agree(&Change::Revoked(partitions.clone()));
        self.plan.stats.update(|stats| {
            stats.rebalances += 1;
            stats.lost += if is_lost { count } else { 0 };
            stats.cut_short += if is_lost { 0 } else { unsettled };
        });
        self.announce(if is_lost { "kafka.lost" } else { "kafka.revoked" }, &partitions);
        true
    }

    /// Begins to read `partitions`.
    pub(super) fn take_over(&mut self, partitions: &TopicPartitionList) -> Result<()> {
        let places = self.places(partitions)?;
        let mut list = TopicPartitionList::with_capacity(places.len());
        for place in &places {
            list.add_partition_offset(&place.topic, place.partition, place.from)
                .map_err(|error| failed("assigning partitions", error))?;
        }
        context::assign(&self.consumer, &list)
            .map_err(|error| failed("assigning partitions", error))?;
        for place in places {
            let Place { topic, partition, committed, decided, .. } = place;
            self.assigned = self.assigned.wrapping_add(1);
            let done = committed.or(decided);
            self.seats.push(Seat {
                id: self.assigned,
                topic: topic.into(),
                partition,
                lane: Lane::new(self.plan.policy, self.plan.window, done),
                stored: committed,
                committed,
                end: None,
                is_paused: false,
                is_leaving: false,
                first: None,
            });
        }
        if self.is_held || self.intake == Intake::Closed {
            self.pause_all();
        }
        self.plan.stats.update(|stats| stats.rebalances += 1);
        self.announce("kafka.assigned", partitions);
        Ok(())
    }

    /// Where to begin in each of `partitions`.
    fn places(&self, partitions: &TopicPartitionList) -> Result<Vec<Place>> {
        let known = if self.plan.commits && partitions.count() > 0 {
            self.consumer
                .committed_offsets(partitions.clone(), QUESTION)
                .map_err(|error| failed("asking for committed offsets", error))?
        } else {
            partitions.clone()
        };
        let mut places = Vec::with_capacity(known.count());
        for element in known.elements() {
            element.error().map_err(|error| failed("asking for committed offsets", error))?;
            let (topic, partition) = (element.topic().to_owned(), element.partition());
            places.push(match element.offset() {
                Offset::Offset(offset) => Place {
                    topic,
                    partition,
                    from: Offset::Offset(offset),
                    committed: Some(offset),
                    decided: None,
                },
                _ => self.first_place(topic, partition)?,
            });
        }
        Ok(places)
    }

    /// Where to begin where nothing is committed.
    fn first_place(&self, topic: String, partition: i32) -> Result<Place> {
        let own = self
            .plan
            .starts
            .iter()
            .rfind(|(other, number, _)| *other == topic && *number == partition);
        let start = own.map_or(self.plan.start, |(_, _, start)| *start);
        let decided = match start {
            Start::Earliest | Start::Offset(_) => None,
            Start::Latest => Some(self.end_of(&topic, partition)?),
            Start::Timestamp(time) => Some(self.offset_at(&topic, partition, time)?),
        };
        let from = match (start, decided) {
            (_, Some(offset)) | (Start::Offset(offset), None) => Offset::Offset(offset),
            _ => Offset::Beginning,
        };
        Ok(Place { topic, partition, from, committed: None, decided })
    }

    fn end_of(&self, topic: &str, partition: i32) -> Result<i64> {
        let ends = self.consumer.fetch_watermarks(topic, partition, QUESTION);
        ends.map(|(_, end)| end).map_err(|error| failed("asking where a partition ends", error))
    }

    fn offset_at(&self, topic: &str, partition: i32, time: std::time::SystemTime) -> Result<i64> {
        let what = "asking for the offset at a timestamp";
        let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let mut list = TopicPartitionList::with_capacity(1);
        let added = list.add_partition_offset(topic, partition, Offset::Offset(millis));
        let list = added
            .and_then(|()| self.consumer.offsets_for_times(list, QUESTION))
            .map_err(|error| failed(what, error))?;
        let elements = list.elements();
        let Some(element) = elements.first() else {
            return Err(Error::new(ErrorKind::Io, what));
        };
        element.error().map_err(|error| failed(what, error))?;
        match element.offset() {
            Offset::Offset(offset) => Ok(offset),
            _ => self.end_of(topic, partition),
        }
    }

    fn agree(&self, change: &Change) {
        let agreed = match change {
            Change::Assigned(partitions) => context::assign(&self.consumer, partitions),
            Change::Revoked(partitions) => context::unassign(&self.consumer, partitions),
        };
        if let Err(error) = agreed {
            let error = failed("agreeing with the group", error);
            self.plan.tell("kafka.trouble", Some(&error), &[]);
        }
    }

    /// Agrees with everything that was told: nothing is left to take care of.
    pub(super) fn agree_with_all(&mut self) {
        if let Some(Leaving { partitions, .. }) = self.leaving.take() {
            self.agree(&Change::Revoked(partitions));
        }
        while let Some(change) =
            self.change.take().or_else(|| self.consumer.context().notes().changes.pop_front())
        {
            self.agree(&change);
        }
    }

    fn announce(&self, kind: &'static str, partitions: &TopicPartitionList) {
        if self.plan.observer.is_none() {
            return;
        }
        let mut list = String::new();
        for element in partitions.elements() {
            // Writing to a string does not fail.
            let _ = write!(list, " {}[{}]", element.topic(), element.partition());
        }
        let count = Field::Unsigned(partitions.count() as u64);
        self.plan.tell(kind, None, &[("partitions", count), ("list", Field::Text(list.trim()))]);
    }
}
