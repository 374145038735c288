//! Tasks that wait for room, and get it in the order in which they came.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use crate::sync::{Mutex, lock};

/// Those who wait for room.
///
/// Only the first looks for it, and whoever leaves wakes the next. So what is light does not slip
/// past what is heavy, which would never find enough room then.
///
/// Whoever makes room wakes *after* that; whoever is first leaves a waker here and then looks
/// *again*. Both go through this mutex, so one of the two sees the other.
#[derive(Debug, Default)]
pub(crate) struct Room {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    /// In order. One without a waker was woken, and has not looked yet.
    waiting: VecDeque<(u64, Option<Waker>)>,
}

/// A task's place in the queue, from when it had to wait.
struct Place<'a> {
    room: &'a Room,
    ticket: Option<u64>,
}

// === impl Room ===

impl Room {
    /// There may be more room, or none ever again: the first has a look.
    pub(crate) fn wake(&self) {
        // Not under the lock: a waker may run foreign code.
        let first = lock(&self.queue).waiting.front_mut().and_then(|(_, waker)| waker.take());
        if let Some(waker) = first {
            waker.wake();
        }
    }

    /// Waits until it is its turn and `attempt` yields.
    pub(crate) async fn until<R>(&self, mut attempt: impl FnMut() -> Option<R>) -> R {
        let mut place = Place { room: self, ticket: None };
        poll_fn(|cx| place.poll(cx, &mut attempt)).await
    }

    fn is_free(&self) -> bool {
        lock(&self.queue).waiting.is_empty()
    }
}

// === impl Place ===

impl Place<'_> {
    fn poll<R>(&mut self, cx: &Context<'_>, attempt: &mut impl FnMut() -> Option<R>) -> Poll<R> {
        if self.ticket.is_none()
            && self.room.is_free()
            && let Some(result) = attempt()
        {
            return Poll::Ready(result);
        }
        if !self.wait(cx) {
            return Poll::Pending;
        }
        attempt().map_or(Poll::Pending, Poll::Ready)
    }

    /// Enters the queue, or leaves a waker at its place there. Whether it is the first.
    fn wait(&mut self, cx: &Context<'_>) -> bool {
        let mut queue = lock(&self.room.queue);
        let waker = cx.waker().clone();
        let Some(ticket) = self.ticket else {
            queue.next += 1;
            let ticket = queue.next;
            queue.waiting.push_back((ticket, Some(waker)));
            self.ticket = Some(ticket);
            return queue.waiting.len() == 1;
        };
        let index = queue.waiting.partition_point(|(other, _)| *other < ticket);
        let former = queue.waiting.get_mut(index).and_then(|(_, place)| place.replace(waker));
        drop(queue);
        // Dropping a waker may run foreign code, too.
        drop(former);
        index == 0
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut queue = lock(&self.room.queue);
        let index = queue.waiting.partition_point(|(other, _)| *other < ticket);
        let former = queue.waiting.remove(index);
        drop(queue);
        drop(former);
        if index == 0 {
            // What one does not use may be enough for the next.
            self.room.wake();
        }
    }
}
