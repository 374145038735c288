//! The bounded queue in front of every stage: lanes, byte budget, backpressure.

mod basket;
mod budget;
mod entry;
mod feeder;
mod pending;
mod rest;
mod spec;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use electrician_types::{Refusal, StageId};

pub(crate) use basket::{Basket, Delivery};
pub use feeder::Feeder;
pub(crate) use pending::Pending;
pub(crate) use spec::{KeyFn, QueueSpec, SizeFn};

use budget::Budget;
pub(crate) use entry::Entry;
use rest::Rest;

use crate::guards::Guards;
use crate::panics;
use crate::reject::Reject;
use crate::ring::{PushError, Ring};
use crate::sample::Sampler;
use crate::signal::Signal;
use crate::sync::{AtomicBool, AtomicUsize, Mutex, Ordering, fence};
use crate::wait::{WaitList, Waiter};

/// The largest number of items a worker takes at once.
pub(crate) const MAX_BATCH: usize = 64;

/// A bounded queue of items, closed when its last feeder is gone.
pub(crate) struct Queue<T> {
    /// The stage that takes from here.
    pub(crate) id: StageId,
    lanes: Box<[Lane<T>]>,
    consumers_per_lane: usize,
    key: Option<KeyFn<T>>,
    budget: Option<Budget<T>>,
    space: Arc<WaitList>,
    abort: Arc<Signal>,
    feeders: AtomicUsize,
    readers: AtomicUsize,
    /// Told when a reader goes away.
    reader_gone: Arc<WaitList>,
    entry: Entry,
    leftovers: Mutex<Rest<T>>,
    /// There are guards or a sampler, so whoever submits has to look at them.
    is_attended: AtomicBool,
    /// Who is asked before items of this queue are worked on.
    guards: OnceLock<Guards<T>>,
    /// Who measures some of the items that come from outside.
    sampler: OnceLock<Sampler>,
    /// What becomes of items that can never enter, if a stage takes from here.
    reject: OnceLock<Box<dyn Reject<T>>>,
    /// The run was dropped: what is left behind is dropped, too.
    is_abandoned: AtomicBool,
}

struct Lane<T> {
    ring: Ring<T>,
    items: Arc<WaitList>,
}

/// Which positions of a lane a worker took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) start: u64,
    pub(crate) count: u64,
}

/// Why an item could not enter now.
enum Blocked {
    Wait,
    Refused(Refusal),
}

// === impl Queue ===

impl<T> Queue<T> {
    /// An empty queue whose waiting parties give up when `abort` is raised.
    pub(crate) fn new(spec: QueueSpec<T>, abort: Arc<Signal>) -> Arc<Self> {
        let lanes = if spec.key.is_some() { spec.consumers.max(1) } else { 1 };
        let per_lane = |lane: usize| {
            let more = usize::from(lane < spec.capacity % lanes);
            (spec.capacity / lanes + more).max(1)
        };
        Arc::new(Self {
            id: StageId::next(),
            lanes: (0..lanes)
                .map(|lane| Lane { ring: Ring::new(per_lane(lane)), items: Arc::default() })
                .collect(),
            consumers_per_lane: if lanes == 1 { spec.consumers.max(1) } else { 1 },
            key: spec.key,
            budget: spec.budget.map(|(limit, size)| Budget::new(limit, size, lanes, per_lane(0))),
            space: Arc::default(),
            abort,
            feeders: AtomicUsize::new(0),
            readers: AtomicUsize::new(0),
            reader_gone: Arc::default(),
            entry: Entry::default(),
            leftovers: Mutex::new(Rest::default()),
            is_attended: AtomicBool::new(false),
            guards: OnceLock::new(),
            sampler: OnceLock::new(),
            reject: OnceLock::new(),
            is_abandoned: AtomicBool::new(false),
        })
    }

    /// How many items are waiting.
    pub(crate) fn len(&self) -> usize {
        self.lanes.iter().map(|lane| lane.ring.len()).sum()
    }

