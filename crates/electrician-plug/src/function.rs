//! Asynchronous functions as sources.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use electrician_types::{
    Batch, BoxError, Error, Item, Next, Refusal, Refused, Result, Source, Submit,
};

type Running = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// What a function submits through its [`Tap`].
pub struct FunctionSource<T> {
    function: Option<Running>,
    shared: Arc<Shared<T>>,
}

/// A function's way into the pipeline. Clones lead to the same place, also from tasks that the
/// function spawns.
///
/// A submit waits until the pipeline asks for an item. What was submitted when the run stops still
/// goes in; from then on the tap refuses and gives the item back.
pub struct Tap<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T>(Mutex<State<T>>);

struct State<T> {
    items: VecDeque<Item<T>>,
    /// How many more items the pipeline has asked for.
    demand: usize,
    is_closed: bool,
    reader: Option<Waker>,
    /// Submits that wait, in the order they came. A submit that is dropped leaves.
    writers: BTreeMap<u64, Waker>,
    next_writer: u64,
}

/// A submit's place among those that wait.
struct Place<'a, T> {
    shared: &'a Shared<T>,
    number: Option<u64>,
}

/// A batch that is being submitted. What is left goes back to its owner, however this ends; the
/// conversions keep the allocation.
struct Left<'a, T> {
    rest: VecDeque<T>,
    items: &'a mut Vec<T>,
}

// === impl FunctionSource ===

impl<T: Send + 'static> FunctionSource<T> {
    /// What `f` submits.
    pub fn new<Fut, E>(f: impl Fn(Tap<T>) -> Fut) -> Self
    where
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let shared = Arc::new(Shared(Mutex::new(State {
            items: VecDeque::new(),
            demand: 0,
            is_closed: false,
            reader: None,
            writers: BTreeMap::new(),
            next_writer: 0,
        })));
        let running = f(Tap { shared: Arc::clone(&shared) });
        let function: Running = Box::pin(async move { running.await.map_err(Into::into) });
        Self { function: Some(function), shared }
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch<T>,
        demand: usize,
    ) -> Poll<Result<Next>> {
        let writers = {
            let mut state = self.shared.lock();
            state.demand = demand.saturating_sub(state.items.len());
            state.reader = Some(cx.waker().clone());
            std::mem::take(&mut state.writers)
        };
        writers.into_values().for_each(Waker::wake);
        let ended = match self.function.as_mut().map(|function| function.as_mut().poll(cx)) {
            Some(Poll::Pending) => None,
            Some(Poll::Ready(ended)) => {
                self.function = None;
                Some(ended)
            }
            None => Some(Ok(())),
        };
        let mut state = self.shared.lock();
        // A read that was cancelled may have asked for more than this one does.
        let gained =
            if ended.is_some() { state.items.len() } else { state.items.len().min(demand) };
        batch.extend(state.items.drain(..gained));
        if ended.is_some() || gained > 0 {
            state.demand = 0;
        }
        match ended {
            // Its clones of the tap may still be at work elsewhere, but the function speaks for
            // the source: when it ends, the source does.
            Some(ended) => {
                state.is_closed = true;
                drop(state);
                Poll::Ready(ended.map(|()| Next::End).map_err(Error::failed))
            }
            None if gained > 0 => Poll::Ready(Ok(Next::More)),
            None => Poll::Pending,
        }
    }
}

impl<T: Send + 'static> Source for FunctionSource<T> {
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        poll_fn(|cx| self.poll_read(cx, batch, demand)).await
    }

    fn hand_over(&mut self, batch: &mut Batch<T>) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        batch.extend(state.items.drain(..));
        let writers = std::mem::take(&mut state.writers);
        drop(state);
        writers.into_values().for_each(Waker::wake);
    }
}

impl<T> Drop for FunctionSource<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        let writers = std::mem::take(&mut state.writers);
        drop(state);
        writers.into_values().for_each(Waker::wake);
    }
}

impl<T> fmt::Debug for FunctionSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionSource")
            .field("has_ended", &self.function.is_none())
            .finish_non_exhaustive()
    }
}

// === impl Tap ===

impl<T> Tap<T> {
    /// Waits until the pipeline asks for an item and gives it `item`. Cancelling drops the item
    /// unaccepted.
    pub async fn submit(&self, item: T) -> Result<(), Refused<T>> {
        self.submit_item(Item::new(item)).await.map_err(|refused| refused.map(value_of))
    }

