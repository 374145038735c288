//! The work of a transforming stage: take a batch, transform each item, recover failures, deliver.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use electrician_types::{AsyncTransform, BoxError, Clock, Error, ErrorKind, Timer, Transform};

use crate::clock;
use crate::dead_letter::DeadLetterPort;
use crate::desk::Desk;
use crate::panics;
use crate::park::Park;
use crate::queue::MAX_BATCH;
use crate::retry::Retry;
use crate::shift::Shift;
use crate::signal::Watch;
use crate::worker::{Work, Worker};

/// A transforming stage: what to do with an item, and what to do when that fails.
pub(crate) struct Process<P, In> {
    pub(crate) processor: P,
    pub(crate) retry: Option<Retry>,
    pub(crate) dead_letters: Option<DeadLetterPort<In>>,
    pub(crate) timeout: Option<Duration>,
    /// The most items a worker takes at once.
    pub(crate) max_batch: usize,
    /// The most items of a worker that wait beside it for another attempt.
    pub(crate) parked: usize,
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

    const ASKS_GUARDS: bool = true;

    fn state(&self, _index: usize) -> P::State {
        self.processor.state()
    }

    fn dead_letters(&self) -> Option<&DeadLetterPort<In>> {
        self.dead_letters.as_ref()
    }

    async fn serve(&self, worker: &mut Worker<In, P::Out>, state: &mut P::State) {
        let stage = Arc::clone(&worker.stage);
        let mut shift = Shift {
            process: self,
            state,
            worker,
            desk: Desk::new(self.max_batch),
            park: Park::new(self.parked, stage.queue.key().cloned()),
            guards: stage.queue.guards(),
        };
        shift.serve().await;
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
