//! Iterators that block, on a thread of their own.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use electrician_types::{Batch, BoxError, Error, ErrorKind, Next, Result, Source};

/// How many items the thread is ahead of the pipeline at most.
const AHEAD: usize = 64;

/// The items of an iterator that blocks, which runs on a thread of its own: files, sockets,
/// databases.
///
/// The thread starts at the first read. It is up to 64 items ahead, and waits while nobody wants
/// them. When the source is no longer read, what it is ahead goes into the pipeline, and the thread
/// ends as soon as the iterator returns from the call that it is in: an item that comes of that
/// call counts among those that nobody read. [`close`](Source::close) waits for that.
pub struct BlockingSource<T> {
    /// What the thread runs, until it does.
    work: Option<Work>,
    has_started: bool,
    shared: Arc<Shared<T>>,
}

type Work = Box<dyn FnOnce() + Send>;

/// What the thread and the reader share.
struct Shared<T> {
    state: Mutex<State<T>>,
    /// Tells the thread that there is room, or that nobody reads any more.
    room: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    /// Nobody reads any more.
    is_closed: bool,
    /// The thread has ended, like this; the reader takes it once.
    end: Option<Result<()>>,
    has_ended: bool,
    reader: Option<Waker>,
}

// === impl BlockingSource ===

impl<T: Send + 'static> BlockingSource<T> {
    /// The items of what `make` makes on the thread.
    pub fn new<Many>(make: impl FnOnce() -> Many + Send + 'static) -> Self
    where
        Many: IntoIterator<Item = T>,
    {
        Self::of(|shared| {
            for item in make() {
                if !shared.put(item) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// As [`new`](Self::new), for results; the first error fails the source.
    pub fn try_new<Many, E>(make: impl FnOnce() -> Many + Send + 'static) -> Self
    where
        Many: IntoIterator<Item = Result<T, E>>,
        E: Into<BoxError>,
    {
        Self::of(|shared| {
            for item in make() {
                if !shared.put(item.map_err(Error::failed)?) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn of(give: impl FnOnce(&Shared<T>) -> Result<()> + Send + 'static) -> Self {
        let shared = Arc::new(Shared::new());
        let far = Arc::clone(&shared);
        let work: Work = Box::new(move || {
            match catch_unwind(AssertUnwindSafe(|| give(&far))) {
                Ok(outcome) => far.end(outcome),
                // To drop what it panicked with is user code, too: it comes last.
                Err(panic) => far.end(Err(panicked(&*panic))),
            }
        });
        Self { work: Some(work), has_started: false, shared }
    }
}

impl<T: Send + 'static> Source for BlockingSource<T> {
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        if let Some(work) = self.work.take() {
            thread::Builder::new().name("plug".into()).spawn(work)?;
            self.has_started = true;
        }
        let shared = &*self.shared;
        poll_fn(|cx| shared.poll_read(cx, batch, demand)).await
    }

    fn hand_over(&mut self, batch: &mut Batch<T>) {
        self.work = None;
        self.shared.close().into_iter().for_each(|item| batch.push(item));
    }

    async fn close(&mut self) -> Result<()> {
        if !self.has_started {
            return Ok(());
        }
        let shared = &*self.shared;
        poll_fn(|cx| {
            let mut state = shared.lock();
            if state.has_ended {
                return Poll::Ready(state.end.take().unwrap_or(Ok(())));
            }
            state.wait(cx);
            Poll::Pending
        })
        .await
    }
}

impl<T> Drop for BlockingSource<T> {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl<T> fmt::Debug for BlockingSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingSource").field("started", &self.has_started).finish()
    }
}

// === impl Shared ===

impl<T> Shared<T> {
    const fn new() -> Self {
        let state = State {
            items: VecDeque::new(),
            is_closed: false,
            end: None,
            has_ended: false,
            reader: None,
        };
        Self { state: Mutex::new(state), room: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_read(
        &self,
        cx: &mut Context<'_>,
        batch: &mut Batch<T>,
        demand: usize,
    ) -> Poll<Result<Next>> {
        let mut state = self.lock();
        let gained = state.items.len().min(demand);
        if gained > 0 {
            state.items.drain(..gained).for_each(|item| batch.push(item));
            drop(state);
            self.room.notify_one();
            return Poll::Ready(Ok(Next::More));
        }
        if state.has_ended && state.items.is_empty() {
            return Poll::Ready(state.end.take().unwrap_or(Ok(())).map(|()| Next::End));
        }
        state.wait(cx);
        Poll::Pending
    }

    /// Waits for room and puts `item` in. `false`: nobody wants it.
    fn put(&self, item: T) -> bool {
        let is_full = |state: &mut State<T>| state.items.len() >= AHEAD && !state.is_closed;
        let waited = self.room.wait_while(self.lock(), is_full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.is_closed {
            // The item is dropped with the lock released.
            drop(state);
            return false;
        }
        state.items.push_back(item);
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        true
    }

    fn end(&self, outcome: Result<()>) {
        let mut state = self.lock();
        state.end = Some(outcome);
        state.has_ended = true;
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Nobody reads any more: takes what is there.
    fn close(&self) -> VecDeque<T> {
        let mut state = self.lock();
        state.is_closed = true;
        let rest = std::mem::take(&mut state.items);
        drop(state);
        self.room.notify_one();
        rest
    }
}

// === impl State ===

impl<T> State<T> {
    fn wait(&mut self, cx: &Context<'_>) {
        match &mut self.reader {
            Some(reader) => reader.clone_from(cx.waker()),
            reader => *reader = Some(cx.waker().clone()),
        }
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("panicked: {}", text.unwrap_or("(no message)"));
    Error::new(ErrorKind::Panicked, message)
}
