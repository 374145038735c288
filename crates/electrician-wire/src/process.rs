//! The work of a transforming stage: take a batch, transform each item, recover failures, deliver.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use electrician_types::{
    AsyncTransform, BoxError, Clock, Error, ErrorKind, NackReason, Timer, Transform,
};

use crate::clock;
use crate::dead_letter::DeadLetterPort;
use crate::desk::Desk;
use crate::panics;
use crate::queue::MAX_BATCH;
use crate::retry::Retry;
use crate::signal::Watch;
use crate::worker::{Work, Worker};

/// How often a worker tries to make its state anew after a panic.
const STATE_ATTEMPTS: usize = 3;

/// A transforming stage: what to do with an item, and what to do when that fails.
pub(crate) struct Process<P, In> {
    pub(crate) processor: P,
    pub(crate) retry: Option<Retry>,
    pub(crate) dead_letters: Option<DeadLetterPort<In>>,
    pub(crate) timeout: Option<Duration>,
    /// The most items a worker takes at once.
    pub(crate) max_batch: usize,
}

/// How items are transformed: [`Sync`] ones in a tight loop, [`Async`] ones by awaiting each.
pub(crate) trait Processor<In>: Send + Sync + 'static {
    type Out: Send + 'static;
    type State: Send + 'static;

    /// The most items a worker that does not block takes at once.
    const MAX_BATCH: usize;

    fn state(&self) -> Self::State;

    /// Works through the inbox until it is empty or an item fails; the failed item is then the one
    /// under way on the desk.
    fn run(
        &self,
        state: &mut Self::State,
        desk: &mut Desk<In, Self::Out>,
        worker: &mut Worker<In, Self::Out>,
        limit: Option<Duration>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Tries the item under way once more.
    fn again(
        &self,
        state: &mut Self::State,
        desk: &mut Desk<In, Self::Out>,
        worker: &mut Worker<In, Self::Out>,
        limit: Option<Duration>,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// A transform that computes.
pub(crate) struct Compute<T>(pub(crate) T);

/// A transform that waits, and a transform that computes on its output.
pub(crate) struct Await<T, U> {
    pub(crate) first: T,
    pub(crate) then: U,
}

// === impl Process ===

impl<In, P> Work<In> for Process<P, In>
where
    In: Send + 'static,
    P: Processor<In>,
{
    type Out = P::Out;
    type State = P::State;

    fn state(&self, _index: usize) -> P::State {
        self.processor.state()
    }

    async fn serve(&self, worker: &mut Worker<In, P::Out>, state: &mut P::State) {
        let mut desk = Desk::new(self.max_batch);
        while worker.take(self.max_batch, &mut desk.inbox).await {
            let mut is_fit = true;
            while let Err(error) = self.processor.run(state, &mut desk, worker, self.timeout).await
            {
                is_fit = self.renew_after(&error, state);
                is_fit = self.recover(error, state, is_fit, &mut desk, worker).await;
                if !is_fit || worker.abort.is_raised() {
                    break;
                }
            }
            if !desk.inbox.is_empty() {
                worker.leave_inputs(std::mem::take(&mut desk.inbox));
            }
            worker.deliver(&mut desk.outbox).await;
            if !is_fit {
                tracing::error!(component = %worker.name(), "a worker gave up: no new state");
                return;
            }
        }
    }
}

impl<P, In> Process<P, In>
where
    In: Send + 'static,
    P: Processor<In>,
{
    /// After a panic, which may have left the state half changed, makes it anew. `false`: it cannot
    /// be made, so the worker cannot go on.
    fn renew_after(&self, error: &Error, state: &mut P::State) -> bool {
        error.kind() != ErrorKind::Panicked
            || (0..STATE_ATTEMPTS).any(|_| {
                let fresh = panics::caught(|| self.processor.state());
                // Dropping the old one is user code as well.
                fresh.map(|fresh| drop(panics::caught(|| *state = fresh))).is_ok()
            })
    }

    /// The item under way failed with `error`: retries it as the policy says, then disposes of it.
    /// `is_fit` says whether the worker can go on, and so does the answer.
    async fn recover(
        &self,
        mut error: Error,
        state: &mut P::State,
        mut is_fit: bool,
        desk: &mut Desk<In, P::Out>,
        worker: &mut Worker<In, P::Out>,
    ) -> bool {
        let first_seen = SystemTime::now();
        let mut attempts = 1;
        loop {
            desk.roll_back();
            if worker.abort.is_raised() {
                hand_back(desk, worker);
                return is_fit;
            }
            let wait = self.retry.as_ref().filter(|_| desk.has_item() && is_fit);
            let Some(after) = wait.and_then(|retry| retry.next_wait(attempts, &error)) else {
                break;
            };
            worker.note_retry(attempts, after, &error);
            if !after.is_zero() {
                hand_on_finished(desk, worker).await;
            }
            if !worker.pause(after).await {
                hand_back(desk, worker);
                return is_fit;
            }
            attempts += 1;
            worker.counts.ledger.retried += 1;
            match self.processor.again(state, desk, worker, self.timeout).await {
                Ok(()) => {
                    desk.complete(&mut worker.counts.ledger);
                    return is_fit;
                }
                Err(next) => error = next,
            }
            is_fit = self.renew_after(&error, state);
        }
        let port = self.dead_letters.as_ref();
        if let Some(item) = desk.take_item() {
            let disposed = worker.try_dispose(item, error, attempts, first_seen, port);
            if let Err(posting) = disposed {
                hand_on_finished(desk, worker).await;
                worker.post(posting).await;
            }
        } else {
            desk.give_up(NackReason::Failed);
            let error = worker.stage.own(error);
            worker.note_failure(&error, attempts, false);
            worker.counts.ledger.failed += 1;
        }
        is_fit
    }
}

/// Hands on what came of the items before the one under way: it is done and need not wait with it.
async fn hand_on_finished<In: Send + 'static, Out: Send + 'static>(
    desk: &mut Desk<In, Out>,
    worker: &mut Worker<In, Out>,
) {
    worker.deliver_but(desk.unfinished(), &mut desk.outbox).await;
    desk.restart_outbox();
}

/// The run was aborted while an item was under way: it goes back as a value if the transform left
/// it on the desk, and is counted as abandoned if not.
fn hand_back<In: Send + 'static, Out: Send + 'static>(
    desk: &mut Desk<In, Out>,
    worker: &mut Worker<In, Out>,
) {
    if let Some(item) = desk.take_item() {
        worker.leave_inputs([item]);
    } else {
        desk.give_up(NackReason::Dropped);
        worker.counts.ledger.abandoned += 1;
    }
}

// === impl Compute ===

impl<In, T> Processor<In> for Compute<T>
where
    In: Send + 'static,
    T: Transform<In>,
{
    type Out = T::Out;
    type State = T::State;

    const MAX_BATCH: usize = MAX_BATCH;

    fn state(&self) -> T::State {
        self.0.state()
    }

    async fn run(
        &self,
        state: &mut T::State,
        desk: &mut Desk<In, T::Out>,
        worker: &mut Worker<In, T::Out>,
        _limit: Option<Duration>,
    ) -> Result<(), Error> {
        let Worker { counts, abort, .. } = worker;
        // One guard around the whole batch: after a panic the desk still knows which item it was.
        panics::caught(|| {
            while !abort.is_raised() && desk.load() {
                desk.apply_uncaught(&self.0, state)?;
                desk.complete(&mut counts.ledger);
            }
            Ok(())
        })?
        .map_err(|error: BoxError| Error::failed(error))
    }

    async fn again(
        &self,
        state: &mut T::State,
        desk: &mut Desk<In, T::Out>,
        _worker: &mut Worker<In, T::Out>,
        _limit: Option<Duration>,
    ) -> Result<(), Error> {
        desk.apply(&self.0, state)
    }
}

// === impl Await ===

impl<In, T, U> Processor<In> for Await<T, U>
where
    In: Send + 'static,
    T: AsyncTransform<In>,
    U: Transform<T::Out>,
{
    type Out = U::Out;
    type State = (T::State, U::State);

    const MAX_BATCH: usize = 1;

    fn state(&self) -> Self::State {
        (self.first.state(), self.then.state())
    }

    async fn run(
        &self,
        state: &mut Self::State,
        desk: &mut Desk<In, U::Out>,
        worker: &mut Worker<In, U::Out>,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        while desk.load() {
            self.again(state, desk, worker, limit).await?;
            desk.complete(&mut worker.counts.ledger);
        }
        Ok(())
    }

    async fn again(
        &self,
        state: &mut Self::State,
        desk: &mut Desk<In, U::Out>,
        worker: &mut Worker<In, U::Out>,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        let (first, then) = state;
        let future = panics::caught(|| self.first.apply(first, &mut desk.slot))?;
        let clock = &worker.stage.clock;
        let limit = limit.map(|limit| Limit { limit, clock, timer: &mut *worker.timer });
        let middle = guarded(future, limit, &mut worker.abort).await?;
        let outbox = &mut desk.outbox;
        panics::caught(|| {
            self.then.apply(then, &mut Some(middle), &mut |output| {
                outbox.push(output);
                Ok(())
            })
        })?
        .map_err(Error::failed)
    }
}

/// The time an attempt may take.
struct Limit<'a> {
    limit: Duration,
    clock: &'a Arc<dyn Clock>,
    timer: &'a mut dyn Timer,
}

/// Awaits user code: catches its panic, ends it when its time is up or the run is aborted. The
/// time is not looked at when the future is ready at once.
async fn guarded<R>(
    future: impl Future<Output = Result<R, BoxError>>,
    mut limit: Option<Limit<'_>>,
    abort: &mut Watch,
) -> Result<R, Error> {
    let mut future = pin!(future);
    let mut is_timed = false;
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = panics::poll_caught(future.as_mut(), cx) {
            return Poll::Ready(outcome.and_then(|result| result.map_err(Error::failed)));
        }
        if abort.poll_raised(cx).is_ready() {
            return Poll::Ready(Err(Error::new(ErrorKind::Cancelled, "the run was stopped")));
        }
        if let Some(Limit { limit, clock, timer }) = &mut limit {
            if !is_timed {
                clock::set(&mut **timer, &***clock, *limit);
                is_timed = true;
            }
            if timer.poll_elapsed(cx).is_ready() {
                let message = format!("not done after {limit:?}");
                return Poll::Ready(Err(Error::new(ErrorKind::Timeout, message)));
            }
        }
        Poll::Pending
    })
    .await
}
