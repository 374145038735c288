//! The laws of a sink.

use std::fmt::Debug;

use electrician_types::{Batch, NackReason, Sink, Verdict};

use crate::polls::give_up_after;
use crate::suite::{Laws, Suite};
use crate::verdicts::Verdicts;

/// How many items a check writes.
const ITEMS: u64 = 20;

/// How often a write is tried on the same item before the suite gives up on it, as an engine would.
const ATTEMPTS: u32 = 2;

/// Checks the laws of [`Sink`].
///
/// `make` makes the sink anew, with a function that tells what has arrived where it writes to, or
/// `None` if that cannot be seen. `item` makes item number `n`. The sink may refuse items, as long
/// as it does so by the law.
pub fn sink<'a, T, S, W, F, I>(make: F, item: I) -> Suite<'a>
where
    T: PartialEq + Debug + Send + Sync + 'static,
    S: Sink<T>,
    W: Fn() -> Option<Vec<T>> + Send + Sync + 'a,
    F: Fn() -> (S, W) + Send + Sync + 'a,
    I: Fn(u64) -> T + Send + Sync + 'a,
{
    Suite::new("Sink", |laws| async move {
        let check = Check { make, item, laws };
        for size in [1, 7, 12, ITEMS] {
            check.order(size).await;
        }
        for polls in 0..4 {
            check.cancellation(polls).await;
        }
        check.without_flush().await;
        check.next_run().await;
    })
}

struct Check<F, I> {
    make: F,
    item: I,
    laws: Laws,
}

/// One sink under examination.
struct Trial<'a, T, S, I> {
    sink: S,
    item: &'a I,
    laws: &'a Laws,
    verdicts: Verdicts,
    batch: Batch<T>,
    /// The number of the item at the front of the batch.
    front: u64,
    /// The number of the next item.
    next: u64,
    /// Taken since the last flush.
    unflushed: Vec<u64>,
    safe: Vec<u64>,
}

impl<T, S, W, F, I> Check<F, I>
where
    T: PartialEq + Debug + Send + Sync + 'static,
    S: Sink<T>,
    W: Fn() -> Option<Vec<T>> + Send + Sync,
    F: Fn() -> (S, W) + Sync,
    I: Fn(u64) -> T + Sync,
{
    fn begin(&self, sink: S) -> Trial<'_, T, S, I> {
        Trial {
            sink,
            item: &self.item,
            laws: &self.laws,
            verdicts: Verdicts::counting(),
            batch: Batch::new(),
            front: 0,
            next: 0,
            unflushed: Vec::new(),
            safe: Vec::new(),
        }
    }

    async fn order(&self, size: u64) {
        self.laws.now("Order");
        let (sink, written) = (self.make)();
        let mut trial = self.begin(sink);
        trial.open().await;
        while trial.next < ITEMS {
            trial.lay(size.min(ITEMS - trial.next));
            trial.write(None).await;
            trial.flush().await;
        }
        // Nothing to flush is no error.
        trial.flush().await;
        trial.close().await;
        self.compare(&trial, written(), false);
    }

    async fn cancellation(&self, polls: usize) {
        self.laws.now("Cancellation");
        let (sink, written) = (self.make)();
        let mut trial = self.begin(sink);
        trial.open().await;
        trial.lay(ITEMS);
        trial.write(Some(polls)).await;
        trial.flush().await;
        trial.close().await;
        self.laws.now("Cancellation");
        // A write that was given up may have happened.
        self.compare(&trial, written(), true);
    }

    /// A sink that goes away settles what it holds.
    async fn without_flush(&self) {
        self.laws.now("Responsibility");
        let (sink, _) = (self.make)();
        let mut trial = self.begin(sink);
        trial.open().await;
        trial.lay(ITEMS);
        trial.write(None).await;
        let Trial { verdicts, sink, .. } = trial;
        drop(sink);
        self.settled(&verdicts);
    }

    /// A sink is opened again after it was closed.
    async fn next_run(&self) {
        self.laws.now("Flush");
        let (sink, written) = (self.make)();
        let mut trial = self.begin(sink);
        for _ in 0..2 {
            trial.open().await;
            trial.lay(ITEMS / 2);
            trial.write(None).await;
            trial.flush().await;
            trial.close().await;
        }
        self.compare(&trial, written(), false);
    }

    fn compare(&self, trial: &Trial<'_, T, S, I>, written: Option<Vec<T>>, may_repeat: bool) {
        self.settled(&trial.verdicts);
        let Some(mut written) = written else {
            return;
        };
        if may_repeat {
            written.dedup();
        }
        for number in &trial.safe {
            let item = (self.item)(*number);
            let is_there = written.contains(&item);
            let what = || format!("{item:?} was acknowledged and is not there");
            self.laws.check_law("Responsibility", is_there, what);
        }
        let mut last = None;
        for item in &written {
            let number = (0..trial.next).find(|number| (self.item)(*number) == *item);
            let in_order = number.is_some() && number > last;
            let what = || format!("{item:?} is there too early, or twice");
            self.laws.check_law("Order", in_order, what);
            last = number.max(last);
        }
    }

    fn settled(&self, verdicts: &Verdicts) {
        let open = verdicts.open();
        let what = || format!("items {open:?} never got a verdict");
        self.laws.check_law("Responsibility", open.is_empty(), what);
        for breach in verdicts.breaches() {
            self.laws.broken_law("Responsibility", breach);
        }
    }
}

