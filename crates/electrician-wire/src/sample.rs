//! A few items that are measured on their way through the pipeline.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use electrician_types::{
    Acknowledge, Batch, Clock, Finished, Item, NackReason, Receipt, StageObserver, TraceContext,
    Verdict,
};

use crate::panics;
use crate::queue::Pending;

/// How many sampled items of a stage are under way at most.
const SAMPLES: usize = 32;

/// Chooses some of the items that enter the pipeline at a stage. Their receipts then know when they
/// entered; where nobody waits for a receipt, they get one.
pub(crate) struct Sampler {
    /// The next item is one.
    is_due: AtomicBool,
    samples: Arc<Samples>,
}

/// The sampled items under way. The tokens of their receipts are their places here, so sampling
/// allocates nothing.
struct Samples {
    clock: Arc<dyn Clock>,
    observer: Arc<dyn StageObserver>,
    epoch: Instant,
    /// A bit for each place that is free.
    free: AtomicU32,
    places: [Place; SAMPLES],
}

/// A sampled item. Times are nanoseconds since the epoch.
#[derive(Default)]
struct Place {
    entered: AtomicU64,
    /// When it was last taken from a queue or handed on.
    passed: AtomicU64,
    /// Verdicts that are still to come.
    open: AtomicU32,
    item: Mutex<Sampled>,
}

#[derive(Default)]
struct Sampled {
    /// The receipt it came with.
    receipt: Receipt,
    trace: Option<TraceContext>,
    /// The last of its negative verdicts.
    nack: Option<NackReason>,
}

/// Items on their way in, of which the first to enter is to be sampled.
pub(crate) struct Sampling<'a, P> {
    sampler: &'a Sampler,
    pending: &'a mut P,
}

// === impl Sampler ===

impl Sampler {
    pub(crate) fn new(observer: Arc<dyn StageObserver>, clock: Arc<dyn Clock>) -> Self {
        let samples = Samples {
            epoch: clock.now(),
            clock,
            observer,
            free: AtomicU32::new(u32::MAX),
            places: Default::default(),
        };
        Self { is_due: AtomicBool::new(true), samples: Arc::new(samples) }
    }

    pub(crate) fn is_due(&self) -> bool {
        self.is_due.load(Ordering::Relaxed)
    }

    /// The next item that enters is to be sampled.
    pub(crate) fn set_due(&self) {
        self.is_due.store(true, Ordering::Relaxed);
    }

    /// Samples the first of `batch` if one is due.
    pub(crate) fn sample_first<T>(&self, batch: &mut Batch<T>) {
        if !self.is_due() {
            return;
        }
        if let Some(mut item) = batch.take() {
            self.sample(&mut item);
            batch.put_back(item);
        }
    }

    fn sample<T>(&self, item: &mut Item<T>) {
        if self.is_due.swap(false, Ordering::Relaxed)
            && let Some(place) = self.samples.claim()
        {
            let receipt = item.take_receipt();
            self.samples.begin(place, receipt);
            let target = Arc::clone(&self.samples);
            item.attach(Receipt::new(target, place as u64));
        }
    }
}

impl<'a, P> Sampling<'a, P> {
    pub(crate) const fn new(sampler: &'a Sampler, pending: &'a mut P) -> Self {
        Self { sampler, pending }
    }
}

impl<T, P: Pending<T>> Pending<T> for Sampling<'_, P> {
    fn len(&self) -> usize {
        self.pending.len()
    }

    fn front(&self) -> Option<&T> {
        self.pending.front()
    }

    // What is refused has not been taken, and goes back as it came.
    fn take(&mut self) -> Item<T> {
        let mut item = self.pending.take();
        self.sampler.sample(&mut item);
        item
    }
}

// === impl Samples ===

impl Samples {
    /// A free place.
    fn claim(&self) -> Option<usize> {
        let take_lowest = |free: u32| (free != 0).then_some(free & free.wrapping_sub(1));
        let free =
            self.free.fetch_update(Ordering::Acquire, Ordering::Relaxed, take_lowest).ok()?;
        usize::try_from(free.trailing_zeros()).ok()
    }

    fn begin(&self, place: usize, receipt: Receipt) {
        let place = &self.places[place];
        let now = self.since_epoch(self.clock.now());
        place.entered.store(now, Ordering::Relaxed);
        place.passed.store(now, Ordering::Relaxed);
        place.open.store(1, Ordering::Relaxed);
        let trace = receipt
            .trace()
            .or_else(|| panics::caught(|| self.observer.begin_trace()).unwrap_or_default());
        *lock(&place.item) = Sampled { receipt, trace, nack: None };
    }

    fn since_epoch(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.epoch);
        u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
    }

    fn place(&self, token: u64) -> Option<&Place> {
        self.places.get(usize::try_from(token).ok()?)
    }
}

impl Acknowledge for Samples {
    fn settle(&self, token: u64, verdict: Verdict) {
        let Some(place) = self.place(token) else {
            return;
        };
        if let Verdict::Nack(reason) = verdict {
            lock(&place.item).nack = Some(reason);
        }
        if place.open.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let Sampled { receipt, trace, nack } = std::mem::take(&mut *lock(&place.item));
        let verdict = nack.map_or(Verdict::Ack, Verdict::Nack);
        let entered = place.entered.load(Ordering::Relaxed);
        self.free.fetch_or(1 << token, Ordering::Release);
        receipt.settle(verdict);
        let age = self.since_epoch(self.clock.now()).saturating_sub(entered);
        let entered = self.epoch + Duration::from_nanos(entered);
        let mut finished = Finished::new(entered, Duration::from_nanos(age), verdict);
        finished.trace = trace;
        drop(panics::caught(|| self.observer.finished(&finished)));
    }

    fn split(&self, token: u64, extra: u32) -> bool {
        let grown = |open: u32| open.checked_add(extra);
        self.place(token).is_some_and(|place| {
            place.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
        })
    }

    fn trace(&self, token: u64) -> Option<TraceContext> {
        self.place(token).and_then(|place| lock(&place.item).trace)
    }

    fn pass(&self, token: u64, now: Instant) -> Option<Duration> {
        let now = self.since_epoch(now);
        let before = self.place(token)?.passed.swap(now, Ordering::Relaxed);
        Some(Duration::from_nanos(now.saturating_sub(before)))
    }
}

fn lock(item: &Mutex<Sampled>) -> MutexGuard<'_, Sampled> {
    item.lock().unwrap_or_else(PoisonError::into_inner)
}
