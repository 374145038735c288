//! The way in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use electrician_types::{Batch, Item, Receipt, Refusal, Refused};

use super::{Resister, Shared, State};
use crate::line::{Admission, Ticket};
use crate::time::{Nanos, deadline};
use crate::{Element, Placement};

impl<T> Resister<T> {
    /// Queues `item` if there is room now.
    pub fn try_push(
        &self,
        item: impl Into<Item<T>>,
        placement: impl Into<Placement>,
    ) -> Result<(), Refused<Item<T>>> {
        let item = item.into();
        let result = match self.shared.weigh(item.value()) {
            Ok(bytes) => self.shared.enter(item, &placement.into(), bytes),
            Err(reason) => Err(Refused::new(item, reason)),
        };
        result.inspect_err(|_| self.shared.lock().line.counters.refused += 1)
    }

    /// Waits for room and queues `item`. Who came first is served first: while a heavy item waits,
    /// so do light ones behind it for which there would be room. Only a `try_push`, which does not
    /// wait, takes what room there is.
    ///
    /// A waiting future that is not polled holds up those behind it, until it is dropped.
    pub async fn push(
        &self,
        item: impl Into<Item<T>>,
        placement: impl Into<Placement>,
    ) -> Result<(), Refused<Item<T>>> {
        let (item, placement) = (item.into(), placement.into());
        let result = match self.shared.weigh(item.value()) {
            Ok(bytes) => self.wait_and_enter(item, &placement, bytes).await,
            Err(reason) => Err(Refused::new(item, reason)),
        };
        result.inspect_err(|_| self.shared.lock().line.counters.refused += 1)
    }

    async fn wait_and_enter(
        &self,
        item: Item<T>,
        placement: &Placement,
        bytes: u64,
    ) -> Result<(), Refused<Item<T>>> {
        let mut waiting = Some(item);
        let entering = self.shared.room.until(|| {
            let result = self.shared.enter(waiting.take()?, placement, bytes);
            match result {
                Err(refused) if refused.is_full() => {
                    waiting = Some(refused.item);
                    None
                }
                result => Some(result),
            }
        });
        entering.await
    }

    /// Queues items of `batch`, front first, while there is room, all with one `priority`. The rest
    /// stays in the batch, and the error says why.
    pub fn try_push_batch(&self, batch: &mut Batch<T>, priority: i32) -> Result<(), Refusal> {
        let placement = Placement::new(priority);
        self.shared
            .enter_all(batch, &placement)
            .inspect_err(|_| self.shared.lock().line.counters.refused += 1)
    }

    /// Waits for room until all of `batch` is queued, front first, all with one `priority`. On a
    /// refusal, and when the future is dropped, the rest stays in the batch. Who came later waits
    /// until all of it is in.
    pub async fn push_batch(&self, batch: &mut Batch<T>, priority: i32) -> Result<(), Refusal> {
        let placement = Placement::new(priority);
        let entering = self.shared.room.until(|| {
            let result = self.shared.enter_all(batch, &placement);
            (result != Err(Refusal::Full)).then_some(result)
        });
        entering.await.inspect_err(|_| self.shared.lock().line.counters.refused += 1)
    }

    /// Queues an element for another attempt: at the end of its priority, with its key, its
    /// first-seen time and its deadline, and one more retry. After its last attempt it is set aside
    /// for [`drain_exhausted`](Self::drain_exhausted), which takes a place as well.
    ///
    /// If an element of its key has been queued meanwhile both stay; the key belongs to the newer one.
    #[expect(clippy::result_large_err, reason = "the element comes back, with all that is known")]
    pub fn requeue(&self, element: Element<T>) -> Result<(), Refused<Element<T>>> {
        let now = self.shared.time.now();
        let (item, ticket) = element.into_parts();
        let mut state = self.shared.lock();
        let bytes = ticket.bytes;
        let admitted =
            if state.is_closed { Err(Refusal::Closed) } else { state.line.admit(None, bytes) };
        if let Err(reason) = admitted {
            state.line.counters.refused += 1;
            drop(state);
            return Err(Refused::new(Element::new(item, ticket, now), reason));
        }
        let sequence = state.line.number();
        let retries = ticket.retries.saturating_add(1);
        let ticket = Ticket { sequence, retries, queued: now, ..ticket };
        let waits = state.line.insert_again(ticket, item);
        self.shared.leave(state);
        self.shared.items.wake(usize::from(waits));
        Ok(())
    }
}

