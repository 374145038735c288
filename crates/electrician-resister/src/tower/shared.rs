//! The queue and the service behind it.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, TryLockError};
use std::task::{Context, Poll, Wake, Waker};

use electrician_types::Refused;
use tower_service::Service;

use super::ResisterError;
use super::turn::{Answer, Turn};
use crate::sync::{Mutex, MutexGuard};
use crate::waits::Waits;
use crate::{Key, Placement, Resister, ResisterBuilder};

pub(super) struct Shared<S: Service<R>, R> {
    inner: Mutex<S>,
    queue: Resister<Envelope<S, R>>,
    bell: Arc<Bell>,
    /// Rings the bell.
    waker: Waker,
    next: AtomicU64,
}

struct Envelope<S: Service<R>, R> {
    request: R,
    turn: TurnOf<S, R>,
}

/// A request in the queue. Dropping it takes the request out.
pub(super) struct Place<S: Service<R>, R> {
    shared: Arc<Shared<S, R>>,
    turn: TurnOf<S, R>,
    key: Key,
}

/// Those whose requests wait: one of them is woken when the service is ready.
#[derive(Default)]
struct Bell(Waits);

type TurnOf<S, R> = Arc<Turn<R, <S as Service<R>>::Future, <S as Service<R>>::Error>>;

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.wake(1);
    }
}

// === impl Shared ===

impl<S: Service<R>, R> Shared<S, R> {
    pub(super) fn new(inner: S, builder: &ResisterBuilder<R>) -> Self
    where
        S::Future: 'static,
        S::Error: 'static,
        S: 'static,
        R: 'static,
    {
        let queue = builder.of(|envelope: &Envelope<S, R>| &envelope.request).assemble();
        let bell = Arc::<Bell>::default();
        let waker = Waker::from(Arc::clone(&bell));
        Self { inner: Mutex::new(inner), queue, bell, waker, next: AtomicU64::new(0) }
    }

    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// A place for the request, or the request.
    pub(super) fn enter(
        this: &Arc<Self>,
        request: R,
        priority: i32,
    ) -> Result<Place<S, R>, Refused<R>> {
        let key = Key::from(this.next.fetch_add(1, Ordering::Relaxed));
        let turn = Arc::new(Turn::new());
        let envelope = Envelope { request, turn: Arc::clone(&turn) };
        // Those that became overdue give up their places.
        this.hand_back_overdue();
        match this.queue.try_push(envelope, Placement::new(priority).with_key(key.clone())) {
            Ok(()) => Ok(Place { shared: Arc::clone(this), turn, key }),
            Err(refused) => Err(refused.map(|item| item.accept().request)),
        }
    }

    /// Hands requests to the service for as long as it is ready.
    fn pump(&self) {
        self.hand_back_overdue();
        // Who finds the service in other hands can go: those hands look at the queue again.
        while !self.queue.is_empty()
            && let Some(mut inner) = self.try_lock()
        {
            let mut cx = Context::from_waker(&self.waker);
            let ready = match catch_unwind(AssertUnwindSafe(|| inner.poll_ready(&mut cx))) {
                Ok(Poll::Pending) => return,
                Ok(Poll::Ready(ready)) => Ok(ready),
                Err(panic) => Err(panic),
            };
            let Some(element) = self.queue.try_pop() else { return };
            let Envelope { request, turn } = element.accept();
            let answer = match ready {
                Ok(Ok(())) => match catch_unwind(AssertUnwindSafe(|| inner.call(request))) {
                    Ok(response) => Answer::Called(response),
                    Err(panic) => Answer::Panicked(panic),
                },
                Ok(Err(error)) => Answer::Failed(error),
                Err(panic) => Answer::Panicked(panic),
            };
            drop(inner);
            turn.answer(answer);
        }
    }

    fn hand_back_overdue(&self) {
        if self.queue.expired_len() > 0 {
            for element in self.queue.drain_expired() {
                let Envelope { request, turn } = element.accept();
                turn.answer(Answer::Expired(request));
            }
        }
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, S>> {
        match self.inner.try_lock() {
            Ok(inner) => Some(inner),
            // Panics of the service are caught.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

// === impl Place ===

impl<S: Service<R>, R> Place<S, R> {
    /// Waits for the turn of the request. Gives its response, to be waited for.
    pub(super) async fn turn(self) -> Result<S::Future, ResisterError<R, S::Error>> {
        let Self { shared, turn, .. } = &self;
        let mut waiter = shared.bell.0.waiter();
        let answer = poll_fn(|cx| {
            turn.wait(cx.waker());
            waiter.poll(cx, &mut || {
                shared.pump();
                turn.take()
            })
        })
        .await;
        match answer {
            Answer::Called(response) => Ok(response),
            Answer::Failed(error) => Err(ResisterError::Failed(error)),
            Answer::Expired(request) => Err(ResisterError::Expired(request)),
            Answer::Panicked(panic) => resume_unwind(panic),
        }
    }
}

impl<S: Service<R>, R> Drop for Place<S, R> {
    fn drop(&mut self) {
        self.shared.queue.withdraw(&self.key);
    }
}
