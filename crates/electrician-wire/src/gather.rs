//! Batching: many items become one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{Batch, Item, Receipt};

use crate::clock;
use crate::panics;
use crate::queue::SizeFn;
use crate::worker::{Work, Worker};

/// When a batch is full. At least one bound is needed besides age; whichever is reached first
/// closes the batch, and so does the end of the input.
pub struct Batching<T> {
    pub(crate) items: usize,
    pub(crate) bytes: Option<(u64, SizeFn<T>)>,
    pub(crate) age: Option<Duration>,
}

/// The work of a batching stage.
pub(crate) struct Gather<T> {
    pub(crate) batching: Batching<T>,
}

/// The batch that is being gathered.
struct Gathering<T> {
    values: Vec<T>,
    receipts: Vec<Receipt>,
    bytes: u64,
}

// === impl Batching ===

impl<T> Batching<T> {
    /// Batches of at most `items` items.
    pub const fn items(items: usize) -> Self {
        Self { items, bytes: None, age: None }
    }

    /// Closes a batch before it would exceed `bytes`, each item weighing what `size` says. A
    /// single item may weigh more; it is then alone in its batch. Default: no bound in bytes.
    pub fn bytes(mut self, bytes: u64, size: impl Fn(&T) -> u64 + Send + Sync + 'static) -> Self {
        self.bytes = Some((bytes, Arc::new(size)));
        self
    }

    /// Closes a batch `age` after its first item came in. Default: a batch waits until it is full.
    pub const fn age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.items == 0 {
            problems.push("batches of 0 items are never full: give at least 1".into());
        }
        if matches!(self.bytes, Some((0, _))) {
            problems.push("batches of 0 bytes hold nothing: give at least 1, or no bound".into());
        }
        if self.age == Some(Duration::ZERO) {
            problems.push("batches of age 0 are closed at once: give a duration, or none".into());
        }
        problems
    }
}

impl<T> fmt::Debug for Batching<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batching")
            .field("items", &self.items)
            .field("bytes", &self.bytes.as_ref().map(|(bytes, _)| bytes))
            .field("age", &self.age)
            .finish()
    }
}

// === impl Gather ===

impl<T: Send + 'static> Work<T> for Gather<T> {
    type Out = Vec<T>;
    type State = ();

    fn state(&self, _index: usize) {}

    async fn serve(&self, worker: &mut Worker<T, Vec<T>>, (): &mut ()) {
        let mut inbox = Batch::new();
        let mut gathering = Gathering::new();
        let mut full = Batch::new();
        loop {
            let more = if gathering.values.is_empty() || self.batching.age.is_none() {
                Some(worker.take(self.batching.items, &mut inbox).await)
            } else {
                worker.take_before_timer(self.batching.items, &mut inbox).await
            };
            while let Some(item) = inbox.take() {
                self.add(item, &mut gathering, &mut full, worker);
            }
            let is_aborted = worker.abort.is_raised();
            // Too old, or the last one.
            if more != Some(true) && !is_aborted {
                gathering.close(&mut full);
            }
            let gathered: usize = full.values().map(|batch| batch.len() - 1).sum();
            worker.counts.ledger.merged += gathered as u64;
            if is_aborted {
                worker.leave_inputs(gathering.into_items());
                worker.leave_outputs(&mut full);
                return worker.commit();
            }
            worker.push(&mut full).await;
            // What is still being gathered stays on this worker's account.
            worker.commit_but(gathering.values.len() as u64);
            if more == Some(false) {
                return;
            }
        }
    }
}

impl<T: Send + 'static> Gather<T> {
    fn add(
        &self,
        item: Item<T>,
        gathering: &mut Gathering<T>,
        full: &mut Batch<Vec<T>>,
        worker: &mut Worker<T, Vec<T>>,
    ) {
        let size = match &self.batching.bytes {
            None => 0,
            Some((bytes, size)) => match panics::caught(|| size(item.value())) {
                Ok(size) => {
                    if gathering.bytes.checked_add(size).is_none_or(|sum| sum > *bytes) {
                        gathering.close(full);
                    }
                    size
                }
                Err(error) => return worker.fail_item(item, error),
            },
        };
        if let Some(age) = self.batching.age
            && gathering.values.is_empty()
        {
            clock::set(&mut *worker.timer, &*worker.stage.clock, age);
        }
        gathering.add(item, size);
        let bytes_full =
            self.batching.bytes.as_ref().is_some_and(|(max, _)| gathering.bytes >= *max);
        if gathering.values.len() >= self.batching.items || bytes_full {
            gathering.close(full);
        }
    }
}

// === impl Gathering ===

impl<T> Gathering<T> {
    const fn new() -> Self {
        Self { values: Vec::new(), receipts: Vec::new(), bytes: 0 }
    }

    fn add(&mut self, item: Item<T>, size: u64) {
        let (value, receipt) = item.into_parts();
        self.values.push(value);
        self.receipts.push(receipt);
        self.bytes = self.bytes.saturating_add(size);
    }

    fn close(&mut self, full: &mut Batch<Vec<T>>) {
        if self.values.is_empty() {
            return;
        }
        let room = self.values.len();
        let values = std::mem::replace(&mut self.values, Vec::with_capacity(room));
        full.push_tracked(values, Receipt::merge(self.receipts.drain(..)));
        self.bytes = 0;
    }

    fn into_items(self) -> impl Iterator<Item = Item<T>> {
        let Self { values, receipts, .. } = self;
        values.into_iter().zip(receipts).map(|(value, receipt)| Item::with_receipt(value, receipt))
    }
}
