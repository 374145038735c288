//! A source that fails on plan, and watches how it is treated.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use electrician_types::{Batch, Item, Next, Result, Source};

use crate::changes::lock;
use crate::fault::{Fault, FaultPlan};
use crate::faults::{Faults, Times};
use crate::polls::yield_now;
use crate::verdicts::Verdicts;

/// A source of numbered items that meets faults.
///
/// A clone reads on where the others have stopped, as a consumer does that reconnects: give a
/// generator `move || Ok(source.clone())` and keep one to look at.
///
/// By default it gives as much as is asked for, without waiting, and records the verdicts.
pub struct FaultySource<T> {
    settings: Settings<T>,
    shared: Arc<Mutex<Shared>>,
    /// Numbers taken from upstream and not given yet.
    ahead: VecDeque<u64>,
    life: Life,
}

struct Settings<T> {
    count: u64,
    make: Arc<dyn Fn(u64) -> Item<T> + Send + Sync>,
    verdicts: Verdicts,
    faults: Faults,
    close_faults: Faults,
    chunk: usize,
    read_ahead: usize,
    yields: bool,
}

#[derive(Debug, Default)]
struct Shared {
    next: u64,
    /// An item that is given a second time.
    again: Option<u64>,
    given: Vec<u64>,
    closed: u64,
    breaches: Vec<String>,
}

/// How one opened source was treated.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    is_over: bool,
    was_handed_over: bool,
    was_closed: bool,
}

// === impl FaultySource ===

impl<T: Send + 'static> FaultySource<T> {
    /// A source of the items `make(0)` to `make(count - 1)`, whose verdicts are recorded under
    /// their numbers.
    pub fn new(count: u64, make: impl Fn(u64) -> T + Send + Sync + 'static) -> Self {
        let verdicts = Verdicts::counting();
        let record = verdicts.clone();
        let make = move |number| record.item(number, make(number));
        Self::with_record(count, Arc::new(make), verdicts)
    }

    /// A source of items that bring their own receipts. `make` is called at the moment the item is
    /// given.
    pub fn of_items(count: u64, make: impl Fn(u64) -> Item<T> + Send + Sync + 'static) -> Self {
        Self::with_record(count, Arc::new(make), Verdicts::counting())
    }

    fn with_record(
        count: u64,
        make: Arc<dyn Fn(u64) -> Item<T> + Send + Sync>,
        verdicts: Verdicts,
    ) -> Self {
        let settings = Settings {
            count,
            make,
            verdicts,
            faults: Faults::new(FaultPlan::none()),
            close_faults: Faults::new(FaultPlan::none()),
            chunk: usize::MAX,
            read_ahead: 0,
            yields: false,
        };
        Self { settings, shared: Arc::default(), ahead: VecDeque::new(), life: Life::default() }
    }

    /// What `read` meets before it gives an item, by the item's number.
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.settings.faults = faults;
        self
    }

    /// What `close` meets, by the number of the call, from 0.
    pub fn with_close_faults(mut self, faults: Faults) -> Self {
        self.settings.close_faults = faults;
        self
    }

    /// Gives at most `items` at a time, at least one.
    pub fn with_chunk(mut self, items: usize) -> Self {
        self.settings.chunk = items.max(1);
        self
    }

    /// Takes up to `items` from upstream before they are asked for, and hands them over at the end.
    pub const fn with_read_ahead(mut self, items: usize) -> Self {
        self.settings.read_ahead = items;
        self
    }

    /// Waits for a moment before each item, so that there is something to cancel.
    pub const fn yielding(mut self) -> Self {
        self.settings.yields = true;
        self
    }

    /// What became of the items that [`new`](Self::new) made, by number.
    pub const fn verdicts(&self) -> &Verdicts {
        &self.settings.verdicts
    }

    /// The numbers of the items that were given, in that order.
    pub fn given(&self) -> Vec<u64> {
        lock(&self.shared).given.clone()
    }

    /// Whether there is nothing left to give.
    pub fn is_exhausted(&self) -> bool {
        let shared = lock(&self.shared);
        shared.next == self.settings.count && shared.again.is_none()
    }

    /// How often a source was closed.
    pub fn closed(&self) -> u64 {
        lock(&self.shared).closed
    }

    /// Where the laws of [`Source`] were broken by whoever reads, in words.
    pub fn breaches(&self) -> Vec<String> {
        lock(&self.shared).breaches.clone()
    }

    fn peek(&mut self) -> Option<u64> {
        let mut shared = lock(&self.shared);
        while self.ahead.len() <= self.settings.read_ahead && shared.next < self.settings.count {
            self.ahead.push_back(shared.next);
            shared.next += 1;
        }
        self.ahead.front().copied()
    }

    fn give(&self, number: u64, batch: &mut Batch<T>) {
        lock(&self.shared).given.push(number);
        batch.push((self.settings.make)(number));
    }

    fn breach(&self, is_breach: bool, what: &str) {
        if is_breach {
            lock(&self.shared).breaches.push(what.to_owned());
        }
    }
}

