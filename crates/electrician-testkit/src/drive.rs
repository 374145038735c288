//! Driving a pipeline by hand in a test: waits that cannot hang, stops that check the account.
//!
//! ```
//! use electrician_testkit::drive::{finish, soon, values};
//! use electrician_wire::Wire;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let running = Wire::map("double", |n: u64| 2 * n).build()?.start()?;
//! soon(running.submit_batch(&mut vec![1, 2])).await?; // a hang fails here, and says so
//! let stopped = finish(running).await;                // a wrong account fails here
//! assert_eq!(values(stopped.outputs), [2, 4]);
//! # Ok(()) }
//! ```

use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use electrician_types::{Item, Ledger};
use electrician_wire::{Component, Running, Stopped};
use tokio::sync::Notify;

use crate::assert_balanced;
use crate::changes::lock;

/// How long [`soon`] waits by the runtime's clock. On tokio's paused clock a hang shows at once.
const PATIENCE: Duration = Duration::from_hours(1);

/// How long it waits in real time.
const WATCH: Duration = Duration::from_mins(3);

/// Long enough to drain anything, short enough to be noticed: what [`stop`] gives.
pub const AMPLE: Duration = Duration::from_secs(10);

/// What is being waited for, and since when.
static WAITS: Mutex<Vec<Wait>> = Mutex::new(Vec::new());

#[derive(Clone, Copy, PartialEq, Eq)]
struct Wait {
    at: &'static Location<'static>,
    since: Instant,
}

/// Milliseconds.
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Awaits `future`, which should be ready soon.
///
/// # Panics
///
/// After an hour by the runtime's clock: at once where tokio's clock is paused and nothing else is
/// to be done. After three minutes of real time the process ends with code 101, for a test that
/// hangs outside of the runtime cannot be failed; the places that were waited at are printed.
#[track_caller]
pub fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let at = Location::caller();
    async move {
        let _waiting = Waiting::new(at);
        let output = tokio::time::timeout(PATIENCE, future).await;
        output.unwrap_or_else(|_| panic!("still waiting after {PATIENCE:?} at {at}"))
    }
}

/// Lets every other task of a current-thread runtime run until it waits.
pub async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Polls `future` once, with a waker that wakes nobody, and drops it.
pub fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The values of items that came out or back; their receipts are acknowledged.
pub fn values<T>(items: Vec<Item<T>>) -> Vec<T> {
    items.into_iter().map(Item::accept).collect()
}

/// Stops with time enough, and checks the account as [`balanced`] does.
#[track_caller]
pub fn stop<C: Component>(running: Running<C>) -> impl Future<Output = Stopped<C>> {
    stop_within(running, AMPLE)
}

/// Stops with the given deadline, and checks the account as [`balanced`] does.
#[track_caller]
pub fn stop_within<C: Component>(
    running: Running<C>,
    deadline: Duration,
) -> impl Future<Output = Stopped<C>> {
    let (at, stopping) = (Location::caller(), soon(running.stop(deadline)));
    async move {
        let stopped = stopping.await;
        check(&stopped, at);
        stopped
    }
}

/// Waits for the run's own end, and checks the account as [`balanced`] does.
#[track_caller]
pub fn finish<C: Component>(running: Running<C>) -> impl Future<Output = Stopped<C>> {
    let (at, finishing) = (Location::caller(), soon(running.finish()));
    async move {
        let stopped = finishing.await;
        check(&stopped, at);
        stopped
    }
}

/// The account of a run that left nothing running.
///
/// # Panics
///
/// If it does not add up, as a whole or by stage, if what it calls returned is not there, or if a
/// task is stuck.
#[track_caller]
pub fn balanced<C: Component>(stopped: &Stopped<C>) -> Ledger {
    check(stopped, Location::caller());
    stopped.ledger
}

fn check<C: Component>(stopped: &Stopped<C>, at: &Location<'_>) {
    assert_balanced(stopped);
    let Stopped { ledger, inputs, outputs, between, stages, stuck, .. } = stopped;
    assert_eq!(*stuck, 0, "{at}: {stopped:?}");
    assert_eq!(ledger.in_flight(), 0, "{at}: {ledger}");
    let values = inputs.len() + outputs.len() + between.len();
    assert_eq!(ledger.returned, values as u64, "{at}: values that came back: {stopped:?}");
    for stage in stages {
        assert_eq!((stage.queued, stage.in_hand), (0, 0), "{at}: {stage:?}");
    }
}

/// Is in the list of waits while it lives.
struct Waiting(Wait);

// === impl Waiting ===

impl Waiting {
    #[expect(clippy::disallowed_methods, reason = "real time, whatever the runtime's clock says")]
    fn new(at: &'static Location<'static>) -> Self {
        static WATCHING: Once = Once::new();
        WATCHING.call_once(|| {
            thread::spawn(watch);
        });
        let wait = Wait { at, since: Instant::now() };
        lock(&WAITS).push(wait);
        Self(wait)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waits = lock(&WAITS);
        if let Some(at) = waits.iter().position(|wait| *wait == self.0) {
            waits.swap_remove(at);
        }
    }
}

/// Ends the process when something waits for too long.
fn watch() {
    loop {
        thread::park_timeout(WATCH / 20);
        let waits = lock(&WAITS);
        if waits.iter().any(|wait| wait.since.elapsed() > WATCH) {
            eprintln!("a test hangs; what is waited for:");
            for Wait { at, since } in waits.iter() {
                eprintln!("  at {at} for {:?}", since.elapsed());
            }
            std::process::exit(101);
        }
    }
}

/// Holds threads until it is opened, one for each permit: for code that hangs without awaiting.
/// Clones are the same barrier.
#[derive(Clone, Debug, Default)]
pub struct Barrier(Arc<(Mutex<usize>, Condvar)>);

/// Counts events, and waits for them.
#[derive(Debug, Default)]
pub struct Count {
    value: AtomicUsize,
    changed: Notify,
}

// === impl Barrier ===

impl Barrier {
    /// Lets so many more pass.
    pub fn open(&self, permits: usize) {
        *lock(&self.0.0) += permits;
        self.0.1.notify_all();
    }

    /// Blocks this thread until it may pass.
    ///
    /// # Panics
    ///
    /// After three minutes.
    pub fn pass(&self) {
        let (permits, changed) = &*self.0;
        let closed = |permits: &mut usize| *permits == 0;
        let waited = changed.wait_timeout_while(lock(permits), WATCH, closed);
        let (mut permits, wait) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!wait.timed_out(), "nobody opened the barrier");
        *permits -= 1;
    }
}

// === impl Count ===

impl Count {
    /// Nothing yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Counts one more; gives how many there were before.
    pub fn up(&self) -> usize {
        let before = self.value.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        before
    }

    /// How many there were.
    pub fn get(&self) -> usize {
        self.value.load(Ordering::SeqCst)
    }

    /// Waits until there were so many. Cancel-safe.
    pub async fn reached(&self, value: usize) {
        loop {
            let mut change = pin!(self.changed.notified());
            change.as_mut().enable();
            if self.get() >= value {
                return;
            }
            change.await;
        }
    }
}

#[cfg(test)]
mod tests;
