//! Whole pipelines out of a seed, run against the oracle.

mod assemble;
mod course;
mod draw;
mod entry;
mod exit;
mod guard;
mod judge;
mod parcel;
mod show;
mod sideway;
mod spec;
mod stage;
mod transform;
mod world;

use std::any::Any;
use std::env;
use std::fmt;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::oracle::Report;
use crate::watchdog::guarded;
use draw::Draw;
use world::World;

/// How long one scenario may take, in real time. It takes milliseconds.
const LIMIT: Duration = Duration::from_secs(30);

/// A pipeline, what goes wrong in it, and how it ends: all of it drawn from a seed.
///
/// It has one to five stages of every kind, branches that come together again or end in sinks,
/// sources and direct submits, every order, small queues, byte budgets, retries, dead letters,
/// guards that deny, whose items wait, are refused or go another way;
/// items that fail, panic, hang and are slow; readers that are slow or go away; and it is stopped
/// in one of seven ways. [`run`](Self::run) runs it, on virtual time, and asks the
/// [`Oracle`](crate::Oracle) what became of every item.
///
/// On one thread a scenario takes the same course in every run, but for its blocking stages and
/// for the hash that spreads keys over workers. Its [`Display`](fmt::Display) shows what it is
/// made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    seed: u64,
    threads: Threads,
}

/// What kind of runtime a scenario runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Threads {
    /// One thread.
    One,
    /// Several threads.
    Several,
}

/// A scenario that did not end well.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Which one.
    pub scenario: Scenario,
    /// What was wrong.
    pub problems: Vec<String>,
}

// === impl Scenario ===

impl Scenario {
    /// The scenario of `seed`.
    pub const fn new(seed: u64, threads: Threads) -> Self {
        Self { seed, threads }
    }

    /// Runs it on a runtime of its own, and says what became of the items. A run that hangs is a
    /// failure; its thread is left behind.
    pub fn run(&self) -> Result<Report, Failure> {
        let Self { seed, threads } = *self;
        let fail = |problems| Failure { scenario: *self, problems };
        match guarded(LIMIT, move || whole_course(seed, threads)) {
            Ok(Ok((report, problems))) if problems.is_empty() => Ok(report),
            Ok(Ok((_, problems))) => Err(fail(problems)),
            Ok(Err(panic)) => Err(fail(vec![format!("it panicked: {}", message(&*panic))])),
            Err(overdue) => Err(fail(vec![format!("it hangs: {overdue}")])),
        }
    }

    /// Runs `cases` scenarios with the seeds from `first` on, and panics with the first that fails.
    ///
    /// The environment has its say: with `ELECTRICIAN_SEED=<n>` only that one is run, with
    /// `ELECTRICIAN_CASES=<n>` so many.
    pub fn explore(first: u64, cases: u64, threads: Threads) {
        if let Some(seed) = variable("ELECTRICIAN_SEED") {
            return Self::new(seed, threads).must_run();
        }
        let cases = variable("ELECTRICIAN_CASES").unwrap_or(cases);
        for seed in first..first.saturating_add(cases) {
            Self::new(seed, threads).must_run();
        }
    }

    fn must_run(self) {
        if let Err(failure) = self.run() {
            panic!("{failure}");
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "scenario {} on {:?} thread(s):", self.seed, self.threads)?;
        write!(f, "{}", Draw::spec(self.seed))
    }
}

// === impl Failure ===

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, problems } = self;
        for problem in problems {
            writeln!(f, "{problem}")?;
        }
        writeln!(f, "{scenario}")?;
        write!(f, "again with ELECTRICIAN_SEED={}", scenario.seed)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}

/// Everything, on this thread: the runtime is gone when it returns, so nothing is under way.
fn whole_course(seed: u64, threads: Threads) -> (Report, Vec<String>) {
    let spec = Draw::spec(seed);
    let world = World::new(spec.counts_parts, spec.oddities);
    let runtime = threads.runtime();
    let course = runtime.block_on(course::run(Draw::spec(seed), world.clone()));
    drop(runtime);
    let judged = judge::judge(&spec, &world, course);
    world.end();
    judged
}

// === impl Threads ===

impl Threads {
    fn runtime(self) -> Runtime {
        let mut builder = match self {
            Self::One => Builder::new_current_thread(),
            Self::Several => Builder::new_multi_thread(),
        };
        if self == Self::Several {
            builder.worker_threads(3);
        }
        builder.enable_time().build().expect("a runtime can be had")
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|error| panic!("{name}={text:?} is no number: {error}")))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}
