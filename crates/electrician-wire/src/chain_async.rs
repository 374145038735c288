//! Asynchronous transforms made of functions.

use std::fmt;
use std::future::Future;

use electrician_types::{AsyncTransform, BorrowsInput, BoxError, KeepsInput};

use crate::chain::Cloned;

const EMPTY: &str = "an item was applied to a transform without an item in its slot";

/// `Fn(In) -> impl Future<Output = Result<Out, E>>`.
#[derive(Clone, Copy)]
pub struct ByValueAsync<F>(pub(crate) F);

/// A function that borrows its input until its future is done: `async fn f(input: &In) -> R`, or
/// an `async |input: &In|` closure that borrows nothing of what it captures.
pub trait AsyncRefFn<'a, In: 'a, R>: Send + Sync {
    /// The future it returns.
    type Future: Future<Output = R> + Send + 'a;

    /// Calls it.
    fn call(&self, input: &'a In) -> Self::Future;
}

impl<'a, In, R, F, Fut> AsyncRefFn<'a, In, R> for F
where
    In: 'a,
    F: Fn(&'a In) -> Fut + Send + Sync,
    Fut: Future<Output = R> + Send + 'a,
{
    type Future = Fut;

    fn call(&self, input: &'a In) -> Fut {
        self(input)
    }
}

// === impl ByValueAsync ===

impl<In, Out, E, F, Fut> AsyncTransform<In> for ByValueAsync<F>
where
    In: Send + 'static,
    Out: Send + 'static,
    E: Into<BoxError> + 'static,
    F: Fn(In) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Out, E>> + Send + 'static,
{
    type Out = Out;
    type State = ();

    fn state(&self) {}

    async fn apply(&self, (): &mut (), slot: &mut Option<In>) -> Result<Out, BoxError> {
        let input = slot.take().ok_or(EMPTY)?;
        (self.0)(input).await.map_err(Into::into)
    }
}

impl<F> fmt::Debug for ByValueAsync<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByValueAsync")
    }
}

// === impl ByRefAsync ===

/// `async fn(&In) -> Result<Out, E>`. Names the result, which the function's type does not.
pub struct ByRefAsync<F, R> {
    pub(crate) f: F,
    pub(crate) result: std::marker::PhantomData<fn() -> R>,
}

impl<In, Out, E, F> AsyncTransform<In> for ByRefAsync<F, Result<Out, E>>
where
    In: Send + Sync + 'static,
    Out: Send + 'static,
    E: Into<BoxError> + 'static,
    F: for<'a> AsyncRefFn<'a, In, Result<Out, E>> + 'static,
{
    type Out = Out;
    type State = ();

    fn state(&self) {}

    async fn apply(&self, (): &mut (), slot: &mut Option<In>) -> Result<Out, BoxError> {
        let input = slot.as_ref().ok_or(EMPTY)?;
        self.f.call(input).await.map_err(Into::into)
    }
}

impl<F, R> KeepsInput for ByRefAsync<F, R> {}
impl<F, R> BorrowsInput for ByRefAsync<F, R> {}

impl<F, R> fmt::Debug for ByRefAsync<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByRefAsync")
    }
}

// === Cloned ===

impl<In, T> AsyncTransform<In> for Cloned<T>
where
    In: Clone + Send + 'static,
    T: AsyncTransform<In>,
{
    type Out = T::Out;
    type State = T::State;

    fn state(&self) -> T::State {
        self.0.state()
    }

    async fn apply(&self, state: &mut T::State, slot: &mut Option<In>) -> Result<T::Out, BoxError> {
        let mut copy = slot.clone();
        self.0.apply(state, &mut copy).await
    }
}