    /// Whether no item is waiting.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items fit.
    pub(crate) fn capacity(&self) -> usize {
        self.lanes.iter().map(|lane| lane.ring.capacity()).sum()
    }

    /// How many items were ever accepted.
    pub(crate) fn accepted(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.ring.accepted()).sum()
    }

    /// How many items were ever taken out.
    pub(crate) fn taken(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.ring.taken()).sum()
    }

    /// Waits until everything was taken out and nothing more can come in.
    pub(crate) fn poll_drained(&self, cx: &mut Context<'_>, waiter: &mut Waiter) -> Poll<()> {
        let is_drained = || self.lanes.iter().all(|lane| lane.ring.is_drained());
        waiter.poll_until(cx, || is_drained().then_some(()))
    }

    /// Whether nothing more may come in.
    pub(crate) fn is_closed(&self) -> bool {
        self.lanes.iter().all(|lane| lane.ring.is_closed())
    }

    /// Puts `guards` before the queue, unless some are there already.
    pub(crate) fn guard(&self, guards: Guards<T>) {
        if !guards.is_empty() {
            // Those of the stage itself come first, and win.
            let _: Result<_, _> = self.guards.set(guards);
            self.is_attended.store(true, Ordering::Relaxed);
        }
    }

    /// Has `sampler` measure some of the items that come from outside.
    pub(crate) fn sample_with(&self, sampler: Sampler) {
        let _: Result<_, _> = self.sampler.set(sampler);
        self.is_attended.store(true, Ordering::Relaxed);
    }

    pub(crate) fn sampler(&self) -> Option<&Sampler> {
        self.sampler.get()
    }

    /// Whether there are guards or a sampler.
    #[inline]
    pub(crate) fn is_attended(&self) -> bool {
        self.is_attended.load(Ordering::Relaxed)
    }

    /// Has `reject` decide about items that can never enter.
    pub(crate) fn reject_with(&self, reject: impl Reject<T> + 'static) {
        let _: Result<_, _> = self.reject.set(Box::new(reject));
    }

    /// A submit of `items` items was refused: who watches the stage is told.
    #[cold]
    pub(crate) fn note_refusal(&self, items: usize, reason: Refusal) {
        if let Some(reject) = self.reject.get() {
            reject.note_refusal(items as u64, reason);
        }
    }

    pub(crate) fn guards(&self) -> Option<&Guards<T>> {
        self.guards.get()
    }

    /// How items are told apart by key.
    pub(crate) fn key(&self) -> Option<&KeyFn<T>> {
        self.key.as_ref()
    }

    pub(crate) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Lets nothing more in; what is inside can still be taken.
    pub(crate) fn close(&self) {
        for lane in &self.lanes {
            if lane.ring.close() {
                lane.items.wake_all();
            }
        }
        self.space.wake_all();
    }

    /// Wakes everybody who waits here, for the abort signal to be seen.
    pub(crate) fn wake_all(&self) {
        for lane in &self.lanes {
            lane.items.wake_all();
        }
        self.space.wake_all();
    }

    // --- in ---

    /// Moves all of `pending` in if there is room now. What does not fit stays in `pending`.
    #[inline]
    pub(crate) fn try_push(&self, pending: &mut impl Pending<T>) -> Result<(), Refusal> {
        self.enter(pending).map_err(|blocked| match blocked {
            Blocked::Wait => Refusal::Full,
            Blocked::Refused(reason) => reason,
        })
    }

    /// Waits for room and moves all of `pending` in, front first; gives up when `stop` is raised.
    /// On a refusal and on cancellation the rest stays in `pending`, the refused item in front.
    pub(crate) async fn push(
        &self,
        pending: &mut impl Pending<T>,
        stop: Option<&Signal>,
    ) -> Result<(), Refusal> {
        if let Some(result) = self.attempt(pending, stop) {
            return result;
        }
        let mut waiter = self.space_waiter();
        waiter.until(|| self.attempt(pending, stop)).await
    }

    pub(crate) fn poll_push(
        &self,
        cx: &mut Context<'_>,
        waiter: &mut Waiter,
        pending: &mut impl Pending<T>,
        stop: Option<&Signal>,
    ) -> Poll<Result<(), Refusal>> {
        waiter.poll_until(cx, || self.attempt(pending, stop))
    }

    /// One attempt to move `pending` in; `None` to wait.
    fn attempt(
        &self,
        pending: &mut impl Pending<T>,
        stop: Option<&Signal>,
    ) -> Option<Result<(), Refusal>> {
        if stop.is_some_and(Signal::is_raised) {
            return Some(Err(Refusal::Closed));
        }
        match self.enter(pending) {
            Ok(()) => Some(Ok(())),
            Err(Blocked::Refused(reason)) => Some(Err(reason)),
            Err(Blocked::Wait) => None,
        }
    }

    pub(crate) fn space_waiter(&self) -> Waiter {
        Waiter::new(Arc::clone(&self.space))
    }

    #[inline]
    fn enter(&self, pending: &mut impl Pending<T>) -> Result<(), Blocked> {
        while let Some(front) = pending.front() {
            if self.key.is_some() || self.budget.is_some() {
                let index = self.lane_of(front)?;
                // Bytes are not set aside for an item that has no place: giving them back would wake
                // all who wait, this task among them.
                if !self.lanes[index].ring.has_room() && !self.abort.is_raised() {
                    return Err(Blocked::Wait);
                }
                let weight = self.reserve(front)?;
                let pushed = self.lanes[index].ring.push(1, |position| {
                    self.note_weight(index, position, weight);
                    pending.take()
                });
                self.entered(&self.lanes[index], pushed, weight)?;
            } else {
                let lane = &self.lanes[0];
                let pushed = pending.move_into(&lane.ring);
                self.entered(lane, pushed, 0)?;
            }
        }
        Ok(())
    }

    fn entered(
        &self,
        lane: &Lane<T>,
        pushed: Result<usize, PushError>,
        weight: u64,
    ) -> Result<(), Blocked> {
        match pushed {
            Ok(_) => {
                lane.items.wake_one();
                if self.space.has_parked() && self.len() < self.capacity() {
                    self.space.wake_one();
                }
                Ok(())
            }
            Err(error) => {
                if weight > 0 {
                    // Somebody may have missed the bytes that were set aside in vain.
                    self.release(weight);
                    self.space.wake_all();
                }
                Err(match error {
                    PushError::Closed => Blocked::Refused(Refusal::Closed),
                    PushError::Full if self.abort.is_raised() => Blocked::Refused(Refusal::Closed),
                    PushError::Full => Blocked::Wait,
                })
            }
        }
    }

    fn lane_of(&self, value: &T) -> Result<usize, Blocked> {
        let Some(key) = &self.key else {
            return Ok(0);
        };
        let hash =
            panics::caught(|| key(value)).map_err(|_| Blocked::Refused(Refusal::Panicked))?;
        let lanes = self.lanes.len() as u64;
        Ok(usize::try_from(hash % lanes).expect("below the number of lanes"))
    }

    // --- bytes ---

    fn reserve(&self, value: &T) -> Result<u64, Blocked> {
        let Some(budget) = &self.budget else {
            return Ok(0);
        };
        let size = panics::caught(|| (budget.size)(value))
            .map_err(|_| Blocked::Refused(Refusal::Panicked))?;
        if size > budget.limit {
            return Err(Blocked::Refused(Refusal::TooLarge { size, budget: budget.limit }));
        }
        if self.is_closed() {
            return Err(Blocked::Refused(Refusal::Closed));
        }
        match budget.reserve(size) {
            true => Ok(size),
            false if self.abort.is_raised() => Err(Blocked::Refused(Refusal::Closed)),
            false => Err(Blocked::Wait),
        }
    }

    fn note_weight(&self, lane: usize, position: u64, weight: u64) {
        if let Some(budget) = &self.budget {
            budget.weight(lane, position).store(weight, Ordering::Relaxed);
        }
    }

    fn release(&self, weight: u64) {
        if let Some(budget) = &self.budget {
            budget.release(weight);
        }
    }

    // --- out ---

    pub(crate) fn item_waiter(&self, lane: usize) -> Waiter {
        Waiter::new(Arc::clone(&self.lanes[lane].items))
    }

    /// Takes a fair share of lane `lane`, at most `max`, or says that there will never be more
    /// (closed and drained, or the run was aborted).
    pub(crate) fn poll_pop(
        &self,
        cx: &mut Context<'_>,
        waiter: &mut Waiter,
        lane: usize,
        max: usize,
        into: &mut impl Basket<T>,
    ) -> Poll<Option<Ticket>> {
        waiter.poll_until(cx, || ready(self.try_pop(lane, max, into)))
    }

    /// As [`poll_pop`](Self::poll_pop). Cancel-safe: what was taken is in `into`.
    pub(crate) async fn pop(
        &self,
        waiter: &mut Waiter,
        lane: usize,
        max: usize,
        into: &mut impl Basket<T>,
    ) -> Option<Ticket> {
        waiter.until(|| ready(self.try_pop(lane, max, into))).await
    }

    /// Takes what is there. Pending: nothing now; `None`: never again.
    pub(crate) fn try_pop(
        &self,
        index: usize,
        max: usize,
        into: &mut impl Basket<T>,
    ) -> Poll<Option<Ticket>> {
        if self.abort.is_raised() {
            return Poll::Ready(None);
        }
        let lane = &self.lanes[index];
        let enough = max.saturating_mul(self.consumers_per_lane);
        let share = (lane.ring.len_up_to(enough) / self.consumers_per_lane).clamp(1, max);
        match self.take_from(index, lane, share, into) {
            Some(ticket) => Poll::Ready(Some(ticket)),
            None if lane.ring.is_drained() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn take_from(
        &self,
        index: usize,
        lane: &Lane<T>,
        max: usize,
        into: &mut impl Basket<T>,
    ) -> Option<Ticket> {
        let (start, count) = match &self.budget {
            None => into.take_run(&lane.ring, max)?,
            Some(budget) => {
                let (mut start, mut weight) = (None, 0);
                let count = lane.ring.pop(max, |position, item| {
                    start.get_or_insert(position);
                    weight += budget.weight(index, position).load(Ordering::Relaxed);
                    into.put(item);
                });
                self.release(weight);
                (start?, count as u64)
            }
        };
        self.left(lane);
        Some(Ticket { start, count })
    }

    /// After items left `lane`: wakes who waits for room, and other consumers if there is more.
    fn left(&self, lane: &Lane<T>) {
        fence(Ordering::SeqCst);
        if self.space.has_parked() {
            let capacity = lane.ring.capacity();
            let free = capacity.saturating_sub(lane.ring.len());
            // With bytes or several lanes room is not one number, so all who wait may look.
            // Otherwise they wake when a quarter is free: waking them for every place would have
            // them park again at once.
            if self.budget.is_some() || self.lanes.len() > 1 {
                self.space.wake_all();
            } else if free * 4 >= capacity {
                self.space.wake_one();
            }
        }
        if lane.items.has_parked() {
            // The last one out tells the others that there will be no more.
            if lane.ring.is_drained() {
                lane.items.wake_all();
            } else if !lane.ring.is_empty() {
                lane.items.wake_one();
            }
        }
    }
}

/// A poll as an attempt.
fn ready<R>(poll: Poll<R>) -> Option<R> {
    match poll {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("lanes", &self.lanes.len())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
