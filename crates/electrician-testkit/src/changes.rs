//! Waiting, without a runtime, for something to change.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Those who wait for something to change. Whoever changes it calls [`announce`](Self::announce)
/// afterwards.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    waiting: Mutex<Vec<Waker>>,
}

struct Unpark(Thread);

// === impl Changes ===

impl Changes {
    pub(crate) fn announce(&self) {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits until `attempt` yields. Cancel-safe.
    pub(crate) async fn until<R>(&self, mut attempt: impl FnMut() -> Option<R>) -> R {
        poll_fn(|cx| {
            if let Some(result) = attempt() {
                return Poll::Ready(result);
            }
            {
                let mut waiting = lock(&self.waiting);
                if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                    waiting.push(cx.waker().clone());
                }
            }
            // It may have changed before this task was on the list.
            attempt().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Locks, also when another holder panicked: faults panic on purpose, and never half-way.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `future` on this thread, which is parked while it waits.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

// === impl Unpark ===

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
