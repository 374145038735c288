//! The way in.

use std::mem;

use electrician_types::{Batch, Item, Refusal, Refused};

use super::DiskResister;
use super::core::{Core, State};
use super::frame::{self, ACK_FRAME};
use super::log::Place;
use crate::line::{Admission, Ticket};
use crate::sync::lock;
use crate::time::{Nanos, deadline};
use crate::{Element, Placement};

/// How many bytes of a batch are written at once, at least, if there are so many.
const CHUNK: usize = 1 << 20;

impl<T> DiskResister<T> {
    /// Stores and queues `item` if there is room now. Its receipt is acknowledged when it is
    /// stored.
    pub fn try_push(
        &self,
        item: impl Into<Item<T>>,
        placement: impl Into<Placement>,
    ) -> Result<(), Refused<Item<T>>> {
        let (item, placement) = (item.into(), placement.into());
        let result = self.encode(item.value(), &placement).and_then(|mut frame| {
            let result = self.core.enter(&mut frame, &placement);
            self.core.recycle(frame);
            result
        });
        self.settle(item, result)
    }

    /// Waits for room, stores and queues `item`. Who came first is served first, however much room
    /// those behind it need: see [`Resister::push`](crate::Resister::push).
    pub async fn push(
        &self,
        item: impl Into<Item<T>>,
        placement: impl Into<Placement>,
    ) -> Result<(), Refused<Item<T>>> {
        let (item, placement) = (item.into(), placement.into());
        let result = match self.encode(item.value(), &placement) {
            Ok(mut frame) => {
                let entering = self.core.room.until(|| {
                    let result = self.core.enter(&mut frame, &placement);
                    (result != Err(Refusal::Full)).then_some(result)
                });
                let result = entering.await;
                self.core.recycle(frame);
                result
            }
            Err(reason) => Err(reason),
        };
        self.settle(item, result)
    }

    /// Stores and queues items of `batch`, front first, while there is room, all with one
    /// `priority`. The rest stays in the batch, and the error says why.
    ///
    /// A batch is written, and forced to the disk, a megabyte at a time.
    pub fn try_push_batch(&self, batch: &mut Batch<T>, priority: i32) -> Result<(), Refusal> {
        self.enter_all(batch, priority).inspect_err(|_| self.core.count_refusal())
    }

    /// Waits for room until all of `batch` is stored and queued, front first, all with one
    /// `priority`. On a refusal, and when the future is dropped, the rest stays in the batch. Who
    /// came later waits until all of it is in.
    pub async fn push_batch(&self, batch: &mut Batch<T>, priority: i32) -> Result<(), Refusal> {
        let entering = self.core.room.until(|| {
            let result = self.enter_all(batch, priority);
            (result != Err(Refusal::Full)).then_some(result)
        });
        entering.await.inspect_err(|_| self.core.count_refusal())
    }

    /// Queues an element for another attempt: at the end of its priority, with its key, its
    /// first-seen time and its deadline, and one more retry; after its last attempt it is set aside
    /// for [`drain_exhausted`](Self::drain_exhausted). Dropping it does the same; this can also
    /// change its priority.
    ///
    /// An element of another queue is pushed as a new one.
    #[expect(clippy::result_large_err, reason = "the element comes back, with all that is known")]
    pub fn requeue(&self, element: Element<T>) -> Result<(), Refused<Element<T>>> {
        let (place, ticket) = element.home();
        let is_ours = self.core.work(|state, _| {
            let entry = state.line.get(place);
            let is_ours = entry.is_some_and(|entry| entry.ticket.id == ticket.id);
            if is_ours {
                state.line.entry_mut(place).ticket.priority = ticket.priority;
            }
            is_ours
        });
        if is_ours {
            let (_, receipt) = element.into_item().into_parts();
            receipt.nack(electrician_types::NackReason::Returned);
            self.core.work(|_, _| {});
            return Ok(());
        }
        let (item, ticket) = element.into_parts();
        let placement = Placement { priority: ticket.priority, key: ticket.key.clone(), ttl: None };
        let now = self.core.time.now();
        self.try_push(item, placement)
            .map_err(|refused| refused.map(|item| Element::new(item, ticket, now)))
    }

