//! Between the thread that polls and the pipeline: a bounded queue and a few words.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use electrician_types::{Batch, Error, Receipt, Result};
use tokio::sync::Notify;

/// A bounded queue from a thread to a task.
pub(crate) struct Exchange<T> {
    capacity: usize,
    state: Mutex<State<T>>,
    /// For the task: there is something, or the end.
    ready: Notify,
    /// For the thread: there is room, or something is wanted of it.
    room: Condvar,
}

struct State<T> {
    queue: VecDeque<Entry<T>>,
    wish: Wish,
    is_thread_waiting: bool,
    /// That nothing more comes, and why, until that is told.
    end: Option<Result<()>>,
    /// How the thread ended.
    over: Option<Result<()>>,
}

/// A record on its way into the pipeline.
pub(crate) struct Entry<T> {
    /// Which assignment of which partition it came from.
    pub(crate) seat: u32,
    pub(crate) offset: i64,
    pub(crate) value: T,
    pub(crate) receipt: Receipt,
}

/// What the pipeline wants of the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// Records.
    Run,
    /// To wait for what is in flight, to commit, and to end.
    Close,
    /// To commit what is acknowledged, and to end.
    Leave,
}

/// What a look into the queue found.
#[derive(Debug)]
pub(crate) enum Taken {
    Some,
    Nothing,
    End(Result<()>),
}

// === impl Exchange ===

impl<T> Exchange<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State {
            queue: VecDeque::with_capacity(capacity),
            wish: Wish::Run,
            is_thread_waiting: false,
            end: None,
            over: None,
        };
        Self { capacity, state: Mutex::new(state), ready: Notify::new(), room: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- the task's side ---

    /// Moves up to `demand` records into `batch`.
    pub(crate) fn take(&self, batch: &mut Batch<T>, demand: usize) -> Taken {
        let mut state = self.lock();
        let count = demand.min(state.queue.len());
        for entry in state.queue.drain(..count) {
            batch.push_tracked(entry.value, entry.receipt);
        }
        let has_room = state.queue.len() <= self.capacity - self.capacity.div_ceil(4);
        if has_room && state.is_thread_waiting {
            state.is_thread_waiting = false;
            self.room.notify_one();
        }
        let is_empty = state.queue.is_empty();
        match &mut state.end {
            _ if count > 0 => Taken::Some,
            Some(end) if is_empty => Taken::End(mem::replace(end, Ok(()))),
            _ => Taken::Nothing,
        }
    }

    /// Waits until there may be something. Cancel-safe.
    pub(crate) async fn ready(&self) {
        self.ready.notified().await;
    }

    /// Says what is wanted of the thread; that never becomes less.
    pub(crate) fn wish(&self, wish: Wish) {
        let mut state = self.lock();
        state.wish = state.wish.max(wish);
        self.room.notify_one();
    }

    /// How the thread's work ended, if it has: with an error that no look was told of, if there is
    /// one.
    pub(crate) fn over(&self) -> Option<Result<()>> {
        let mut state = self.lock();
        let over = state.over.clone()?;
        let untold = state.end.replace(Ok(()));
        Some(untold.unwrap_or(Ok(())).and(over))
    }

    // --- the thread's side ---

    /// What is wanted, and how many records have room.
    pub(crate) fn look(&self) -> (Wish, usize) {
        let state = self.lock();
        (state.wish, self.capacity - state.queue.len())
    }

    /// Adds `entries`, for which there has to be room, at the back.
    pub(crate) fn give(&self, entries: &mut VecDeque<Entry<T>>) {
        if entries.is_empty() {
            return;
        }
        let mut state = self.lock();
        state.queue.append(entries);
        drop(state);
        self.ready.notify_one();
    }

    /// Waits until there is room or something is wanted, at most for `timeout`.
    pub(crate) fn await_room(&self, timeout: Duration) {
        let mut state = self.lock();
        if state.wish != Wish::Run || state.queue.len() < self.capacity {
            return;
        }
        state.is_thread_waiting = true;
        let has_to_wait = |state: &mut State<T>| state.is_thread_waiting && state.wish == Wish::Run;
        let waited = self.room.wait_timeout_while(state, timeout, has_to_wait);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_thread_waiting = false;
    }

    /// Takes back what is not in the pipeline yet and comes from the `seats` that are chosen.
    pub(crate) fn take_back(&self, is_chosen: impl Fn(u32) -> bool) {
        let mut state = self.lock();
        if state.queue.is_empty() {
            return;
        }
        let mut kept = VecDeque::with_capacity(self.capacity);
        let all = mem::take(&mut state.queue);
        let mut back = Vec::new();
        for entry in all {
            if is_chosen(entry.seat) { back.push(entry) } else { kept.push_back(entry) }
        }
        state.queue = kept;
        // To drop a value is the user's code: not under the lock.
        drop(state);
        drop(back);
    }

    /// Takes back all that is not in the pipeline yet, in order.
    pub(crate) fn take_all(&self) -> VecDeque<Entry<T>> {
        mem::take(&mut self.lock().queue)
    }

    /// There will be no more records: what was given is still taken, then `end` is told.
    pub(crate) fn end(&self, end: Result<()>) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        drop(state);
        self.ready.notify_one();
    }

    /// The thread is done.
    pub(crate) fn set_over(&self, over: Result<()>) {
        let mut state = self.lock();
        // Whoever looks first is told: a read, or a close.
        if state.end.is_none() {
            state.end = Some(over);
            state.over = Some(Ok(()));
        } else {
            state.over = Some(over);
        }
        drop(state);
        self.ready.notify_one();
    }
}

/// An error that stands for "the thread went away".
pub(crate) fn gone() -> Error {
    Error::new(electrician_types::ErrorKind::Panicked, "the thread that polls has panicked")
}
