//! What the tests share: bounded waits, the conservation oracle, sources that keep a record.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use electrician_wire::types::{Acknowledge, Clock, Item, Ledger, NackReason, Receipt, Verdict};
use electrician_wire::{Component, Running, RuntimeClock, Stopped, Wire};
use tokio::sync::{Notify, Semaphore};

/// How long a test waits for anything. On virtual time a hang shows at once.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How long the whole binary may take. Where a test hangs outside of [`soon`], this ends it.
const WATCH: Duration = Duration::from_mins(5);

/// Long enough to drain anything, short enough to be noticed.
pub(crate) const AMPLE: Duration = Duration::from_secs(10);

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Ends the process when the tests take too long: the hanging ones were named by then.
fn watch() {
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
        let output = tokio::time::timeout(PATIENCE, future).await;
        output.unwrap_or_else(|_| panic!("still waiting after {PATIENCE:?} at {at}"))
    }
}

/// The present, virtual or not.
pub(crate) fn now() -> Instant {
    RuntimeClock.now()
}

/// Lets every other task of a current-thread runtime run until it waits.
pub(crate) async fn settle() {
    watch();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Polls once, with a waker that wakes nobody.
pub(crate) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Stops with time enough, and checks the account.
#[track_caller]
pub(crate) fn stop<C: Component>(running: Running<C>) -> impl Future<Output = Stopped<C>> {
    watch();
    let at = Location::caller();
    async move {
        let stopped = soon(running.stop(AMPLE)).await;
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

/// The values of items that came back.
pub(crate) fn values<T>(items: Vec<Item<T>>) -> Vec<T> {
    items.into_iter().map(Item::accept).collect()
}

/// A wire of one worker that passes numbers on.
pub(crate) fn same(capacity: usize) -> Wire<u64, u64> {
    watch();
    Wire::map("same", |n: u64| n).with_workers(1).with_capacity(capacity).build().unwrap()
}

/// A wire of one worker that never ends its first item, so that its queue stays as it is.
pub(crate) fn stalled(capacity: usize) -> Wire<u64, u64> {
    watch();
    Wire::async_by_ref("stalled", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    })
    .with_concurrency(1)
    .with_capacity(capacity)
    .build()
    .unwrap()
}

/// A wire of one worker that passes a number on for every permit of the gate, with ample room for
/// outputs.
pub(crate) fn gated(capacity: usize) -> (Wire<u64, u64>, Gate) {
    watch();
    let gate = Gate::default();
    let pass = gate.clone();
    let wire = Wire::new_async("gated", move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    });
    let wire = wire.with_concurrency(1).with_capacity(capacity).with_output_capacity(1024);
    (wire.build().unwrap(), gate)
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

/// Holds threads until it is opened; for transforms that hang without awaiting.
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

/// A source that remembers every verdict.
#[derive(Default)]
pub(crate) struct Record {
    verdicts: Mutex<BTreeMap<u64, Vec<Verdict>>>,
    settled: Notify,
}

impl Record {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn item<T>(self: &Arc<Self>, token: u64, value: T) -> Item<T> {
        Item::with_receipt(value, self.receipt(token))
    }

    pub(crate) fn receipt(self: &Arc<Self>, token: u64) -> Receipt {
        Receipt::new(Arc::clone(self) as _, token)
    }

    /// The one verdict on `token`, if there is one.
    #[track_caller]
    pub(crate) fn verdict(&self, token: u64) -> Option<Verdict> {
        let verdicts = self.verdicts.lock().unwrap();
        let of_token = verdicts.get(&token)?;
        assert_eq!(of_token.len(), 1, "token {token} was settled more than once: {of_token:?}");
        of_token.first().copied()
    }

    #[track_caller]
    pub(crate) fn is_acked(&self, token: u64) -> bool {
        self.verdict(token) == Some(Verdict::Ack)
    }

    #[track_caller]
    pub(crate) fn nack(&self, token: u64) -> Option<NackReason> {
        match self.verdict(token) {
            Some(Verdict::Nack(reason)) => Some(reason),
            _ => None,
        }
    }

    /// Acknowledged and negatively acknowledged tokens.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let verdicts = self.verdicts.lock().unwrap();
        let acked = verdicts.values().filter(|all| all.contains(&Verdict::Ack)).count();
        (acked, verdicts.len() - acked)
    }

    /// Waits until `count` tokens are settled.
    pub(crate) async fn settled(&self, count: usize) {
        loop {
            let mut change = pin!(self.settled.notified());
            change.as_mut().enable();
            if self.verdicts.lock().unwrap().len() >= count {
                return;
            }
            change.await;
        }
    }
}

impl Acknowledge for Record {
    fn settle(&self, token: u64, verdict: Verdict) {
        self.verdicts.lock().unwrap().entry(token).or_default().push(verdict);
        self.settled.notify_waiters();
    }
}
