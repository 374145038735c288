//! Between the thread that polls and the pipeline: a bounded queue and a few words.

mod chunk;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use electrician_types::{Batch, Error, Result};
use tokio::sync::Notify;

pub(crate) use chunk::{Chunk, Entry};

/// The most records that are handed over at once.
pub(crate) const CHUNK: usize = 256;

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
    /// None of them is empty. Where few records come at a time, they share one.
    queue: VecDeque<Chunk<T>>,
    /// How many records that is.
    len: usize,
    /// Empty ones, for the thread.
    spare: Vec<Chunk<T>>,
    wish: Wish,
    is_thread_waiting: bool,
    /// That nothing more comes, and why, until that is told.
    end: Option<Result<()>>,
    /// How the thread ended.
    over: Option<Result<()>>,
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
        // When each takes more than half of what one may, there are no more than this.
        let chunks = 2 * capacity.div_ceil(CHUNK) + 1;
        let state = State {
            queue: VecDeque::with_capacity(chunks),
            len: 0,
            spare: Vec::with_capacity(chunks),
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
        let count = state.move_into(batch, demand);
        let has_room = state.len <= self.capacity - self.capacity.div_ceil(4);
        if has_room && state.is_thread_waiting {
            state.is_thread_waiting = false;
            self.room.notify_one();
        }
        let is_empty = state.len == 0;
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
        (state.wish, self.capacity - state.len)
    }

    /// Adds the records of `chunk`, for which there has to be room, at the back, and leaves an empty
    /// one.
    pub(crate) fn give(&self, chunk: &mut Chunk<T>) {
        if chunk.is_empty() {
            return;
        }
        let mut state = self.lock();
        state.len += chunk.len();
        match state.queue.back_mut() {
            Some(last) if last.len() + chunk.len() <= CHUNK => last.append(chunk),
            _ => {
                let empty = state.spare.pop().unwrap_or_else(|| Chunk::with_capacity(CHUNK));
                state.queue.push_back(mem::replace(chunk, empty));
            }
        }
        drop(state);
        self.ready.notify_one();
    }

    /// Waits until there is room or something is wanted, at most for `timeout`.
    pub(crate) fn await_room(&self, timeout: Duration) {
        let mut state = self.lock();
        if state.wish != Wish::Run || state.len < self.capacity {
            return;
        }
        state.is_thread_waiting = true;
        let has_to_wait = |state: &mut State<T>| state.is_thread_waiting && state.wish == Wish::Run;
        let waited = self.room.wait_timeout_while(state, timeout, has_to_wait);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_thread_waiting = false;
    }

    /// Waits until something is wanted, at most for `timeout`.
    pub(crate) fn await_wish(&self, timeout: Duration) {
        let is_content = |state: &mut State<T>| state.wish == Wish::Run;
        drop(self.room.wait_timeout_while(self.lock(), timeout, is_content));
    }

    /// Takes back what is not in the pipeline yet and comes from the `seats` that are chosen.
    pub(crate) fn take_back(&self, is_chosen: impl Fn(u32) -> bool) {
        let mut state = self.lock();
        if state.len == 0 {
            return;
        }
        let mut back = Vec::new();
        let all = state.take_all();
        for entry in all {
            if is_chosen(entry.seat) { back.push(entry) } else { state.push(entry) }
        }
        // To drop a value is the user's code: not under the lock.
        drop(state);
        drop(back);
    }

    /// Takes back all that is not in the pipeline yet, in order.
    pub(crate) fn take_all(&self) -> VecDeque<Entry<T>> {
        self.lock().take_all()
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

// === impl State ===

impl<T> State<T> {
    /// Moves up to `demand` records into `batch`, and gives how many. Rather than part of a chunk, it
    /// leaves all of it for the next time, when there is something already.
    fn move_into(&mut self, batch: &mut Batch<T>, demand: usize) -> usize {
        let mut count = 0;
        while let Some(chunk) = self.queue.front_mut() {
            let left = demand - count;
            if left == 0 || count > 0 && chunk.len() > left {
                break;
            }
            let before = chunk.len();
            chunk.move_into(batch, left);
            count += before - chunk.len();
            if chunk.is_empty()
                && let Some(empty) = self.queue.pop_front()
                && self.spare.len() < self.spare.capacity()
            {
                self.spare.push(empty);
            }
        }
        self.len -= count;
        count
    }

    fn take_all(&mut self) -> VecDeque<Entry<T>> {
        let mut all = VecDeque::with_capacity(self.len);
        for mut chunk in self.queue.drain(..) {
            while let Some(entry) = chunk.pop() {
                all.push_back(entry);
            }
        }
        self.len = 0;
        all
    }

    /// Adds a record at the back.
    fn push(&mut self, entry: Entry<T>) {
        if self.queue.back().is_none_or(|last| last.len() >= CHUNK) {
            self.queue.push_back(Chunk::with_capacity(CHUNK));
        }
        if let Some(last) = self.queue.back_mut() {
            last.push(entry);
            self.len += 1;
        }
    }
}

/// An error that stands for "the thread went away".
pub(crate) fn gone() -> Error {
    Error::new(electrician_types::ErrorKind::Panicked, "the thread that polls has panicked")
}
