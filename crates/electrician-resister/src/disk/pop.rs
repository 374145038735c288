//! The way out.

use electrician_types::{Error, ErrorKind, Item, Receipt};

use super::core::State;
use super::frame::{self, Frame};
use super::{DiskResister, Spoiled};
use crate::Element;
use crate::line::Ticket;
use crate::time::Nanos;

/// An element on its way out: where it is, what is known of it, and its bytes.
struct Taken {
    place: u32,
    ticket: Ticket,
    payload: Result<Vec<u8>, Error>,
    now: Nanos,
}

/// Which line an element comes out of.
#[derive(Clone, Copy)]
enum From {
    Waiting,
    Expired,
    Exhausted,
    Any,
}

impl<T> DiskResister<T> {
    /// The first element, if one waits.
    pub fn try_pop(&self) -> Option<Element<T>> {
        self.take(From::Waiting)
    }

    /// Waits for an element and takes the first. `None` when the queue is closed and empty; what is
    /// in flight then may come back, for the next opening.
    pub async fn pop(&self) -> Option<Element<T>> {
        let popping = self.core.items.until(|| match self.try_pop() {
            Some(element) => Some(Some(element)),
            None => self.is_done().then_some(None),
        });
        popping.await
    }

    /// Takes up to `most` elements that wait now, first first, to the end of `elements`. How many.
    pub fn try_pop_batch(&self, elements: &mut Vec<Element<T>>, most: usize) -> usize {
        let before = elements.len();
        elements.extend(std::iter::from_fn(|| self.try_pop()).take(most));
        elements.len() - before
    }

    /// Waits until elements can be taken, and takes up to `most` (at least 1). 0 when the queue is
    /// closed and empty.
    pub async fn pop_batch(&self, elements: &mut Vec<Element<T>>, most: usize) -> usize {
        let popping = self.core.items.until(|| match self.try_pop_batch(elements, most.max(1)) {
            0 => self.is_done().then_some(0),
            taken => Some(taken),
        });
        popping.await
    }

    /// Takes the overdue elements out, first to expire first. Each leaves the log when its receipt
    /// is acknowledged; one that is nacked is overdue again.
    pub fn drain_expired(&self) -> Vec<Element<T>> {
        let count = self.expired_len();
        std::iter::from_fn(|| self.take(From::Expired)).take(count).collect()
    }

    /// Takes out the elements that came back after their last attempt, first to come back first.
    /// Each leaves the log when its receipt is acknowledged; one that is nacked is exhausted again.
    pub fn drain_exhausted(&self) -> Vec<Element<T>> {
        let count = self.exhausted_len();
        std::iter::from_fn(|| self.take(From::Exhausted)).take(count).collect()
    }

    /// Takes everything out: the waiting in order, then the overdue, then the exhausted. What is
    /// not acknowledged is there at the next opening.
    pub fn drain(&self) -> Vec<Element<T>> {
        let count = self.len() + self.expired_len() + self.exhausted_len();
        std::iter::from_fn(|| self.take(From::Any)).take(count).collect()
    }

    /// Takes out what could not be read when its turn came: the decoder refused it, or the disk
    /// did not give back what was written. Each leaves the log when its receipt is acknowledged;
    /// one that is nacked or dropped is tried again.
    pub fn drain_spoiled(&self) -> Vec<Spoiled> {
        self.core.work(|state, _| {
            let spoiled = std::mem::take(&mut state.spoiled);
            let taken = spoiled.into_iter().map(|(place, error)| {
                state.in_flight += 1;
                let payload = state.payload(place).unwrap_or_default();
                let ticket = state.line.entry(place).ticket.clone();
                let receipt = self.core.receipt(place);
                Spoiled::new(ticket, payload, error, receipt)
            });
            taken.collect()
        })
    }

    fn is_done(&self) -> bool {
        self.core.work(|state, now| {
            state.line.expire(now);
            state.is_closed && state.line.waiting() == 0
        })
    }

    fn take(&self, from: From) -> Option<Element<T>> {
        loop {
            let Taken { place, ticket, payload, now } =
                self.core.work(|state, now| state.take(from, now))?;
            match payload.and_then(|payload| self.codec.decode(&payload)) {
                Ok(value) => {
                    let receipt: Receipt = self.core.receipt(place);
                    let item = Item::with_receipt(value, receipt);
                    return Some(Element::new(item, ticket, now).kept_at(place));
                }
                Err(error) => self.core.work(|state, _| {
                    state.in_flight -= 1;
                    state.spoiled.push_back((place, error));
                }),
            }
        }
    }
}

// === impl State ===

impl State {
    fn take(&mut self, from: From, now: Nanos) -> Option<Taken> {
        self.line.expire(now);
        let line = &mut self.line;
        let place = match from {
            From::Waiting => line.first(),
            From::Expired => line.first_expired(),
            From::Exhausted => line.first_exhausted(),
            From::Any => {
                line.first().or_else(|| line.first_expired()).or_else(|| line.first_exhausted())
            }
        }?;
        let counters = &mut line.counters;
        *match from {
            From::Waiting => &mut counters.popped,
            From::Expired | From::Exhausted => &mut counters.fetched,
            From::Any => &mut counters.drained,
        } += 1;
        self.in_flight += 1;
        let payload = self.payload(place);
        let ticket = self.line.entry(place).ticket.clone();
        Some(Taken { place, ticket, payload, now })
    }

    /// The bytes of the value at `place`.
    fn payload(&mut self, place: u32) -> Result<Vec<u8>, Error> {
        let source = self.line.entry(place).payload;
        self.log
            .read(source, &mut self.buffer)
            .map_err(|why| Error::new(ErrorKind::Io, "reading a record").with_source(why))?;
        match frame::read(&self.buffer) {
            Ok((Frame::Push { payload, .. }, _)) => Ok(payload.to_vec()),
            _ => Err(Error::new(ErrorKind::Malformed, "reading a record")),
        }
    }
}