    /// As [`submit`](Self::submit), for an item with a receipt.
    pub async fn submit_item(&self, item: Item<T>) -> Result<(), Refused<Item<T>>> {
        let mut slot = Some(item);
        let result = self.put(&mut slot, Option::take).await;
        result.map_err(|reason| refused(slot, reason))
    }

    /// Waits until the pipeline asks for an item and takes it out of `slot`; with an empty slot it
    /// does nothing.
    ///
    /// Cancel-safe: until this resolves with `Ok`, the item is in `slot`.
    pub async fn submit_from(&self, slot: &mut Option<T>) -> Result<(), Refusal> {
        if slot.is_none() {
            return Ok(());
        }
        self.put(slot, |slot| slot.take().map(Item::new)).await
    }

    /// Gives the pipeline all of `items`, front first, as it asks for them; the vector is then empty
    /// and keeps its capacity.
    ///
    /// Cancel-safe: what was not taken, by refusal or cancellation, is in `items`, in order.
    pub async fn submit_batch(&self, items: &mut Vec<T>) -> Result<(), Refusal> {
        let mut left = Left { rest: std::mem::take(items).into(), items };
        while !left.rest.is_empty() {
            self.put(&mut left.rest, |rest| rest.pop_front().map(Item::new)).await?;
        }
        Ok(())
    }

    /// Gives `item` if the pipeline asks for one now.
    pub fn try_submit(&self, item: T) -> Result<(), Refused<T>> {
        let mut slot = Some(Item::new(item));
        let result = self.try_put(&mut || slot.take(), None);
        result.map_err(|reason| refused(slot, reason).map(value_of))
    }

    /// Waits until something is asked for, and gives what `next` takes out of `from`, as much as is
    /// asked for.
    async fn put<F>(
        &self,
        from: &mut F,
        next: impl Fn(&mut F) -> Option<Item<T>>,
    ) -> Result<(), Refusal> {
        let mut place = Place { shared: &self.shared, number: None };
        poll_fn(|cx| match self.try_put(&mut || next(from), Some((cx, &mut place))) {
            Err(Refusal::Full) => Poll::Pending,
            result => Poll::Ready(result),
        })
        .await
    }

    fn try_put(
        &self,
        next: &mut dyn FnMut() -> Option<Item<T>>,
        waits: Option<(&mut Context<'_>, &mut Place<'_, T>)>,
    ) -> Result<(), Refusal> {
        let mut state = self.shared.lock();
        if state.is_closed {
            return Err(Refusal::Closed);
        }
        if state.demand == 0 {
            if let Some((cx, place)) = waits {
                let next = &mut state.next_writer;
                let number = *place.number.get_or_insert_with(|| {
                    *next += 1;
                    *next
                });
                let _former = state.writers.insert(number, cx.waker().clone());
            }
            return Err(Refusal::Full);
        }
        while let Some(item) = (state.demand > 0).then(&mut *next).flatten() {
            state.demand -= 1;
            state.items.push_back(item);
        }
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        Ok(())
    }
}

impl<T: Send> Submit<T> for Tap<T> {
    async fn submit(&self, item: T) -> Result<(), Refused<T>> {
        self.submit(item).await
    }

    fn try_submit(&self, item: T) -> Result<(), Refused<T>> {
        self.try_submit(item)
    }

    async fn submit_item(&self, item: Item<T>) -> Result<(), Refused<Item<T>>> {
        self.submit_item(item).await
    }
}

impl<T> Clone for Tap<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for Tap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("closed", &self.shared.lock().is_closed).finish()
    }
}

fn refused<T>(slot: Option<Item<T>>, reason: Refusal) -> Refused<Item<T>> {
    Refused::new(slot.expect("a refused item stays in its slot"), reason)
}

fn value_of<T>(item: Item<T>) -> T {
    item.into_parts().0
}

// === impl Left ===

impl<T> Drop for Left<'_, T> {
    fn drop(&mut self) {
        *self.items = std::mem::take(&mut self.rest).into();
    }
}

// === impl Place ===

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let waker = self.shared.lock().writers.remove(&number);
            // Not under the lock: dropping a waker may run user code.
            drop(waker);
        }
    }
}

// === impl Shared ===

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