    fn enter_all(&self, batch: &mut Batch<T>, priority: i32) -> Result<(), Refusal> {
        while !batch.is_empty() {
            // A look before the work of encoding.
            self.core.work(|state, _| state.admit(0))?;
            let (mut bytes, mut ends) = (self.core.borrow(), Vec::new());
            let mut result = Ok(());
            for value in batch.values() {
                let start = bytes.len();
                frame::begin_push(&mut bytes, None);
                let is_good = self.codec.encode(value, &mut bytes).is_some();
                if !is_good || !frame::fits(bytes.len() - start) {
                    result = Err(if is_good { too_large(bytes.len()) } else { Refusal::Panicked });
                    bytes.truncate(start);
                    break;
                }
                ends.push(bytes.len());
                if bytes.len() >= CHUNK {
                    break;
                }
            }
            let (entered, refused) = self.core.enter_many(&mut bytes, &ends, priority);
            self.core.recycle(bytes);
            for _ in 0..entered {
                batch.accept();
            }
            match refused {
                Some(reason) => return Err(reason),
                None => result?,
            }
        }
        Ok(())
    }

    /// A frame that lacks only its ticket.
    fn encode(&self, value: &T, placement: &Placement) -> Result<Vec<u8>, Refusal> {
        let mut frame = self.core.borrow();
        frame::begin_push(&mut frame, placement.key.as_ref());
        self.codec.encode(value, &mut frame).ok_or(Refusal::Panicked)?;
        if frame::fits(frame.len()) { Ok(frame) } else { Err(too_large(frame.len())) }
    }

    /// The queue has taken the item over, or gives it back.
    fn settle(&self, item: Item<T>, result: Result<(), Refusal>) -> Result<(), Refused<Item<T>>> {
        match result {
            Ok(()) => {
                item.accept();
                Ok(())
            }
            Err(reason) => {
                self.core.count_refusal();
                Err(Refused::new(item, reason))
            }
        }
    }
}

fn too_large(bytes: usize) -> Refusal {
    Refusal::TooLarge { size: bytes as u64, budget: u64::from(u32::MAX) }
}

// === impl Core ===

impl Core {
    /// An empty buffer, used before.
    fn borrow(&self) -> Vec<u8> {
        mem::take(&mut *lock(&self.scratch))
    }

    fn recycle(&self, mut buffer: Vec<u8>) {
        // One that a giant needed is not worth keeping.
        if buffer.capacity() <= 4 * CHUNK {
            buffer.clear();
            *lock(&self.scratch) = buffer;
        }
    }

    fn count_refusal(&self) {
        self.work(|state, _| state.line.counters.refused += 1);
    }

    fn enter(&self, frame: &mut [u8], placement: &Placement) -> Result<(), Refusal> {
        let is_new = self.work(|state, now| {
            state.line.expire(now);
            state.enter(frame, placement, deadline(now, placement.ttl.or(self.ttl)), now)
        })?;
        if is_new {
            self.items.wake(1);
        } else {
            // The newer value may be lighter.
            self.room.wake();
        }
        Ok(())
    }

    fn enter_many(
        &self,
        bytes: &mut [u8],
        ends: &[usize],
        priority: i32,
    ) -> (usize, Option<Refusal>) {
        let (entered, refused) = self.work(|state, now| {
            state.enter_many(bytes, ends, priority, deadline(now, self.ttl), now)
        });
        self.items.wake(entered);
        (entered, refused)
    }
}

// === impl State ===

impl State {
    fn admit(&self, bytes: u64) -> Result<(), Refusal> {
        if self.is_closed { Err(Refusal::Closed) } else { self.line.admit(None, bytes).map(drop) }
    }

