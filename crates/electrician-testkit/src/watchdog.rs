//! Bounds in real time: what hangs fails.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::changes::lock;

/// A future that was not ready in time: see [`within`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// The time it was given.
    pub limit: Duration,
}

/// Awaits `future` for at most `limit` of real time, whatever the runtime and its clock say. It is
/// dropped when the time is up.
///
/// For what must not hang and should not take long: the limit is an alarm, not a measure.
pub async fn within<F: Future>(limit: Duration, future: F) -> Result<F::Output, Overdue> {
    let alarm = Alarm::set(limit);
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        if alarm.rings(cx.waker()) {
            return Poll::Ready(Err(Overdue { limit }));
        }
        Poll::Pending
    })
    .await
}

/// Runs `f` on a thread of its own for at most `limit`. A thread that is not done by then is left
/// behind: nothing can end it.
pub(crate) fn guarded<R: Send + 'static>(
    limit: Duration,
    f: impl FnOnce() -> R + Send + 'static,
) -> Result<thread::Result<R>, Overdue> {
    let (done, wait) = sync_channel::<()>(1);
    let thread = thread::spawn(move || {
        let _done = done;
        f()
    });
    match wait.recv_timeout(limit) {
        Err(RecvTimeoutError::Timeout) => Err(Overdue { limit }),
        _ => Ok(thread.join()),
    }
}

/// A thread that waits for a moment. Dropping this ends it.
struct Alarm {
    shared: Arc<Shared>,
    _cancel: SyncSender<()>,
}

#[derive(Default)]
struct Shared {
    rang: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

// === impl Alarm ===

impl Alarm {
    fn set(limit: Duration) -> Self {
        let shared = Arc::<Shared>::default();
        let (cancel, cancelled) = sync_channel(1);
        let ringing = Arc::clone(&shared);
        thread::spawn(move || {
            if let Err(RecvTimeoutError::Timeout) = cancelled.recv_timeout(limit) {
                ringing.rang.store(true, Ordering::Release);
                let waker = lock(&ringing.waker).take();
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        });
        Self { shared, _cancel: cancel }
    }

    fn rings(&self, waker: &Waker) -> bool {
        *lock(&self.shared.waker) = Some(waker.clone());
        self.shared.rang.load(Ordering::Acquire)
    }
}

// === impl Overdue ===

impl fmt::Display for Overdue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not done after {:?}", self.limit)
    }
}

impl std::error::Error for Overdue {}

#[cfg(test)]
mod tests;
