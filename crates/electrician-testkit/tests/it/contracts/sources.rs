//! Sources that break the law.

use electrician_testkit::contract;
use electrician_testkit::{Fault, FaultPlan, Faults, FaultySource, Verdicts};
use electrician_types::{Batch, Next, Result, Source};
use tokio::task::yield_now;

use super::{SOON, breaks};

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