    /// Writes a frame and queues its element; whether there is one more.
    fn enter(
        &mut self,
        frame: &mut [u8],
        placement: &Placement,
        deadline: Nanos,
        now: Nanos,
    ) -> Result<bool, Refusal> {
        if self.is_closed {
            return Err(Refusal::Closed);
        }
        let bytes = frame.len() as u64 + ACK_FRAME;
        let admission = self.line.admit(placement.key.as_ref(), bytes)?;
        let ticket = match admission {
            Admission::Enters => Ticket {
                key: placement.key.clone(),
                ..self.ticket(placement.priority, deadline, bytes, now)
            },
            Admission::Replaces(place) => Ticket {
                priority: placement.priority,
                retries: 0,
                deadline,
                bytes,
                ..self.line.entry(place).ticket.clone()
            },
        };
        frame::stamp(frame, &ticket);
        let (segment, offset) = self.append(frame, ticket.id, now)?;
        let length = u32::try_from(frame.len()).expect("longer frames are refused");
        let source = Place { segment, offset, length };
        self.log.gain(source);
        match admission {
            Admission::Enters => {
                self.line.insert(ticket, source);
                self.line.counters.pushed += 1;
            }
            Admission::Replaces(place) => {
                let former = self.line.replace(place, ticket, source);
                self.log.lose(former);
                self.line.counters.replaced += 1;
                // Values that are replaced again and again fill the log, too. What fails now is
                // tried again.
                self.log.trim(now).ok();
                self.compact(now).ok();
            }
        }
        Ok(admission == Admission::Enters)
    }

    /// Writes as many of the frames as there is room for, in one write.
    fn enter_many(
        &mut self,
        bytes: &mut [u8],
        ends: &[usize],
        priority: i32,
        deadline: Nanos,
        now: Nanos,
    ) -> (usize, Option<Refusal>) {
        if self.is_closed {
            return (0, Some(Refusal::Closed));
        }
        let starts = || std::iter::once(0).chain(ends.iter().copied());
        let weights = starts().zip(ends).map(|(start, end)| (end - start) as u64 + ACK_FRAME);
        let (count, refused) = self.line.room_for(weights);
        if count == 0 {
            return (0, refused);
        }
        let first = self.line.next_number();
        let ticket = self.ticket(priority, deadline, 0, now);
        for (number, (start, end)) in (first..).zip(starts().zip(&ends[..count])) {
            let ticket = Ticket { id: number, sequence: number, ..ticket.clone() };
            frame::stamp(&mut bytes[start..*end], &ticket);
        }
        self.line.skip(first + count as u64 - 1);
        let (segment, offset) = match self.append(&bytes[..ends[count - 1]], first, now) {
            Ok(place) => place,
            Err(reason) => return (0, Some(reason)),
        };
        for (number, (start, end)) in (first..).zip(starts().zip(&ends[..count])) {
            let length = u32::try_from(end - start).expect("longer frames are refused");
            let source = Place { segment, offset: offset + start as u64, length };
            let bytes = u64::from(length) + ACK_FRAME;
            let ticket = Ticket { id: number, sequence: number, bytes, ..ticket.clone() };
            self.line.insert(ticket, source);
            self.log.gain(source);
        }
        self.line.counters.pushed += count as u64;
        (count, refused)
    }

    /// Writes frames of which the first number is `first`.
    fn append(&mut self, frames: &[u8], first: u64, now: Nanos) -> Result<(u64, u64), Refusal> {
        self.log.append(frames, first, now, true).map_err(|why| Refusal::NotStored(why.kind()))
    }

    fn ticket(&mut self, priority: i32, deadline: Nanos, bytes: u64, now: Nanos) -> Ticket {
        let id = self.line.number();
        Ticket {
            id,
            sequence: id,
            key: None,
            priority,
            retries: 0,
            first_seen: now,
            queued: now,
            deadline,
            bytes,
        }
    }
}
