//! The stage that ends a conduit.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use electrician_types::{Batch, Clock, Error, ErrorKind, Guard, Observer, Result, Sink};
use electrician_wire::engine::{
    Barred, Feeder, Gate, Granted, Guards, Launch, MAX_CAPACITY, Segment, StagePlan, Work, Worker,
    caught, caught_async,
};
use electrician_wire::{DeadLetterPort, Retry, WhenDenied};

/// The most items a sink is given at once.
const MAX_BATCH: usize = 64;

/// The most items a sink takes between two flushes.
const FLUSH_AFTER: u64 = 1024;

/// What comes out of a conduit that ends in a sink: nothing.
pub type Ended = Infallible;

/// Takes everything and keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

/// A sink with its settings.
///
/// One task writes, in the order items come. The sink is used by one run at a time and is kept
/// from run to run: it is opened at each start and closed at each end.
#[must_use = "a sink stage does nothing until a conduit gets it"]
pub struct SinkStage<T, S> {
    plan: StagePlan<T>,
    place: Arc<Mutex<Option<S>>>,
    retry: Option<Retry>,
    dead_letters: Option<DeadLetterPort<T>>,
    guards: Guards<T>,
}

/// The work of a sink stage in one run.
struct Write<T, S> {
    place: Arc<Mutex<Option<S>>>,
    retry: Option<Retry>,
    dead_letters: Option<DeadLetterPort<T>>,
}

/// A sink in use; it goes back to its place however the use ends.
struct Lease<'a, S> {
    place: &'a Mutex<Option<S>>,
    sink: Option<S>,
}

// === impl SinkStage ===

impl<T: Send + 'static, S: Sink<T>> SinkStage<T, S> {
    /// `sink` by the name `name`.
    pub fn new(name: impl Into<Arc<str>>, sink: S) -> Self {
        Self {
            plan: StagePlan::sink(name),
            place: Arc::new(Mutex::new(Some(sink))),
            retry: None,
            dead_letters: None,
            guards: Guards::new(),
        }
    }

    /// Sets how many items wait for the sink at most. Default: 1024.
    pub fn with_capacity(mut self, items: usize) -> Self {
        self.plan.capacity = items;
        self
    }

    /// Tries a write that failed again; the items behind wait. Default: one attempt.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sends items that could not be written to `port`. Default: they are counted as failed and
    /// logged.
    pub fn with_dead_letters(mut self, port: DeadLetterPort<T>) -> Self {
        self.dead_letters = Some(port);
        self
    }

    /// Has `guard` asked before each write, which is one attempt whatever the number of its items,
    /// at most 64: it succeeds or fails as the write does. `when` says what happens to items while
    /// the guard gives no leave. [`WhenDenied::Reject`] is [`WhenDenied::Pause`] here, where no
    /// submit could be refused. Opening, flushing and closing are not guarded; what was written is
    /// flushed before a wait.
    ///
    /// At most four guards, asked in the order in which they are given.
    pub fn with_guard(mut self, guard: impl Guard, when: WhenDenied<T>) -> Self {
        self.guards.add(guard, when);
        self
    }

    /// Watches the stage.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.plan = self.plan.with_observer(observer);
        self
    }

    /// Takes the time from `clock`. Default: the conduit's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.plan = self.plan.with_clock(clock);
        self
    }
}

impl<T: Send + 'static, S: Sink<T>> Segment<T, Ended> for SinkStage<T, S> {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Ended>) -> Result<Feeder<T>> {
        if lock(&self.place).is_none() {
            let message = "the sink is still in use by another run: stop that one first";
            return Err(
                Error::new(ErrorKind::Config, message).with_component(self.plan.name.to_string())
            );
        }
        let work = Write {
            place: Arc::clone(&self.place),
            retry: self.retry.clone(),
            dead_letters: self.dead_letters.clone(),
        };
        let feeder = launch.stage(self.plan.clone(), &Arc::new(work), downstream)?;
        feeder.guard(self.guards.clone());
        Ok(feeder)
    }

    fn problems(&self, into: &mut Vec<String>) {
        let name = &self.plan.name;
        if name.is_empty() {
            into.push("the name of a sink is empty: errors and logs need one".into());
        }
        if self.plan.capacity == 0 {
            into.push(format!(
                "sink {name:?}: a queue of capacity 0 takes nothing: give at least 1"
            ));
        }
        if self.plan.capacity > MAX_CAPACITY {
            into.push(format!(
                "sink {name:?}: a queue of more than {MAX_CAPACITY} items is allocated at once: \
                 give a smaller capacity"
            ));
        }
        into.extend(self.guards.problems().into_iter().map(|text| format!("sink {name:?}: {text}")));
        if let Some(retry) = &self.retry {
            into.extend(retry.problems().into_iter().map(|text| format!("sink {name:?}: {text}")));
        }
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        into.push(Arc::clone(&self.plan.name));
    }
}

