//! Records of what happened: logs, verdicts, drops.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use electrician_types::{
    Acknowledge, Batch, Item, NackReason, Next, Receipt, Result, Source, Verdict,
};
use tokio::sync::Notify;

/// What happened, in order.
pub(crate) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Log<T> {
    pub(crate) fn add(&self, entry: T) {
        self.0.lock().unwrap().push(entry);
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A source of receipts that remembers every verdict.
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
        Item::with_receipt(value, Receipt::new(Arc::clone(self) as _, token))
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

/// A source of the numbers `0..count`, each with a receipt of `record`.
pub(crate) struct Tracked {
    pub(crate) record: Arc<Record>,
    pub(crate) next: u64,
    pub(crate) count: u64,
}

impl Source for Tracked {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> Result<Next> {
        for _ in 0..demand {
            if self.next == self.count {
                return Ok(Next::End);
            }
            batch.push(self.record.item(self.next, self.next));
            self.next += 1;
        }
        Ok(Next::More)
    }
}

/// Counts how often it is dropped.
pub(crate) struct Dropped(pub(crate) Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
