//! A waiting room that drops who waits longest when it is full.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use crate::wait::lock;

#[derive(Debug, Default)]
pub(super) struct Room {
    guests: Mutex<VecDeque<Arc<Guest>>>,
}

#[derive(Debug, Default)]
struct Guest(Mutex<Status>);

#[derive(Debug, Default)]
struct Status {
    must_go: bool,
    waker: Option<Waker>,
}

/// A place in the room; dropping it leaves.
pub(super) struct Seat<'a> {
    room: &'a Room,
    guest: Arc<Guest>,
}

// === impl Room ===

impl Room {
    /// Takes a place. If all are taken, the one who waits longest must go.
    pub(super) fn enter(&self, capacity: NonZeroUsize) -> Seat<'_> {
        let guest = Arc::new(Guest::default());
        let mut evicted = Vec::new();
        {
            let mut guests = lock(&self.guests);
            while guests.len() >= capacity.get() {
                evicted.extend(guests.pop_front());
            }
            guests.push_back(Arc::clone(&guest));
        }
        for guest in evicted {
            let waker = {
                let mut status = lock(&guest.0);
                status.must_go = true;
                status.waker.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        Seat { room: self, guest }
    }
}

// === impl Seat ===

impl Seat<'_> {
    /// What `turn` gives; `None` when this one must go before.
    pub(super) async fn admitted<R>(&self, turn: impl Future<Output = R>) -> Option<R> {
        let mut turn = pin!(turn);
        poll_fn(|cx| {
            {
                let mut status = lock(&self.guest.0);
                if status.must_go {
                    return Poll::Ready(None);
                }
                status.waker = Some(cx.waker().clone());
            }
            turn.as_mut().poll(cx).map(Some)
        })
        .await
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        lock(&self.room.guests).retain(|guest| !Arc::ptr_eq(guest, &self.guest));
    }
}