impl<T, S> fmt::Debug for SinkStage<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkStage").field("plan", &self.plan).finish_non_exhaustive()
    }
}

// === impl Write ===

impl<T: Send + 'static, S: Sink<T>> Work<T> for Write<T, S> {
    type Out = Ended;
    type State = ();

    fn state(&self, _index: usize) {}

    async fn serve(&self, worker: &mut Worker<T, Ended>, (): &mut ()) {
        let mut lease = Lease { place: &self.place, sink: lock(&self.place).take() };
        let Some(sink) = lease.sink.as_mut() else {
            return;
        };
        let gate = worker.gate();
        let opened = self.open(sink, worker).await;
        let mut batch = Batch::with_capacity(MAX_BATCH);
        // Written, and not flushed yet.
        let mut unsafe_yet = 0;
        while worker.take(share(unsafe_yet), &mut batch).await {
            match &opened {
                Ok(()) => {
                    self.write(sink, gate.as_ref(), &mut batch, &mut unsafe_yet, worker).await;
                }
                Err(error) => {
                    while let Some(item) = batch.take() {
                        let (now, port) = (SystemTime::now(), self.dead_letters.as_ref());
                        worker.dispose(item, error.clone(), 1, now, port).await;
                    }
                }
            }
            if unsafe_yet >= FLUSH_AFTER || worker.is_idle() {
                flush(sink, &mut unsafe_yet, worker).await;
            }
            worker.commit_but(unsafe_yet);
        }
        flush(sink, &mut unsafe_yet, worker).await;
        worker.commit();
        if opened.is_ok() {
            let closing = worker.unless_aborted(caught_async(sink.close())).await;
            let closed = closing.map_or_else(|| Err(cancelled("closing the sink")), flatten);
            if let Err(error) = closed {
                worker.note_fault(&error);
            }
        }
    }
}

impl<T: Send + 'static, S: Sink<T>> Write<T, S> {
    async fn open(&self, sink: &mut S, worker: &mut Worker<T, Ended>) -> Result<()> {
        let mut attempts = 0;
        loop {
            let opening = worker.unless_aborted(caught_async(sink.open())).await;
            let Err(error) = opening.map_or_else(|| Err(cancelled("opening the sink")), flatten)
            else {
                return Ok(());
            };
            attempts += 1;
            let wait = self.retry.as_ref().and_then(|retry| retry.next_wait(attempts, &error));
            let Some(wait) = wait else {
                worker.note_fault(&error);
                return Err(error);
            };
            worker.note_retry(attempts, wait, &error);
            if !worker.pause(wait).await {
                return Err(error);
            }
        }
    }

    /// Writes all of `batch`, disposing of the items that cannot be written.
    async fn write(
        &self,
        sink: &mut S,
        gate: Option<&Gate<T>>,
        batch: &mut Batch<T>,
        unsafe_yet: &mut u64,
        worker: &mut Worker<T, Ended>,
    ) {
        let mut attempts = 0;
        let mut first_seen = None;
        while !batch.is_empty() {
            let leave = match gate {
                Some(gate) => self.leave(sink, gate, batch, unsafe_yet, worker).await,
                None => None,
            };
            if batch.is_empty() {
                return;
            }
            if attempts > 0 {
                worker.ledger().retried += 1;
            }
            let before = batch.len();
            let written = worker.unless_aborted(caught_async(sink.write(batch))).await;
            let progress = before - batch.len();
            *unsafe_yet += progress as u64;
            if progress > 0 {
                attempts = 0;
                first_seen = None;
            }
            let written = written.map(flatten);
            if let (Some(leave), Some(written)) = (leave, &written) {
                leave.settle(written.is_ok() && progress > 0);
            }
            let error = match written {
                None => return worker.leave_inputs(std::mem::take(batch)),
                Some(Ok(())) if progress > 0 => continue,
                Some(Ok(())) => Error::new(ErrorKind::Failed, "the sink took nothing and said Ok"),
                Some(Err(error)) => error,
            };
            attempts += 1;
            let first_failed = *first_seen.get_or_insert_with(SystemTime::now);
            let wait = self.retry.as_ref().and_then(|retry| retry.next_wait(attempts, &error));
            if let Some(wait) = wait {
                worker.note_retry(attempts, wait, &error);
                if !worker.pause(wait).await {
                    return worker.leave_inputs(std::mem::take(batch));
                }
            } else if let Some(item) = batch.take() {
                let port = self.dead_letters.as_ref();
                worker.dispose(item, error, attempts, first_failed, port).await;
                attempts = 0;
                first_seen = None;
            } else {
                // It took everything and failed all the same.
                worker.note_fault(&error);
            }
        }
    }
}

