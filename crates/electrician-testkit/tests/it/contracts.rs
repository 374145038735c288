//! The contract suites go red: each law, broken on purpose.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_testkit::contract::{self, Issuer, Line, Violations};
use electrician_testkit::{Fault, FaultPlan, Faults, FaultySink, FaultySource, Verdicts};
use electrician_types::{
    Acknowledge, Batch, Error, Item, NackReason, Next, Receipt, Receive, Refusal, Refused, Result,
    Sink, Source, Submit, Verdict,
};
use tokio::task::yield_now;

const SOON: Duration = Duration::from_millis(300);

#[track_caller]
fn breaks(law: &str, result: std::result::Result<(), Violations>) {
    let violations = result.expect_err(law);
    assert!(violations.has(law), "{law} should be broken: {violations}");
}

// === sources ===

fn faulty(plan: FaultPlan) -> impl Fn() -> FaultySource<u64> {
    move || FaultySource::new(30, |n| n).with_faults(Faults::new(plan.clone()))
}

#[tokio::test]
async fn faulty_sources_are_seen_through() {
    let plan = FaultPlan::none;
    let idle = faulty(plan().with_fault(0, Fault::Idle));
    breaks("Progress", contract::source(idle).await);
    let failing = faulty(plan().with_fault(7, Fault::Error));
    breaks("Progress", contract::source(failing).await);
    let panicking = faulty(plan().with_fault(7, Fault::Panic));
    breaks("Progress", contract::source(panicking).await);
    let hanging = faulty(plan().with_fault(7, Fault::Hang));
    breaks("Progress", contract::source(hanging).within(SOON).await);

    let close = || Faults::new(plan().with_fault(0, Fault::Error));
    let closing = move || FaultySource::new(3, |n| n).with_close_faults(close());
    breaks("End", contract::source(closing).await);
    let close = || Faults::new(plan().with_fault(0, Fault::Hang));
    let hanging = move || FaultySource::new(3, |n| n).with_close_faults(close());
    contract::source(hanging).within(SOON).await.unwrap_err();
}

/// A source whose bad habit is chosen.
struct Bad {
    next: u64,
    habit: Habit,
    kept: Vec<u64>,
    has_ended: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Habit {
    /// Gives more than it is asked for.
    Pushy,
    /// Takes an item out of where it was safe, and then waits.
    Careless,
    /// Gives an item again when a read was cancelled.
    Forgetful,
    /// Goes on after the end.
    Restless,
    /// Hands over what it has given already.
    Double,
    /// Skips items when it is handed over.
    Lossy,
}

fn bad(habit: Habit) -> impl Fn() -> Bad {
    move || Bad { next: 0, habit, kept: Vec::new(), has_ended: false }
}

impl Source for Bad {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> Result<Next> {
        if self.next >= 20 && !(self.habit == Habit::Restless && self.has_ended) {
            self.has_ended = true;
            return Ok(Next::End);
        }
        match self.habit {
            Habit::Pushy => {
                for n in 0..=demand as u64 {
                    batch.push(self.next + n);
                }
                self.next += demand as u64 + 1;
                return Ok(Next::More);
            }
            Habit::Careless => {
                let n = self.next;
                self.next += 1;
                yield_now().await;
                batch.push(n);
                return Ok(Next::More);
            }
            Habit::Forgetful => {
                batch.push(self.next);
                yield_now().await;
            }
            Habit::Lossy => {
                yield_now().await;
                batch.push(self.next);
                self.kept = vec![self.next + 2];
            }
            Habit::Restless | Habit::Double => {
                batch.push(self.next);
                self.kept = vec![self.next];
            }
        }
        self.next += 1;
        Ok(Next::More)
    }

    fn hand_over(&mut self, batch: &mut Batch<u64>) {
        if matches!(self.habit, Habit::Double | Habit::Lossy) && self.next < 20 {
            self.kept.drain(..).for_each(|n| batch.push(n));
        }
    }
}

#[tokio::test]
async fn bad_habits_of_sources_are_seen() {
    breaks("Demand", contract::source(bad(Habit::Pushy)).await);
    breaks("Cancellation", contract::source(bad(Habit::Careless)).await);
    breaks("Cancellation", contract::source(bad(Habit::Forgetful)).await);
    breaks("End", contract::source(bad(Habit::Restless)).await);
    breaks("End", contract::source(bad(Habit::Double)).await);
    breaks("End", contract::source(bad(Habit::Lossy)).await);
}

#[tokio::test]
async fn a_close_that_never_comes_back_is_seen() {
    struct Waits(Vec<u64>, Verdicts);
    impl Source for Waits {
        type Item = u64;
        async fn read(&mut self, batch: &mut Batch<u64>, _demand: usize) -> Result<Next> {
            let Some(n) = self.0.pop() else {
                return Ok(Next::End);
            };
            batch.push_tracked(n, self.1.receipt(n));
            Ok(Next::More)
        }
        async fn close(&mut self) -> Result<()> {
            // One more than there are.
            self.1.wait_for_settled(4).await;
            Ok(())
        }
    }
    let make = || Waits(vec![1, 2, 3], Verdicts::counting());
    contract::source(make).within(SOON).await.unwrap_err();
}

// === sinks ===

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

// === receipts ===

/// Takes the first verdict for the last one.
#[derive(Clone, Default)]
struct Hasty(Arc<Mutex<Vec<(u64, Verdict)>>>);

struct Shared(Hasty);

impl Acknowledge for Shared {
    fn settle(&self, token: u64, verdict: Verdict) {
        self.0.0.lock().unwrap().push((token, verdict));
    }

