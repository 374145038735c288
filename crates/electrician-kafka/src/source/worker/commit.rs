//! Offsets to the group.

use electrician_types::{Error, Result};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::topic_partition_list::Offset;

use super::{Seat, Worker};
use crate::error::failed;

/// How often a commit that has to succeed now is tried.
const TRIES: u32 = 3;

// === impl Worker ===

impl<T> Worker<'_, T> {
    /// Tells the driver what is done; it commits that every now and then, and tells us when it has.
    pub(super) fn store(&mut self) {
        if !self.plan.commits || self.transaction.is_some() {
            return;
        }
        let mut list = TopicPartitionList::new();
        for seat in &mut self.seats {
            let done = seat.lane.done();
            if done != seat.stored && enlist(&mut list, seat, done) {
                seat.stored = done;
            }
        }
        if list.count() > 0
            && let Err(error) = self.consumer.store_offsets(&list)
        {
            // They are not ours any more, which is told before long.
            let error = failed("storing offsets to be committed", error);
            self.plan.tell("kafka.trouble", Some(&error), &[]);
        }
    }

    /// Hears what became of commits.
    pub(super) fn hear_commits(&mut self) {
        loop {
            let outcome = self.consumer.context().notes().commits.pop_front();
            match outcome {
                None => return,
                Some(Ok(offsets)) => self.committed(&offsets),
                Some(Err(error)) => self.commit_failed(&failed("committing", error)),
            }
        }
    }

    /// Commits what is done with the `chosen` partitions, and waits for the broker.
    pub(super) fn commit_now(&mut self, chosen: impl Fn(&Seat) -> bool) -> Result<()> {
        if !self.plan.commits || self.transaction.is_some() {
            return Ok(());
        }
        // Or else the driver might commit less once more while this is under way.
        self.store();
        self.hear_commits();
        let mut list = TopicPartitionList::new();
        for seat in self.seats.iter().filter(|seat| chosen(seat)) {
            let done = seat.lane.done();
            if done != seat.committed {
                enlist(&mut list, seat, done);
            }
        }
        if list.count() == 0 {
            return Ok(());
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let Err(error) = self.consumer.commit(&list, CommitMode::Sync) else { break };
            let error = failed("committing what was acknowledged", error);
            self.commit_failed(&error);
            if tries == TRIES || !error.is_retryable() {
                return Err(error);
            }
        }
        let one = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            let Offset::Offset(offset) = element.offset() else { return None };
            Some((element.topic().to_owned(), element.partition(), offset))
        };
        let offsets: Vec<_> = list.elements().iter().filter_map(one).collect();
        self.committed(&offsets);
        Ok(())
    }

    fn committed(&mut self, offsets: &[(String, i32, i64)]) {
        for (topic, partition, offset) in offsets {
            let is_it = |seat: &&mut Seat| seat.partition == *partition && *seat.topic == **topic;
            if let Some(seat) = self.seats.iter_mut().find(is_it) {
                seat.committed = Some(*offset);
            }
        }
        self.plan.stats.update(|stats| stats.commits += 1);
    }

    fn commit_failed(&mut self, error: &Error) {
        for seat in &mut self.seats {
            seat.stored = seat.committed;
        }
        self.plan.stats.update(|stats| stats.failed_commits += 1);
        self.plan.tell("kafka.commit_failed", Some(error), &[]);
    }
}

pub(super) fn enlist(list: &mut TopicPartitionList, seat: &Seat, offset: Option<i64>) -> bool {
    let Some(offset) = offset else { return false };
    let added = list.add_partition_offset(&seat.topic, seat.partition, Offset::Offset(offset));
    added.is_ok()
}
