//! Transforms that answer a caller instead of emitting.

use std::convert::Infallible;
use std::fmt;

use electrician_types::{AsyncTransform, BoxError, Error, ErrorKind, Result, Transform};
use tokio::sync::oneshot;

use crate::logic::{Awaiting, Computing, Logic};

/// A request on its way through a wire, with the way back.
pub struct Call<In, Out> {
    pub(crate) input: In,
    pub(crate) reply: Reply<Out>,
}

/// The way back to the caller. Dropped without an answer, it tells the caller so.
pub(crate) struct Reply<Out>(Option<oneshot::Sender<Result<Out>>>);

/// A transform whose output goes to the caller.
pub struct Answering<T>(pub(crate) T);

/// Wires that can answer calls. Implemented here only.
pub trait Serve<In>: Logic<In> {
    /// The same wire, answering.
    type Serving: Logic<Call<In, Self::Out>, Out = Infallible>;

    #[doc(hidden)]
    fn into_serving(self) -> Self::Serving;
}

const ONE: &str = "a wire that serves must make exactly one output of each item";

// === impl Reply ===

impl<Out> Reply<Out> {
    pub(crate) fn new() -> (Self, oneshot::Receiver<Result<Out>>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(sender)), receiver)
    }

    /// Answers. A caller that has gone away does not want to know.
    fn give(mut self, answer: Result<Out>) {
        if let Some(sender) = self.0.take() {
            drop(sender.send(answer));
        }
    }
}

impl<Out> Drop for Reply<Out> {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let error =
                Error::new(ErrorKind::Cancelled, "no answer: timed out, panicked or stopped");
            drop(sender.send(Err(error)));
        }
    }
}

impl<In, Out> fmt::Debug for Call<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}

// === impl Answering ===

impl<In, T> Transform<Call<In, T::Out>> for Answering<T>
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
        let Call { input, reply } = slot.take().ok_or("there is no call to answer")?;
        let mut output = None;
        let applied = self.0.apply(state, &mut Some(input), &mut |value| {
            if output.replace(value).is_some() { Err(ONE.into()) } else { Ok(()) }
        });
        answer(reply, applied.and_then(|()| output.ok_or_else(|| ONE.into())))
    }
}

impl<In, T, U> AsyncTransform<Call<In, U::Out>> for Answering<Awaiting<T, U>>
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
        let Call { input, reply } = slot.take().ok_or("there is no call to answer")?;
        let mut output = None;
        let outcome = match self.0.first.apply(first, &mut Some(input)).await {
            Ok(middle) => self.0.then.apply(then, &mut Some(middle), &mut |value| {
                if output.replace(value).is_some() { Err(ONE.into()) } else { Ok(()) }
            }),
            Err(error) => Err(error),
        };
        answer(reply, outcome.and_then(|()| output.ok_or_else(|| ONE.into())))
    }
}

/// Emits nothing: the caller has the output.
pub struct Swallow;

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

// === impl Serve ===

impl<In, T> Serve<In> for Computing<T>
where
    In: Send + 'static,
    T: Transform<In>,
{
    type Serving = Computing<Answering<T>>;

    fn into_serving(self) -> Self::Serving {
        Computing(Answering(self.0))
    }
}

impl<In, T, U> Serve<In> for Awaiting<T, U>
where
    In: Send + 'static,
    T: AsyncTransform<In>,
    U: Transform<T::Out>,
{
    type Serving = Awaiting<Answering<Self>, Swallow>;

    fn into_serving(self) -> Self::Serving {
        Awaiting { first: Answering(self), then: Swallow }
    }
}

impl<T> fmt::Debug for Answering<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answering")
    }
}

impl fmt::Debug for Swallow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Swallow")
    }
}

/// Gives the caller the outcome; the wire learns of a failure, too.
fn answer<Out>(reply: Reply<Out>, outcome: Result<Out, BoxError>) -> Result<(), BoxError> {
    match outcome {
        Ok(output) => {
            reply.give(Ok(output));
            Ok(())
        }
        Err(error) => {
            let error = Error::failed(error);
            reply.give(Err(error.clone()));
            Err(error.into())
        }
    }
}
