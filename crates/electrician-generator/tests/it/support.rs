//! What the tests share: bounded waits, the conservation oracle, a source that follows a script.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_generator::Generator;
pub(crate) use electrician_testkit::drive::{
    AMPLE, finish, ms, settle, soon, stop, stop_within, values,
};
use electrician_types::{Batch, Error, ErrorKind, Next, OpenSource, Result, Source};
use electrician_wire::{Retry, Running, Wire};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A conduit of one stage with a large output that `generator` feeds.
pub(crate) fn fed<P>(generator: Generator<P>) -> Running<Conduit<u64, u64>>
where
    P: OpenSource<Source: Source<Item = u64>>,
{
    let stage = Wire::map("same", |n: u64| n).with_workers(1).with_capacity(64);
    Conduit::from(stage).with_source(generator).build().unwrap().start().unwrap()
}

/// A policy of waits that can be told beforehand: base, 2 × base, 4 × base, at most `cap`.
pub(crate) fn doubling(restarts: u32, base: Duration, cap: Duration) -> Retry {
    Retry::exponential(restarts).with_base(base).with_cap(cap).without_jitter()
}

// --- records ---

/// What happened, in order and when; tests wait for it.
pub(crate) struct Log<T>(Arc<(Entries<T>, Notify, Instant)>);

type Entries<T> = Mutex<Vec<(Duration, T)>>;

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Log<T> {
    #[expect(clippy::disallowed_methods, reason = "the virtual time of the test")]
    pub(crate) fn new() -> Self {
        Self(Arc::new((Mutex::default(), Notify::new(), Instant::now())))
    }

    pub(crate) fn add(&self, entry: T) {
        let entry = (self.0.2.elapsed(), entry);
        self.0.0.lock().unwrap().push(entry);
        self.0.1.notify_waiters();
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.0.0.lock().unwrap().iter().map(|(_, entry)| entry.clone()).collect()
    }

    /// When entries were made, since the log was.
    pub(crate) fn times(&self, which: impl Fn(&T) -> bool) -> Vec<Duration> {
        let all = self.0.0.lock().unwrap();
        all.iter().filter(|(_, entry)| which(entry)).map(|(when, _)| *when).collect()
    }

    pub(crate) fn count(&self, which: impl Fn(&T) -> bool) -> usize {
        self.times(which).len()
    }

    pub(crate) async fn reached(&self, count: usize, which: impl Fn(&T) -> bool) {
        loop {
            let mut change = pin!(self.0.1.notified());
            change.as_mut().enable();
            if self.count(&which) >= count {
                return;
            }
            change.await;
        }
    }
}

/// What a scripted source does when it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Give(u64),
    /// Gives and fails at once.
    GiveAndFail(u64),
    End,
    Fail,
    Panic,
    /// Waits for ever.
    Idle,
}

/// What happened to a scripted source; with the number of its opening, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Open(usize),
    Read(usize),
    HandOver(usize),
    Close(usize),
}

/// Opens sources, each of which goes through the steps of its opening, then ends.
pub(crate) struct Script {
    log: Log<Act>,
    openings: AtomicUsize,
    alive: Arc<AtomicUsize>,
    steps: Box<dyn Fn(usize) -> Vec<Step> + Send + Sync>,
}

pub(crate) struct Scripted {
    log: Log<Act>,
    opening: usize,
    steps: std::vec::IntoIter<Step>,
    alive: Arc<AtomicUsize>,
}

impl Script {
    pub(crate) fn new(
        log: &Log<Act>,
        steps: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let (openings, alive) = (AtomicUsize::new(0), Arc::default());
        Self { log: log.clone(), openings, alive, steps: Box::new(steps) }
    }
}

impl OpenSource for Script {
    type Source = Scripted;

    fn open(&self) -> Result<Scripted> {
        let opening = self.openings.fetch_add(1, Ordering::SeqCst);
        let others = self.alive.fetch_add(1, Ordering::SeqCst);
        assert_eq!(others, 0, "opened while an earlier one is still there");
        self.log.add(Act::Open(opening));
        let steps = (self.steps)(opening).into_iter();
        Ok(Scripted { log: self.log.clone(), opening, steps, alive: Arc::clone(&self.alive) })
    }
}

impl Source for Scripted {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> Result<Next> {
        assert!(demand > 0, "asked for nothing");
        self.log.add(Act::Read(self.opening));
        match self.steps.next() {
            Some(Step::Give(n)) => batch.push(n),
            Some(Step::GiveAndFail(n)) => {
                batch.push(n);
                return Err(failure(self.opening));
            }
            Some(Step::Fail) => return Err(failure(self.opening)),
            Some(Step::Panic) => panic!("reading panicked as told"),
            Some(Step::Idle) => std::future::pending().await,
            Some(Step::End) | None => return Ok(Next::End),
        }
        Ok(Next::More)
    }

    fn hand_over(&mut self, _batch: &mut Batch<u64>) {
        self.log.add(Act::HandOver(self.opening));
    }

    async fn close(&mut self) -> Result<()> {
        // Closing takes a while: it is awaited, or this does not show.
        // xtask allow(sleep): every test here runs on paused time
        tokio::time::sleep(ms(1)).await;
        self.log.add(Act::Close(self.opening));
        Ok(())
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(crate) fn failure(opening: usize) -> Error {
    Error::new(ErrorKind::Failed, format!("opening {opening} failed as told"))
}
