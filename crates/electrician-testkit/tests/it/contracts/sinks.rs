//! Sinks that break the law.

use std::mem;
use std::sync::{Arc, Mutex};

use electrician_testkit::contract::{self, Violations};
use electrician_testkit::{Fault, FaultPlan, Faults, FaultySink};
use electrician_types::{Batch, Error, Item, NackReason, Result, Sink};

use super::{SOON, breaks};

type Number = fn(&u64) -> u64;

fn faulty_sink(
    change: impl Fn(FaultySink<u64, Number>) -> FaultySink<u64, Number> + Send + Sync,
) -> impl Fn() -> (FaultySink<u64, Number>, Box<dyn Fn() -> Option<Vec<u64>> + Send + Sync>) {
    move || {
        let sink = change(FaultySink::new(|n| *n));
        let record = sink.record();
        (sink, Box::new(move || Some(record.delivered())))
    }
}

fn at(number: u64, fault: Fault) -> Faults {
    Faults::new(FaultPlan::none().with_fault(number, fault))
}

#[tokio::test]
async fn faulty_sinks_are_seen_through() {
    let item = |n| n;
    let idle = faulty_sink(|sink| sink.with_faults(at(5, Fault::Idle)));
    breaks("Responsibility", contract::sink(idle, item).await);
    let twice = faulty_sink(|sink| sink.with_faults(at(5, Fault::Duplicate)));
    breaks("Order", contract::sink(twice, item).await);
    let swallowing = faulty_sink(|sink| sink.with_faults(at(5, Fault::Drop)));
    breaks("Flush", contract::sink(swallowing, item).await);
    let panicking = faulty_sink(|sink| sink.with_faults(at(5, Fault::Panic)));
    contract::sink(panicking, item).await.unwrap_err();
    let hanging = faulty_sink(|sink| sink.with_faults(at(5, Fault::Hang)));
    contract::sink(hanging, item).within(SOON).await.unwrap_err();
    let hanging = faulty_sink(|sink| sink.buffering().with_flush_faults(at(1, Fault::Hang)));
    contract::sink(hanging, item).within(SOON).await.unwrap_err();
}

/// A sink whose bad habit is chosen.
struct BadSink {
    habit: SinkHabit,
    held: Vec<Item<u64>>,
    written: Arc<Mutex<Vec<u64>>>,
}

#[derive(Clone, Copy)]
enum SinkHabit {
    /// Takes the item and then fails.
    Grabby,
    /// Holds receipts that no flush settles.
    Hoarding,
    /// Acknowledges what it has not written.
    Lying,
    /// Forgets receipts.
    Leaky,
    /// Writes the last one first.
    Backward,
    /// Drops the end of the batch.
    Cutting,
    /// Says that the flush failed, and acknowledges nothing and nacks nothing.
    Sitting,
}

impl Sink<u64> for BadSink {
    async fn write(&mut self, batch: &mut Batch<u64>) -> Result<()> {
        if let SinkHabit::Cutting = self.habit {
            batch.truncate(batch.len() - 1);
        }
        if let SinkHabit::Backward = self.habit {
            let mut all: Vec<Item<u64>> = mem::take(batch).into_iter().collect();
            all.reverse();
            self.written.lock().unwrap().extend(all.into_iter().map(Item::accept));
            return Ok(());
        }
        while let Some(item) = batch.take() {
            let number = *item.value();
            if !matches!(self.habit, SinkHabit::Lying if number % 2 == 0) {
                self.written.lock().unwrap().push(number);
            }
            match self.habit {
                SinkHabit::Grabby if number == 6 => {
                    item.into_parts().1.nack(NackReason::Failed);
                    return Err(Error::failed("it was not to be"));
                }
                SinkHabit::Leaky => mem::forget(item),
                SinkHabit::Hoarding | SinkHabit::Sitting => self.held.push(item),
                _ => drop(item.accept()),
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        match self.habit {
            SinkHabit::Sitting if !self.held.is_empty() => Err(Error::failed("not today")),
            _ => Ok(()),
        }
    }
}

async fn bad_sink(habit: SinkHabit) -> std::result::Result<(), Violations> {
    let make = move || {
        let written = Arc::<Mutex<Vec<u64>>>::default();
        let sink = BadSink { habit, held: Vec::new(), written: Arc::clone(&written) };
        (sink, move || Some(written.lock().unwrap().clone()))
    };
    contract::sink(make, |n| n).await
}

#[tokio::test]
async fn bad_habits_of_sinks_are_seen() {
    breaks("Errors", bad_sink(SinkHabit::Grabby).await);
    breaks("Flush", bad_sink(SinkHabit::Hoarding).await);
    breaks("Responsibility", bad_sink(SinkHabit::Lying).await);
    breaks("Responsibility", bad_sink(SinkHabit::Leaky).await);
    breaks("Order", bad_sink(SinkHabit::Backward).await);
    breaks("Flush", bad_sink(SinkHabit::Cutting).await);
    breaks("Flush", bad_sink(SinkHabit::Sitting).await);
}
