//! What the tests share: bounded waits, the conservation oracle, sources that keep a record.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use electrician_wire::types::{Acknowledge, Item, Ledger, NackReason, Receipt, Verdict};
use electrician_wire::{Component, Running, Stopped, Wire};
use tokio::sync::Notify;

/// How long a test waits for anything. On virtual time a hang shows at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Long enough to drain anything, short enough to be noticed.
pub(crate) const AMPLE: Duration = Duration::from_secs(10);

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Awaits `future`; a hang is a failure that names the place.
#[track_caller]
pub(crate) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let at = Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, future).await {
            Ok(output) => output,
            Err(_) => panic!("still waiting after {PATIENCE:?} at {at}"),
        }
    }
}

/// Lets every other task of a current-thread runtime run until it waits.
pub(crate) async fn settle() {
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
    Wire::map("same", |n: u64| n).with_workers(1).with_capacity(capacity).build().unwrap()
}

/// A wire of one worker that never ends its first item, so that its queue stays as it is.
pub(crate) fn stalled(capacity: usize) -> Wire<u64, u64> {
    Wire::async_by_ref("stalled", async |_: &u64| std::future::pending::<Result<u64, String>>().await)
        .with_concurrency(1)
        .with_capacity(capacity)
        .build()
        .unwrap()
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
            let change = self.settled.notified();
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