// === impl Shared ===

impl<T> Shared<T> {
    /// Asks the user's function, outside of the lock.
    fn weigh(&self, value: &T) -> Result<u64, Refusal> {
        let Some(size) = &self.size else { return Ok(0) };
        catch_unwind(AssertUnwindSafe(|| size(value))).map_err(|_| Refusal::Panicked)
    }

    fn enter(
        &self,
        item: Item<T>,
        placement: &Placement,
        bytes: u64,
    ) -> Result<(), Refused<Item<T>>> {
        let now = self.time.now();
        let mut state = self.lock();
        let former = match state.admit(placement, bytes, now) {
            Err(reason) => {
                self.leave(state);
                return Err(Refused::new(item, reason));
            }
            Ok(Admission::Enters) => {
                let ticket = self.ticket(&mut state, placement, bytes, now);
                state.line.insert(ticket, item);
                state.line.counters.pushed += 1;
                None
            }
            Ok(Admission::Replaces(place)) => {
                let former = state.line.entry(place).ticket.clone();
                let ticket = Ticket {
                    priority: placement.priority,
                    deadline: deadline(now, placement.ttl.or(self.ttl)),
                    retries: 0,
                    bytes,
                    ..former
                };
                let payload = state.line.replace(place, ticket, item);
                state.line.counters.replaced += 1;
                Some(payload)
            }
        };
        self.leave(state);
        match former {
            None => self.items.wake(1),
            Some(former) => {
                former.accept();
                // The newer value may be lighter.
                self.room.wake();
            }
        }
        Ok(())
    }

    fn enter_all(&self, batch: &mut Batch<T>, placement: &Placement) -> Result<(), Refusal> {
        if self.size.is_some() {
            // Each is weighed outside of the lock.
            while let Some(value) = batch.front() {
                let bytes = self.weigh(value)?;
                let now = self.time.now();
                let mut state = self.lock();
                state.admit(placement, bytes, now)?;
                let ticket = self.ticket(&mut state, placement, bytes, now);
                if let Some(item) = batch.take() {
                    state.line.insert(ticket, item);
                    state.line.counters.pushed += 1;
                }
                self.leave(state);
                self.items.wake(1);
            }
            return Ok(());
        }
        let now = self.time.now();
        let mut state = self.lock();
        let mut entered = 0;
        let result = loop {
            if batch.is_empty() {
                break Ok(());
            }
            if let Err(reason) = state.admit(placement, 0, now) {
                break Err(reason);
            }
            let ticket = self.ticket(&mut state, placement, 0, now);
            if let Some(item) = batch.take() {
                state.line.insert(ticket, item);
                entered += 1;
            }
        };
        state.line.counters.pushed += entered as u64;
        self.leave(state);
        self.items.wake(entered);
        result
    }

    fn ticket(
        &self,
        state: &mut State<T>,
        placement: &Placement,
        bytes: u64,
        now: Nanos,
    ) -> Ticket {
        let id = state.line.number();
        Ticket {
            id,
            sequence: id,
            key: placement.key.clone(),
            priority: placement.priority,
            retries: 0,
            first_seen: now,
            queued: now,
            deadline: deadline(now, placement.ttl.or(self.ttl)),
            bytes,
        }
    }
}

// === impl State ===

impl<T> State<T> {
    fn admit(
        &mut self,
        placement: &Placement,
        bytes: u64,
        now: Nanos,
    ) -> Result<Admission, Refusal> {
        if self.is_closed {
            return Err(Refusal::Closed);
        }
        if placement.key.is_some() {
            // An overdue element is not replaced.
            self.line.expire(now);
        }
        self.line.admit(placement.key.as_ref(), bytes)
    }
}

impl<T> Resister<T> {
    /// The value alone, as the traits of the workspace hand it back. Its receipt was never tracked.
    pub(super) fn plain(refused: Refused<Item<T>>) -> Refused<T> {
        refused.map(|item| {
            let (value, receipt): (T, Receipt) = item.into_parts();
            debug_assert!(!receipt.is_tracked(), "nobody waits for what was submitted plainly");
            value
        })
    }
}
