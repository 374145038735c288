//! The thread that polls.

mod commit;
mod group;
mod intake;
mod look;
mod startup;
mod transaction;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_types::{Error, Result};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::dead_letter::DeadLetters;
use crate::source::clock;
use crate::source::context::{Change, Context};
use crate::source::exchange::{Chunk, Exchange, Wish, gone};
use crate::source::lane::Lane;
use crate::source::plan::Plan;
use transaction::Transaction;

/// How often watermarks are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How long one question to a broker may take while nothing is polled.
const QUESTION: Duration = Duration::from_secs(5);

/// How long the driver is waited for when nothing else is to be done.
const IDLE: Duration = Duration::from_millis(100);

/// The same while something is to be done soon.
const BUSY: Duration = Duration::from_millis(10);

/// Polls until the source is closed or cannot go on.
pub(crate) fn run<T>(plan: &Plan<T>, exchange: &Exchange<T>) {
    let work = || match Worker::open(plan, exchange).and_then(Worker::start) {
        Ok(Some(worker)) => worker.work(),
        Ok(None) => Ok(()),
        Err(error) => {
            exchange.end(Err(error));
            Ok(())
        }
    };
    let over = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(gone()));
    plan.tell("kafka.closed", over.as_ref().err(), &[]);
    plan.stats.update(|stats| {
        stats.partitions.clear();
        stats.is_held = false;
    });
    exchange.set_over(over);
}

struct Worker<'a, T> {
    plan: &'a Plan<T>,
    exchange: &'a Exchange<T>,
    consumer: Rc<BaseConsumer<Context>>,
    dead_letters: Option<DeadLetters>,
    seats: Vec<Seat>,
    /// How many there were.
    assigned: u32,
    /// Which one the last record came from.
    recent: usize,
    /// On its way to the pipeline.
    chunk: Chunk<T>,
    /// What could not be agreed with yet.
    change: Option<Change>,
    leaving: Option<Leaving>,
    intake: Intake,
    /// When it is one of a pair.
    transaction: Option<Transaction>,
    is_held: bool,
    /// Since when the pipeline takes nothing.
    blocked: Option<Instant>,
    /// Whose window is full, and since when. It is paused when that lasts.
    crowded: Option<(u32, Instant)>,
    next_look: Instant,
    delivered: u64,
    redelivered: u64,
}

/// Whether records are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intake {
    Open,
    /// Nothing more is delivered.
    Closed,
}

/// One partition while it is assigned.
struct Seat {
    /// Which assignment it is.
    id: u32,
    topic: Arc<str>,
    partition: i32,
    lane: Lane,
    /// What the driver was told to commit, and what the broker has confirmed.
    stored: Option<i64>,
    committed: Option<i64>,
    end: Option<i64>,
    is_paused: bool,
    is_leaving: bool,
    /// The first record that is part of the transaction.
    first: Option<i64>,
}

/// Partitions that are to be given up.
struct Leaving {
    partitions: TopicPartitionList,
    deadline: Instant,
}

// === impl Worker ===

impl<T> Worker<'_, T> {
    fn work(mut self) -> Result<()> {
        loop {
            let (wish, room) = self.exchange.look();
            match wish {
                Wish::Run => {}
                Wish::Close => self.close_intake(),
                Wish::Leave => break,
            }
            let now = clock::now();
            self.follow_group(now);
            if self.transact(now, wish) {
                if self.intake == Intake::Open {
                    self.take_in(now, room);
                } else {
                    self.attend();
                }
            }
            let now = clock::now();
            if now >= self.next_look || self.leaving.is_some() {
                self.next_look = now + LOOK;
                self.look(now);
            }
            if wish == Wish::Close && self.leaving.is_none() && self.is_drained() {
                break;
            }
        }
        self.finish()
    }

    /// Nothing more is delivered; what did not get into the pipeline is taken back.
    fn close_intake(&mut self) {
        if self.intake == Intake::Open {
            self.intake = Intake::Closed;
            self.pause_all();
        }
        // Also after an error, when it is taken back later.
        if self.transaction.is_some() {
            self.cut_off();
        } else {
            self.exchange.take_back(|_| true);
        }
    }

    /// The source cannot go on.
    fn fail(&mut self, error: Error) {
        if self.intake == Intake::Open {
            self.intake = Intake::Closed;
            self.pause_all();
            self.exchange.give(&mut self.chunk);
            self.exchange.end(Err(error));
        }
    }

    fn is_drained(&mut self) -> bool {
        if let Some(is_concluded) = self.is_concluded() {
            return is_concluded;
        }
        let is_settled = self.seats.iter_mut().all(|seat| seat.lane.drain());
        is_settled && self.dead_letters.as_ref().is_none_or(|dead| !dead.pending())
    }

    /// Commits what is acknowledged, and leaves.
    fn finish(mut self) -> Result<()> {
        self.exchange.take_back(|_| true);
        if self.transaction.is_some() {
            self.abandon_transaction();
            return Ok(());
        }
        for seat in &mut self.seats {
            seat.lane.drain();
        }
        self.commit_now(|_| true)
    }
}

impl<T> Drop for Worker<'_, T> {
    fn drop(&mut self) {
        // The driver waits for an answer to what it told, also while it is closed.
        self.consumer.context().leave();
        self.agree_with_all();
    }
}

// === impl Seat ===

impl Seat {
    /// Adds this partition to `list`.
    fn enlist(&self, list: &mut TopicPartitionList) {
        list.add_partition(&self.topic, self.partition);
    }

    fn list(&self) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(1);
        self.enlist(&mut list);
        list
    }
}
