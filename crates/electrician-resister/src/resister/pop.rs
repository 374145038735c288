//! The way out.

use super::{Resister, Shared, State};
use crate::Element;
use crate::time::Nanos;

impl<T> Resister<T> {
    /// The first element, if one waits.
    pub fn try_pop(&self) -> Option<Element<T>> {
        let now = self.shared.time.now();
        let mut state = self.shared.lock();
        let element = state.take(now);
        self.shared.leave(state);
        if element.is_some() {
            self.shared.room.wake();
        }
        element
    }

    /// Waits for an element and takes the first. `None` when the queue is closed and empty.
    pub async fn pop(&self) -> Option<Element<T>> {
        let popping = self.shared.items.until(|| match self.try_pop() {
            Some(element) => Some(Some(element)),
            None => self.shared.is_done().then_some(None),
        });
        popping.await
    }

    /// Takes up to `most` elements that wait now, first first, to the end of `elements`. How many.
    pub fn try_pop_batch(&self, elements: &mut Vec<Element<T>>, most: usize) -> usize {
        let now = self.shared.time.now();
        let before = elements.len();
        let mut state = self.shared.lock();
        elements.reserve(most.min(state.line.waiting()));
        while elements.len() - before < most
            && let Some(element) = state.take(now)
        {
            elements.push(element);
        }
        self.shared.leave(state);
        let taken = elements.len() - before;
        if taken > 0 {
            self.shared.room.wake();
        }
        taken
    }

    /// Waits until elements can be taken, and takes up to `most` (at least 1). 0 when the queue is
    /// closed and empty.
    pub async fn pop_batch(&self, elements: &mut Vec<Element<T>>, most: usize) -> usize {
        let popping = self.shared.items.until(|| match self.try_pop_batch(elements, most.max(1)) {
            0 => self.shared.is_done().then_some(0),
            taken => Some(taken),
        });
        popping.await
    }
}

// === impl Shared ===

impl<T> Shared<T> {
    /// Whether nothing will ever come out again.
    fn is_done(&self) -> bool {
        let now = self.time.now();
        let mut state = self.lock();
        state.line.expire(now);
        let is_done = state.is_closed && state.line.waiting() == 0;
        self.leave(state);
        is_done
    }
}

// === impl State ===

impl<T> State<T> {
    fn take(&mut self, now: Nanos) -> Option<Element<T>> {
        self.line.expire(now);
        let place = self.line.first()?;
        let entry = self.line.release(place);
        self.line.counters.popped += 1;
        Some(Element::new(entry.payload, entry.ticket, now))
    }
}
