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

/// A function that changes its input until its future is done: `async fn f(input: &mut T) -> R`, or
/// an `async |input: &mut T|` closure that borrows nothing of what it captures.
pub trait AsyncMutFn<'a, T: 'a, R>: Send + Sync {
    /// The future it returns.
    type Future: Future<Output = R> + Send + 'a;

    /// Calls it.
    fn call(&self, item: &'a mut T) -> Self::Future;
}

impl<'a, T, R, F, Fut> AsyncMutFn<'a, T, R> for F
where
    T: 'a,
    F: Fn(&'a mut T) -> Fut + Send + Sync,
    Fut: Future<Output = R> + Send + 'a,
{
    type Future = Fut;

    fn call(&self, item: &'a mut T) -> Fut {
        self(item)
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

// === impl InPlaceAsync ===

/// `async fn(&mut T) -> Result<(), E>`. Names the result, which the function's type does not.
pub struct InPlaceAsync<F, R> {
    pub(crate) f: F,
    pub(crate) result: std::marker::PhantomData<fn() -> R>,
}

impl<T, E, F> AsyncTransform<T> for InPlaceAsync<F, Result<(), E>>
where
    T: Send + 'static,
    E: Into<BoxError> + 'static,
    F: for<'a> AsyncMutFn<'a, T, Result<(), E>> + 'static,
{
    type Out = T;
    type State = ();

    fn state(&self) {}

    async fn apply(&self, (): &mut (), slot: &mut Option<T>) -> Result<T, BoxError> {
        self.f.call(slot.as_mut().ok_or(EMPTY)?).await.map_err(Into::into)?;
        slot.take().ok_or_else(|| EMPTY.into())
    }
}

impl<F, R> KeepsInput for InPlaceAsync<F, R> {}

impl<F, R> fmt::Debug for InPlaceAsync<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InPlaceAsync")
    }
}

// === impl PerWorkerAsync ===

/// `Fn() -> impl FnMut(In) -> impl Future<Output = Result<Out, E>>`: each worker has its own.
#[derive(Clone, Copy)]
pub struct PerWorkerAsync<M>(pub(crate) M);

impl<In, Out, E, Fut, G, M> AsyncTransform<In> for PerWorkerAsync<M>
where
    In: Send + 'static,
    Out: Send + 'static,
    E: Into<BoxError> + 'static,
    M: Fn() -> G + Send + Sync + 'static,
    G: FnMut(In) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Out, E>> + Send + 'static,
{
    type Out = Out;
    type State = G;

    fn state(&self) -> G {
        (self.0)()
    }

    async fn apply(&self, call: &mut G, slot: &mut Option<In>) -> Result<Out, BoxError> {
        let input = slot.take().ok_or(EMPTY)?;
        call(input).await.map_err(Into::into)
    }
}

impl<M> fmt::Debug for PerWorkerAsync<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PerWorkerAsync")
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
