//! Wires that answer callers instead of emitting.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{AsyncTransform, BoxError, Error, ErrorKind, Result, Transform};
use tokio::sync::oneshot;

use crate::builder::Settings;
use crate::desk::Desk;
use crate::launch::Segment;
use crate::logic::{Awaiting, Computing, Logic, process};
use crate::process::{Await, Compute, Processor};
use crate::worker::Worker;

/// A request on its way through a wire, with the way back. Dropped unanswered, it tells its caller
/// so ([`ErrorKind::Cancelled`]).
pub struct Call<In, Out> {
    /// Until the transform takes it.
    pub(crate) input: Option<In>,
    pub(crate) reply: Reply<Out>,
}

/// The way back to the caller. Dropped without an answer, it tells the caller so.
pub(crate) struct Reply<Out>(Option<oneshot::Sender<Result<Out>>>);

/// What a wire does, for calls: the output of each goes to its caller.
#[derive(Debug)]
pub struct Answering<L>(L);

/// A transform whose output goes to the caller.
struct Answer<T>(T);

/// Tells the caller of a call that failed why it did.
struct Answered<P>(P);

/// Emits nothing: the caller has the output.
struct Swallow;

/// Wires that can answer calls. Implemented here only.
pub trait Serve<In>: Logic<In> {
    /// The same wire, answering.
    type Serving: Logic<Call<In, Self::Out>, Out = Infallible>;

    #[doc(hidden)]
    fn into_serving(self) -> Self::Serving;
}

const EMPTY: &str = "there is no call to answer";
const ONE: &str = "a wire that serves must make exactly one output of each item";

// === impl Reply ===

impl<Out> Reply<Out> {
    pub(crate) fn new() -> (Self, oneshot::Receiver<Result<Out>>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(sender)), receiver)
    }

    /// Answers, once. A caller that has gone away does not want to know.
    fn give(&mut self, answer: Result<Out>) {
        if let Some(sender) = self.0.take() {
            drop(sender.send(answer));
        }
    }
}

impl<Out> Drop for Reply<Out> {
    fn drop(&mut self) {
        self.give(Err(Error::new(ErrorKind::Cancelled, "the wire stopped without an answer")));
    }
}

impl<In, Out> fmt::Debug for Call<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}

// === impl Answer ===

impl<In, T> Transform<Call<In, T::Out>> for Answer<T>
where
    In: Send + 'static,
    T: Transform<In>,
{
    type Out = Infallible;
    type State = T::State;

    fn state(&self) -> T::State {
        self.0.state()
    }

    fn apply(
        &self,
        state: &mut T::State,
        slot: &mut Option<Call<In, T::Out>>,
        _emit: &mut impl FnMut(Infallible) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let Call { input, reply } = slot.as_mut().ok_or(EMPTY)?;
        let mut output = None;
        self.0.apply(state, input, &mut only(&mut output))?;
        reply.give(Ok(output.ok_or(ONE)?));
        Ok(())
    }
}

impl<In, T, U> AsyncTransform<Call<In, U::Out>> for Answer<Awaiting<T, U>>
where
    In: Send + 'static,
    T: AsyncTransform<In>,
    U: Transform<T::Out>,
{
    type Out = ();
    type State = (T::State, U::State);

    fn state(&self) -> Self::State {
        (self.0.first.state(), self.0.then.state())
    }

    async fn apply(
        &self,
        (first, then): &mut Self::State,
        slot: &mut Option<Call<In, U::Out>>,
    ) -> Result<(), BoxError> {
        let Call { input, reply } = slot.as_mut().ok_or(EMPTY)?;
        let middle = self.0.first.apply(first, input).await?;
        let mut output = None;
        self.0.then.apply(then, &mut Some(middle), &mut only(&mut output))?;
        reply.give(Ok(output.ok_or(ONE)?));
        Ok(())
    }
}

/// Takes one output.
fn only<T>(output: &mut Option<T>) -> impl FnMut(T) -> Result<(), BoxError> {
    |value| if output.replace(value).is_some() { Err(ONE.into()) } else { Ok(()) }
}

// === impl Answered ===

impl<In, Out, P> Processor<Call<In, Out>> for Answered<P>
where
    In: Send + 'static,
    Out: Send + 'static,
    P: Processor<Call<In, Out>>,
{
    type Out = P::Out;
    type State = P::State;

    const MAX_BATCH: usize = P::MAX_BATCH;

    fn state(&self) -> P::State {
        self.0.state()
    }

    async fn run(
        &self,
        state: &mut P::State,
        desk: &mut Desk<Call<In, Out>, P::Out>,
        worker: &mut Worker<Call<In, Out>, P::Out>,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        let ran = self.0.run(state, desk, worker, limit).await;
        ran.map_err(|error| tell(error, desk, worker))
    }

    async fn again(
        &self,
        state: &mut P::State,
        desk: &mut Desk<Call<In, Out>, P::Out>,
        worker: &mut Worker<Call<In, Out>, P::Out>,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        let tried = self.0.again(state, desk, worker, limit).await;
        tried.map_err(|error| tell(error, desk, worker))
    }
}

/// Tells the caller of the call under way why it failed.
fn tell<In: Send + 'static, Out: Send + 'static, Emitted: Send + 'static>(
    error: Error,
    desk: &mut Desk<Call<In, Out>, Emitted>,
    worker: &Worker<Call<In, Out>, Emitted>,
) -> Error {
    let error = worker.stage.own(error);
    if let Some(call) = &mut desk.slot {
        call.reply.give(Err(error.clone()));
        // Without its input, a call is nothing that could be handed back.
        if call.input.is_none() {
            desk.slot = None;
        }
    }
    error
}

// === impl Swallow ===

impl Transform<()> for Swallow {
    type Out = Infallible;
    type State = ();

    fn state(&self) {}

    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<()>,
        _emit: &mut impl FnMut(Infallible) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        *slot = None;
        Ok(())
    }
}

// === impl Answering ===

impl<In, T> Logic<Call<In, T::Out>> for Answering<Computing<T>>
where
    In: Send + 'static,
    T: Transform<In>,
{
    type Out = Infallible;

    fn into_segment(
        self,
        settings: Settings<Call<In, T::Out>>,
    ) -> Arc<dyn Segment<Call<In, T::Out>, Infallible>> {
        let workers = settings.workers(false);
        let Self(Computing(transform)) = self;
        process(Answered(Compute(Answer(transform))), settings, workers)
    }
}

impl<In, T, U> Logic<Call<In, U::Out>> for Answering<Awaiting<T, U>>
where
    In: Send + 'static,
    T: AsyncTransform<In>,
    U: Transform<T::Out>,
{
    type Out = Infallible;

    fn into_segment(
        self,
        settings: Settings<Call<In, U::Out>>,
    ) -> Arc<dyn Segment<Call<In, U::Out>, Infallible>> {
        let workers = settings.workers(true);
        let first = Answer(self.0);
        process(Answered(Await { first, then: Swallow }), settings, workers)
    }
}

impl<In, T> Serve<In> for Computing<T>
where
    In: Send + 'static,
    T: Transform<In>,
{
    type Serving = Answering<Self>;

    fn into_serving(self) -> Self::Serving {
        Answering(self)
    }
}

impl<In, T, U> Serve<In> for Awaiting<T, U>
where
    In: Send + 'static,
    T: AsyncTransform<In>,
    U: Transform<T::Out>,
{
    type Serving = Answering<Self>;

    fn into_serving(self) -> Self::Serving {
        Answering(self)
    }
}
