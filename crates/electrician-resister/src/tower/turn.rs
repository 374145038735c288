//! What a caller waits for.

use std::any::Any;
use std::task::Waker;

use crate::sync::{Mutex, lock};

/// The turn of one request. Its caller and the queue hold it.
pub(super) struct Turn<R, F, E> {
    state: Mutex<State<R, F, E>>,
}

struct State<R, F, E> {
    answer: Option<Answer<R, F, E>>,
    waker: Option<Waker>,
}

/// What became of a request.
pub(super) enum Answer<R, F, E> {
    /// The service has it.
    Called(F),
    /// The service was not ready, and never will be.
    Failed(E),
    Expired(R),
    /// The service panicked.
    Panicked(Box<dyn Any + Send>),
}

// === impl Turn ===

impl<R, F, E> Turn<R, F, E> {
    pub(super) const fn new() -> Self {
        Self { state: Mutex::new(State { answer: None, waker: None }) }
    }

    /// Says whom to wake. Comes before looking for the answer.
    pub(super) fn wait(&self, waker: &Waker) {
        let former = lock(&self.state).waker.replace(waker.clone());
        // Dropping a waker may run foreign code: not under the lock.
        drop(former);
    }

    pub(super) fn answer(&self, answer: Answer<R, F, E>) {
        let waker = {
            let mut state = lock(&self.state);
            state.answer = Some(answer);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn take(&self) -> Option<Answer<R, F, E>> {
        lock(&self.state).answer.take()
    }
}
