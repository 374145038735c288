//! What the tests share: bounded waits, the conservation oracle, stages, sources read by hand.

use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_generator::Generator;
use electrician_plug::Plug;
use electrician_types::{Batch, Item, Next, OpenSource, Result, Source};
use electrician_wire::{Component, Running, Stopped, Wire};
use tokio::sync::Notify;

/// How long a test waits for anything. On virtual time a hang shows at once.
pub(crate) const PATIENCE: Duration = Duration::from_hours(1);

/// How long the whole binary may take. Where a test hangs outside of [`soon`], this ends it.
const WATCH: Duration = Duration::from_mins(5);

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

/// Stops with time enough, and checks the account.
#[track_caller]
pub(crate) fn stop<C: Component>(running: Running<C>) -> impl Future<Output = Stopped<C>> {
    stop_within(running, AMPLE)
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

/// The values of items that came back.
pub(crate) fn values<T>(items: Vec<Item<T>>) -> Vec<T> {
    items.into_iter().map(Item::accept).collect()
}

/// Polls once, with a waker that wakes nobody.
pub(crate) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Reads a source once; what it gave, and how it went on.
pub(crate) async fn read<S: Source>(source: &mut S, demand: usize) -> (Vec<S::Item>, Result<Next>) {
    let mut batch = Batch::new();
    let next = soon(source.read(&mut batch, demand)).await;
    (values(batch.into()), next)
}

/// A conduit of one stage with a large output that `plug` feeds.
pub(crate) fn fed<S: Source<Item = u64>>(plug: Plug<S>) -> Running<Conduit<u64, u64>> {
    let stage = Wire::map("same", |n: u64| n).with_workers(1).with_capacity(64);
    let conduit = Conduit::from(stage).with_source(Generator::new("plug", plug)).build();
    conduit.unwrap().start().unwrap()
}

/// A conduit whose one stage never ends its first item, that `plug` feeds.
pub(crate) fn stalled<P>(plug: P, capacity: usize) -> Running<Conduit<u64, u64>>
where
    P: OpenSource<Source: Source<Item = u64>>,
{
    watch();
    let stage = Wire::async_by_ref("stalled", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    });
    Conduit::from(stage.with_concurrency(1).with_capacity(capacity))
        .with_source(Generator::new("plug", plug))
        .build()
        .unwrap()
        .start()
        .unwrap()
}

/// Counts events, and waits for them.
#[derive(Default)]
pub(crate) struct Count {
    value: AtomicUsize,
    changed: Notify,
}

impl Count {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Counts one more; gives how many there were before.
    pub(crate) fn up(&self) -> usize {
        let before = self.value.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        before
    }

    pub(crate) fn get(&self) -> usize {
        self.value.load(Ordering::SeqCst)
    }

    pub(crate) async fn reached(&self, value: usize) {
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
