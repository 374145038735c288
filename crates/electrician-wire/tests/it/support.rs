//! What the tests share: bounded waits, the conservation oracle, sources that keep a record.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Instant;

pub(crate) use electrician_testkit::drive::{
    AMPLE, Barrier, Count, balanced, ms, poll_once, settle, soon, stop, values,
};
use electrician_wire::types::{Acknowledge, Clock, Item, NackReason, Receipt, Verdict};
use electrician_wire::{RuntimeClock, Wire};
use tokio::sync::{Notify, Semaphore};

/// The present, virtual or not.
pub(crate) fn now() -> Instant {
    RuntimeClock.now()
}

/// A wire of one worker that passes numbers on.
pub(crate) fn same(capacity: usize) -> Wire<u64, u64> {
    Wire::map("same", |n: u64| n).with_workers(1).with_capacity(capacity).build().unwrap()
}

/// A wire of one worker that never ends its first item, so that its queue stays as it is.
pub(crate) fn stalled(capacity: usize) -> Wire<u64, u64> {
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
