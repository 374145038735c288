//! The work of the stage that ends a conduit: open, write, flush, close.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use electrician_types::{Batch, Error, ErrorKind, Flushing, Result, Sink};
use electrician_wire::engine::{Barred, Gate, Granted, Work, Worker, caught, caught_async};
use electrician_wire::{DeadLetterPort, Retry};

use crate::sink::{Ended, lock};

/// The most items a sink is given at once.
const MAX_BATCH: usize = 64;

/// The work of a sink stage in one run.
pub(super) struct Write<T, S> {
    pub(super) place: Arc<Mutex<Option<S>>>,
    pub(super) retry: Option<Retry>,
    pub(super) dead_letters: Option<DeadLetterPort<T>>,
}

/// A sink in use; it goes back to its place however the use ends.
struct Lease<'a, S> {
    place: &'a Mutex<Option<S>>,
    sink: Option<S>,
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
        if opened.is_ok() {
            worker.note_opened();
        }
        let mut batch = Batch::with_capacity(MAX_BATCH);
        // User code, which may panic; then each item is flushed.
        let flushing = caught(|| sink.flushing());
        let flushing = flushing.unwrap_or(Flushing::EAGER.with_items(1));
        // Written, and not flushed yet.
        let mut unsafe_yet = 0;
        while worker.take(share(unsafe_yet, flushing), &mut batch).await {
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
            if unsafe_yet >= flushing.items || flushing.when_idle && worker.is_idle() {
                flush(sink, &mut unsafe_yet, worker).await;
            }
            worker.commit_but(unsafe_yet);
        }
        flush(sink, &mut unsafe_yet, worker).await;
        worker.commit();
        if opened.is_ok() {
            let closing = worker.unless_aborted(caught_async(sink.close())).await;
            let closed = closing.map_or_else(|| Err(cancelled("closing the sink")), flatten);
            match closed {
                Ok(()) => worker.note_closed(),
                Err(error) => worker.note_fault(&error),
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
                if attempts > 0 {
                    worker.note_recovery(attempts + 1);
                }
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
            if !worker.await_leave(guard).await {
                worker.leave_inputs(std::mem::take(batch));
                return None;
            }
        }
    }
}

/// How many items to take when `unsafe_yet` wait for a flush.
fn share(unsafe_yet: u64, flushing: Flushing) -> usize {
    let left = flushing.items.saturating_sub(unsafe_yet).max(1);
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