impl<T, S, I> Trial<'_, T, S, I>
where
    T: PartialEq + Debug + Send + Sync + 'static,
    S: Sink<T>,
    I: Fn(u64) -> T + Sync,
{
    async fn open(&mut self) {
        if let Err(error) = self.sink.open().await {
            self.laws.broken(format!("open failed: {error}"));
        }
    }

    /// Puts the next items into the batch.
    fn lay(&mut self, count: u64) {
        for number in self.next..self.next + count {
            self.batch.push(self.verdicts.item(number, (self.item)(number)));
        }
        self.next += count;
    }

    /// Has all of the batch written, but for what the sink refuses; each write is given up after so
    /// many polls, once.
    async fn write(&mut self, polls: Option<usize>) {
        let mut failures = 0;
        let mut is_cancelled = false;
        while !self.batch.is_empty() {
            let before = self.batch.len();
            let limit = polls.filter(|_| !is_cancelled).unwrap_or(usize::MAX);
            let written = give_up_after(limit, self.sink.write(&mut self.batch)).await;
            is_cancelled = written.is_none();
            let taken = before.saturating_sub(self.batch.len()) as u64;
            self.unflushed.extend(self.front..self.front + taken);
            self.front += taken;
            self.look();
            match written {
                Some(Ok(())) if taken > 0 => failures = 0,
                Some(Ok(())) => {
                    let front = self.front;
                    let what = format!("it took nothing from item {front} on and said Ok");
                    self.laws.broken_law("Responsibility", what);
                    self.dispose();
                }
                Some(Err(error)) => {
                    failures = if taken > 0 { 1 } else { failures + 1 };
                    let is_there = !self.batch.is_empty();
                    let what = || format!("{error}, but the item is gone");
                    self.laws.check_law("Errors", is_there, what);
                    if failures >= ATTEMPTS {
                        self.dispose();
                        failures = 0;
                    }
                }
                None => {}
            }
        }
    }

    /// What was left is the sink's no more than it was before.
    fn look(&self) {
        let expected = self.front..self.next;
        let is_rest = self
            .batch
            .values()
            .zip(expected.clone())
            .all(|(left, number)| *left == (self.item)(number));
        let what = || {
            let left: Vec<&T> = self.batch.values().collect();
            format!("it took items from elsewhere than the front, and left {left:?}")
        };
        self.laws.check_law("Responsibility", is_rest, what);
        let settled = expected.filter(|number| self.verdicts.verdict(*number).is_some());
        let settled: Vec<u64> = settled.collect();
        let what = || format!("items {settled:?} are still in the batch and have a verdict");
        self.laws.check_law("Responsibility", settled.is_empty(), what);
    }

    /// The engine gives up on the item at the front.
    fn dispose(&mut self) {
        if let Some(item) = self.batch.take() {
            item.into_parts().1.nack(NackReason::Failed);
            self.front += 1;
        }
    }

    async fn flush(&mut self) {
        let flushed = self.sink.flush().await;
        let taken = std::mem::take(&mut self.unflushed);
        for number in taken {
            let verdict = self.verdicts.verdict(number);
            if verdict == Some(Verdict::Ack) {
                self.safe.push(number);
                continue;
            }
            let what =
                || format!("item {number} was taken, flush {flushed:?}, verdict {verdict:?}");
            self.laws.check_law("Flush", flushed.is_err() && verdict.is_some(), what);
        }
    }

    async fn close(&mut self) {
        if let Err(error) = self.sink.close().await {
            self.laws.broken_law("Flush", format!("close failed: {error}"));
        }
    }
}