impl<T: Send + 'static, S: Sink<T>> Write<T, S> {
    /// Waits for leave to write. Without it nothing is left in `batch`: it went another way, or was
    /// handed back because the run was aborted.
    async fn leave<'g>(
        &self,
        sink: &mut S,
        gate: &'g Gate<T>,
        batch: &mut Batch<T>,
        unsafe_yet: &mut u64,
        worker: &mut Worker<T, Ended>,
    ) -> Option<Granted<'g>> {
        loop {
            let guard = match gate.admit() {
                Ok(granted) => return Some(granted),
                Err(Barred::Wait(guard)) => guard,
                Err(Barred::Divert(way)) => {
                    let port = self.dead_letters.as_ref();
                    while let Some(item) = batch.take() {
                        worker.divert(way, item, port).await;
                        if worker.is_aborted() {
                            worker.leave_inputs(std::mem::take(batch));
                        }
                    }
                    return None;
                }
            };
            // The wait may be long, and what was written is done.
            flush(sink, unsafe_yet, worker).await;
            worker.commit_but(batch.len() as u64);
            if worker.unless_aborted(guard.admitting()).await.is_none() {
                worker.leave_inputs(std::mem::take(batch));
                return None;
            }
        }
    }
}

/// How many items to take when `unsafe_yet` wait for a flush.
fn share(unsafe_yet: u64) -> usize {
    let left = FLUSH_AFTER.saturating_sub(unsafe_yet).max(1);
    usize::try_from(left).map_or(MAX_BATCH, |left| left.min(MAX_BATCH))
}

async fn flush<T: Send + 'static, S: Sink<T>>(
    sink: &mut S,
    unsafe_yet: &mut u64,
    worker: &mut Worker<T, Ended>,
) {
    if *unsafe_yet == 0 {
        return;
    }
    let written = std::mem::take(unsafe_yet);
    match worker.unless_aborted(caught_async(sink.flush())).await.map(flatten) {
        Some(Ok(())) => worker.ledger().delivered += written,
        Some(Err(error)) => {
            worker.ledger().failed += written;
            worker.note_failure(&error, 1, false);
        }
        // The deadline: the sink has them, and nobody knows how safe they are.
        None => {
            worker.ledger().abandoned += written;
            worker.note_failure(&cancelled("flushing the sink"), 1, false);
        }
    }
}

fn cancelled(operation: &'static str) -> Error {
    Error::new(ErrorKind::Cancelled, operation)
}

fn flatten(result: Result<Result<()>>) -> Result<()> {
    result.and_then(|inner| inner)
}

// === impl Lease ===

impl<S> Drop for Lease<'_, S> {
    fn drop(&mut self) {
        *lock(self.place) = self.sink.take();
    }
}

// === impl Discard ===

impl<T: Send + 'static> Sink<T> for Discard {
    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        // A value whose drop panics is gone all the same, and it is not the next one's fault.
        while caught(|| batch.accept_all()).is_err() {}
        Ok(())
    }
}

fn lock<S>(place: &Mutex<Option<S>>) -> MutexGuard<'_, Option<S>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