impl<T: Send + 'static> Source for FaultySource<T> {
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        self.breach(demand == 0, "read was called without demand");
        self.breach(self.life.is_over, "read was called after the end or an error");
        self.breach(self.life.was_handed_over, "read was called after hand_over");
        let mut room = demand.min(self.settings.chunk);
        while room > 0 {
            let again = lock(&self.shared).again.take();
            if let Some(number) = again {
                self.give(number, batch);
                room -= 1;
                continue;
            }
            let Some(number) = self.peek() else {
                self.life.is_over = true;
                return Ok(Next::End);
            };
            if self.settings.yields {
                yield_now().await;
            }
            let strike = self.settings.faults.strike(number);
            match strike.fault {
                Some(Fault::Idle) => return Ok(Next::More),
                Some(Fault::Error | Fault::Fatal | Fault::Panic) => self.life.is_over = true,
                _ => {}
            }
            let times = self.settings.faults.delayed(strike).await?;
            self.ahead.pop_front();
            if times != Times::Never {
                self.give(number, batch);
                room -= 1;
            }
            if times == Times::Twice {
                lock(&self.shared).again = Some(number);
            }
        }
        Ok(Next::More)
    }

    fn hand_over(&mut self, batch: &mut Batch<T>) {
        self.breach(self.life.was_handed_over, "hand_over was called twice");
        self.breach(self.life.was_closed, "hand_over was called after close");
        self.life.was_handed_over = true;
        // The first one is still upstream's: only what lies behind it was taken in advance.
        if self.settings.read_ahead == 0 {
            return;
        }
        while let Some(number) = self.ahead.pop_front() {
            self.give(number, batch);
        }
    }

    async fn close(&mut self) -> Result<()> {
        self.breach(self.life.was_closed, "close was called twice");
        self.breach(!self.life.was_handed_over, "close was called before hand_over");
        self.life.was_closed = true;
        let number = {
            let mut shared = lock(&self.shared);
            shared.closed += 1;
            shared.closed - 1
        };
        self.settings.close_faults.attempt_async(number).await?;
        Ok(())
    }
}

// The clone of a source is another one that reads on upstream.
impl<T> Clone for FaultySource<T> {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            shared: Arc::clone(&self.shared),
            ahead: VecDeque::new(),
            life: Life::default(),
        }
    }
}

impl<T> Drop for FaultySource<T> {
    fn drop(&mut self) {
        // Back to upstream, unless another one has read on: then they are lost.
        let mut shared = lock(&self.shared);
        while let Some(number) = self.ahead.pop_back() {
            if number + 1 == shared.next {
                shared.next = number;
            } else {
                let what = format!("item {number} was read ahead and never asked for again");
                shared.breaches.push(what);
            }
        }
    }
}

impl<T> fmt::Debug for FaultySource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultySource")
            .field("count", &self.settings.count)
            .field("faults", self.settings.faults.plan())
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

// === impl Settings ===

impl<T> Clone for Settings<T> {
    fn clone(&self) -> Self {
        Self {
            make: Arc::clone(&self.make),
            verdicts: self.verdicts.clone(),
            faults: self.faults.clone(),
            close_faults: self.close_faults.clone(),
            ..*self
        }
    }
}
