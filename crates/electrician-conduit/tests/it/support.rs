//! What the tests share: bounded waits, the conservation oracle, stages.

use std::fmt::Debug;
use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, Condvar, Mutex, Once};
use std::time::Duration;

use electrician_conduit::{Conduit, ConduitBuilder};
use electrician_generator::Generator;
use electrician_plug::{IterSource, Plug};
use electrician_types::{Item, Ledger};
use electrician_wire::{Component, Running, Stopped, Wire};
use tokio::sync::Semaphore;

/// How long a test waits for anything. On virtual time a hang shows at once.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How long the whole binary may take. Where a test hangs outside of [`soon`], this ends it.
const WATCH: Duration = Duration::from_mins(10);

/// Long enough to drain anything, short enough to be noticed.
pub(crate) const AMPLE: Duration = Duration::from_secs(10);

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Ends the process when the tests take too long: the hanging ones were named by then.
pub(crate) fn watch() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        std::thread::spawn(|| {
            let never = (Mutex::new(()), Condvar::new());
            let still = never.1.wait_timeout_while(never.0.lock().unwrap(), WATCH, |()| true);
            drop(still);
            eprintln!("a test hangs: the binary runs longer than {WATCH:?}");
            std::process::exit(101);
        });
    });
}

/// Awaits `future`; a hang is a failure that names the place.
#[track_caller]
pub(crate) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    watch();
    let at = Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, future).await {
            Ok(output) => output,
            Err(tokio::time::error::Elapsed { .. }) => {
                panic!("still waiting after {PATIENCE:?} at {at}")
            }
        }
    }
}

/// Lets every other task of a current-thread runtime run until it waits.
pub(crate) async fn settle() {
    watch();
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Stops with time enough, and checks the account.
#[track_caller]
pub(crate) fn stop<C: Component>(running: Running<C>) -> impl Future<Output = Stopped<C>> {
    stop_within(running, AMPLE)
}

/// Stops with the given deadline, and checks the account.
#[track_caller]
pub(crate) fn stop_within<C: Component>(
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

/// Waits for the run's own end, and checks the account.
#[track_caller]
pub(crate) fn finish<C: Component>(running: Running<C>) -> impl Future<Output = Stopped<C>> {
    let (at, finishing) = (Location::caller(), soon(running.finish()));
    async move {
        let stopped = finishing.await;
        check(&stopped, at);
        stopped
    }
}

/// Checks that the account of a run without stuck code adds up, as a whole and by stage, and that
/// what it calls returned is really there.
#[track_caller]
pub(crate) fn balanced<C: Component>(stopped: &Stopped<C>) -> Ledger {
    check(stopped, Location::caller());
    stopped.ledger
}

fn check<C: Component>(stopped: &Stopped<C>, at: &Location<'_>) {
    let Stopped { ledger, inputs, outputs, between, stages, stuck, .. } = stopped;
    assert!(ledger.is_balanced(), "{at}: {ledger}");
    assert_eq!(ledger.in_flight(), 0, "{at}: {ledger}");
    let values = inputs.len() + outputs.len() + between.len();
    assert_eq!(ledger.returned, values as u64, "{at}: values that came back: {stopped:?}");
    assert_eq!(*stuck, 0, "{at}: {stopped:?}");
    for stage in stages {
        assert!(stage.ledger.is_balanced(), "{at}: stage {}: {}", stage.name, stage.ledger);
        assert_eq!((stage.queued, stage.in_hand), (0, 0), "{at}: {stage:?}");
    }
}

/// The account of a balanced run in the columns that tests look at.
pub(crate) fn columns(ledger: &Ledger) -> [(&'static str, u64); 5] {
    let Ledger { accepted, split, delivered, failed, dropped, .. } = *ledger;
    [
        ("accepted", accepted),
        ("split", split),
        ("delivered", delivered),
        ("failed", failed),
        ("dropped", dropped),
    ]
}

/// The values of items that came back.
pub(crate) fn values<T>(items: Vec<Item<T>>) -> Vec<T> {
    items.into_iter().map(Item::accept).collect()
}

pub(crate) fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all
}

// --- stages ---

/// A wire of one worker that passes numbers on.
pub(crate) fn same(name: &str, capacity: usize) -> Wire<u64, u64> {
    watch();
    Wire::map(name, |n: u64| n).with_workers(1).with_capacity(capacity).build().unwrap()
}

/// A wire of one worker that never ends its first item, so that its queue stays as it is.
pub(crate) fn stalled(name: &str, capacity: usize) -> Wire<u64, u64> {
    watch();
    Wire::async_by_ref(name, async |_: &u64| std::future::pending::<Result<u64, String>>().await)
        .with_concurrency(1)
        .with_capacity(capacity)
        .build()
        .unwrap()
}

/// A wire of one worker that passes a number on for every permit of the gate.
pub(crate) fn gated(name: &str, capacity: usize) -> (Wire<u64, u64>, Gate) {
    watch();
    let gate = Gate::default();
    let pass = gate.clone();
    let wire = Wire::new_async(name, move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    });
    (wire.with_concurrency(1).with_capacity(capacity).build().unwrap(), gate)
}

/// A conduit of one stage that passes numbers on.
pub(crate) fn branch(name: &str) -> ConduitBuilder<u64, u64> {
    Conduit::from(same(name, 64))
}

/// A generator of `items`.
pub(crate) fn numbers<I>(items: I) -> Generator<Plug<IterSource<I>>>
where
    I: Iterator<Item = u64> + Clone + Send + Sync + 'static,
{
    Generator::new("numbers", Plug::iter(move || items.clone()))
}

/// Lets tasks through, as many as it is told to.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn open(&self, permits: usize) {
        self.0.add_permits(permits);
    }

    pub(crate) async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

/// That `problems` names each of `words` somewhere.
#[track_caller]
pub(crate) fn names_all<E: Debug>(problems: &[String], words: &[&str], error: &E) {
    for word in words {
        assert!(problems.iter().any(|text| text.contains(word)), "{word:?} is missing: {error:?}");
    }
}

/// Holds threads until it is opened; for code that hangs without awaiting.
#[derive(Clone, Default)]
pub(crate) struct Barrier(Arc<(Mutex<usize>, Condvar)>);

impl Barrier {
    pub(crate) fn open(&self, permits: usize) {
        *self.0.0.lock().unwrap() += permits;
        self.0.1.notify_all();
    }

    pub(crate) fn pass(&self) {
        let (permits, changed) = &*self.0;
        let closed = |permits: &mut usize| *permits == 0;
        let (mut permits, wait) =
            changed.wait_timeout_while(permits.lock().unwrap(), PATIENCE, closed).unwrap();
        assert!(!wait.timed_out(), "nobody opened the barrier");
        *permits -= 1;
    }
}