    fn split(&self, _token: u64, _extra: u32) -> bool {
        // It says so, and does not.
        true
    }
}

impl Issuer for Hasty {
    fn receipt(&mut self, number: u64) -> Receipt {
        Receipt::new(Arc::new(Shared(self.clone())), number)
    }

    fn outcome(&mut self, number: u64) -> Option<Verdict> {
        let all = self.0.lock().unwrap();
        all.iter().find(|(token, _)| *token == number).map(|(_, verdict)| *verdict)
    }
}

#[tokio::test]
async fn who_does_not_count_parts_is_seen() {
    breaks("Parts", contract::acknowledge(Hasty::default).await);
}

// === lines ===

/// A line of a queue without a bound, and other flaws.
#[derive(Clone)]
struct Pipe {
    items: Arc<Mutex<State>>,
    flaw: Flaw,
}

#[derive(Default)]
struct State {
    items: Vec<Item<u64>>,
    is_closed: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    Endless,
    Cancelled,
    Reversed,
    Wrong,
    Open,
    Taken,
}

impl Submit<u64> for Pipe {
    async fn submit(&self, item: u64) -> std::result::Result<(), Refused<u64>> {
        while !self.items.lock().unwrap().is_closed {
            let result = self.try_submit(item);
            if self.flaw == Flaw::Cancelled {
                yield_now().await;
            }
            match result {
                Err(refused) if refused.is_full() => yield_now().await,
                other => return other,
            }
        }
        self.try_submit(item)
    }

    fn try_submit(&self, item: u64) -> std::result::Result<(), Refused<u64>> {
        let mut state = self.items.lock().unwrap();
        if state.is_closed && self.flaw != Flaw::Open {
            return Err(Refused::new(item, Refusal::Closed));
        }
        if state.items.len() >= 10 && self.flaw != Flaw::Endless {
            let item = if self.flaw == Flaw::Wrong { item + 1 } else { item };
            return Err(Refused::new(item, Refusal::Full));
        }
        let at = if self.flaw == Flaw::Reversed { 0 } else { state.items.len() };
        state.items.insert(at, item.into());
        Ok(())
    }
}

impl Receive<u64> for Pipe {
    async fn receive(&mut self) -> Option<Item<u64>> {
        loop {
            let item = {
                let mut state = self.items.lock().unwrap();
                if state.items.is_empty() && state.is_closed {
                    return None;
                }
                (!state.items.is_empty()).then(|| state.items.remove(0))
            };
            if self.flaw == Flaw::Taken {
                yield_now().await;
            }
            match item {
                Some(item) => return Some(item),
                None => yield_now().await,
            }
        }
    }
}

async fn pipe(flaw: Flaw) -> std::result::Result<(), Violations> {
    let make = move || {
        let pipe = Pipe { items: Arc::default(), flaw };
        let closing = pipe.clone();
        let close = async move { closing.items.lock().unwrap().is_closed = true };
        Line::new(pipe.clone(), pipe, close)
    };
    contract::submit_receive(make, |n| n).within(Duration::from_secs(20)).await
}

#[tokio::test]
async fn flaws_of_lines_are_seen() {
    breaks("Backpressure", pipe(Flaw::Endless).await);
    breaks("Cancellation", pipe(Flaw::Cancelled).await);
    breaks("Order", pipe(Flaw::Reversed).await);
    breaks("Refusal", pipe(Flaw::Wrong).await);
    breaks("Refusal", pipe(Flaw::Open).await);
    breaks("Cancellation", pipe(Flaw::Taken).await);
}

#[tokio::test]
async fn violations_are_readable() {
    let idle = faulty(FaultPlan::none().with_fault(0, Fault::Idle));
    let violations = contract::source(idle).await.unwrap_err();
    let text = violations.to_string();
    let expected =
        "the laws of Source are broken:\n  Progress: there is more, but nothing was appended";
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(violations.all()[0].law, "Progress");
    assert_eq!(format!("{violations:?}"), text);
}
