//! Transforms made of functions, and chains of them. A chain is one type: calling it costs what
//! calling its functions one inside the other costs.

use std::fmt;
use std::marker::PhantomData;

use electrician_types::{BorrowsInput, BoxError, KeepsInput, Transform};

const EMPTY: &str = "an item was applied to a transform without an item in its slot";

macro_rules! function_transforms {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<F>(pub(crate) F);

        impl<F> fmt::Debug for $name<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

function_transforms! {
    /// `Fn(In) -> Out`.
    Map;
    /// `Fn(In) -> Result<Out, E>`.
    TryMap;
    /// `Fn(&In) -> bool`: whether the item goes on.
    Filter;
    /// `Fn(In) -> Option<Out>`: `None` filters the item out.
    FilterMap;
    /// `Fn(In) -> impl IntoIterator<Item = Out>`.
    FlatMap;
    /// `Fn(&In)`: looks and passes on.
    Inspect;
    /// `Fn(&In) -> Result<Out, E>`.
    ByRef;
    /// `Fn(&mut T) -> Result<(), E>`.
    InPlace;
    /// `Fn() -> impl FnMut(In) -> Result<Out, E>`: each worker has its own.
    PerWorker;
}

/// `Fn(In, &mut Vec<u8>) -> Result<Out, E>`: each worker has its own buffer.
#[derive(Clone, Copy)]
pub struct Scratch<F> {
    pub(crate) f: F,
    pub(crate) size: usize,
}

/// Passes items on as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity;

/// One transform after the other.
#[derive(Clone, Copy, Debug)]
pub struct Then<A, B> {
    pub(crate) first: A,
    pub(crate) second: B,
}

/// Gives the transform a clone and keeps the item.
#[derive(Clone, Copy, Debug)]
pub struct Cloned<T>(pub(crate) T);

/// What a worker of [`PerWorker`] has for itself.
pub struct Own<G, In> {
    call: G,
    input: PhantomData<fn(In)>,
}

type Emitted = Result<(), BoxError>;

fn taken<In>(slot: &mut Option<In>) -> Result<In, BoxError> {
    slot.take().ok_or_else(|| EMPTY.into())
}

fn seen<In>(slot: Option<&In>) -> Result<&In, BoxError> {
    slot.ok_or_else(|| EMPTY.into())
}

// === Map and its kin ===

impl<In, Out, F> Transform<In> for Map<F>
where
    F: Fn(In) -> Out + Send + Sync + 'static,
    Out: Send + 'static,
{
    type Out = Out;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Out) -> Emitted,
    ) -> Emitted {
        emit((self.0)(taken(slot)?))
    }
}

impl<In, Out, E, F> Transform<In> for TryMap<F>
where
    F: Fn(In) -> Result<Out, E> + Send + Sync + 'static,
    Out: Send + 'static,
    E: Into<BoxError>,
{
    type Out = Out;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Out) -> Emitted,
    ) -> Emitted {
        emit((self.0)(taken(slot)?).map_err(Into::into)?)
    }
}

impl<In, F> Transform<In> for Filter<F>
where
    F: Fn(&In) -> bool + Send + Sync + 'static,
    In: Send + 'static,
{
    type Out = In;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(In) -> Emitted,
    ) -> Emitted {
        if (self.0)(seen(slot.as_ref())?) { emit(taken(slot)?) } else { Ok(()) }
    }
}

impl<In, Out, F> Transform<In> for FilterMap<F>
where
    F: Fn(In) -> Option<Out> + Send + Sync + 'static,
    Out: Send + 'static,
{
    type Out = Out;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Out) -> Emitted,
    ) -> Emitted {
        (self.0)(taken(slot)?).map_or(Ok(()), emit)
    }
}

impl<In, Many, F> Transform<In> for FlatMap<F>
where
    F: Fn(In) -> Many + Send + Sync + 'static,
    Many: IntoIterator,
    Many::Item: Send + 'static,
{
    type Out = Many::Item;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Many::Item) -> Emitted,
    ) -> Emitted {
        (self.0)(taken(slot)?).into_iter().try_for_each(emit)
    }
}

impl<In, F> Transform<In> for Inspect<F>
where
    F: Fn(&In) + Send + Sync + 'static,
    In: Send + 'static,
{
    type Out = In;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(In) -> Emitted,
    ) -> Emitted {
        (self.0)(seen(slot.as_ref())?);
        emit(taken(slot)?)
    }
}

impl<In: Send + 'static> Transform<In> for Identity {
    type Out = In;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(In) -> Emitted,
    ) -> Emitted {
        emit(taken(slot)?)
    }
}

// === By reference and in place ===

impl<In, Out, E, F> Transform<In> for ByRef<F>
where
    F: Fn(&In) -> Result<Out, E> + Send + Sync + 'static,
    Out: Send + 'static,
    E: Into<BoxError>,
{
    type Out = Out;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Out) -> Emitted,
    ) -> Emitted {
        emit((self.0)(seen(slot.as_ref())?).map_err(Into::into)?)
    }
}

impl<F> KeepsInput for ByRef<F> {}
impl<F> BorrowsInput for ByRef<F> {}

impl<T, E, F> Transform<T> for InPlace<F>
where
    F: Fn(&mut T) -> Result<(), E> + Send + Sync + 'static,
    T: Send + 'static,
    E: Into<BoxError>,
{
    type Out = T;
    type State = ();

    fn state(&self) {}

    #[inline]
    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<T>,
        emit: &mut impl FnMut(T) -> Emitted,
    ) -> Emitted {
        (self.0)(slot.as_mut().ok_or(EMPTY)?).map_err(Into::into)?;
        emit(taken(slot)?)
    }
}

impl<F> KeepsInput for InPlace<F> {}

impl<In, T> Transform<In> for Cloned<T>
where
    In: Clone + Send + 'static,
    T: Transform<In>,
{
    type Out = T::Out;
    type State = T::State;

    fn state(&self) -> T::State {
        self.0.state()
    }

    #[inline]
    fn apply(
        &self,
        state: &mut T::State,
        slot: &mut Option<In>,
        emit: &mut impl FnMut(T::Out) -> Emitted,
    ) -> Emitted {
        self.0.apply(state, &mut Some(seen(slot.as_ref())?.clone()), emit)
    }
}

impl<T> KeepsInput for Cloned<T> {}
impl<T> BorrowsInput for Cloned<T> {}

// === Worker-local state ===

impl<In, Out, E, G, M> Transform<In> for PerWorker<M>
where
    M: Fn() -> G + Send + Sync + 'static,
    G: FnMut(In) -> Result<Out, E> + Send + 'static,
    In: 'static,
    Out: Send + 'static,
    E: Into<BoxError>,
{
    type Out = Out;
    type State = Own<G, In>;

    fn state(&self) -> Own<G, In> {
        Own { call: (self.0)(), input: PhantomData }
    }

    #[inline]
    fn apply(
        &self,
        own: &mut Own<G, In>,
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Out) -> Emitted,
    ) -> Emitted {
        emit((own.call)(taken(slot)?).map_err(Into::into)?)
    }
}

impl<G, In> fmt::Debug for Own<G, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

impl<In, Out, E, F> Transform<In> for Scratch<F>
where
    F: Fn(In, &mut Vec<u8>) -> Result<Out, E> + Send + Sync + 'static,
    Out: Send + 'static,
    E: Into<BoxError>,
{
    type Out = Out;
    type State = Vec<u8>;

    fn state(&self) -> Vec<u8> {
        vec![0; self.size]
    }

    #[inline]
    fn apply(
        &self,
        buffer: &mut Vec<u8>,
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Out) -> Emitted,
    ) -> Emitted {
        emit((self.f)(taken(slot)?, buffer).map_err(Into::into)?)
    }
}

impl<F> fmt::Debug for Scratch<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("size", &self.size).finish_non_exhaustive()
    }
}

// === Then ===

impl<In, A, B> Transform<In> for Then<A, B>
where
    A: Transform<In>,
    B: Transform<A::Out>,
{
    type Out = B::Out;
    type State = (A::State, B::State);

    fn state(&self) -> Self::State {
        (self.first.state(), self.second.state())
    }

    #[inline]
    fn apply(
        &self,
        (first, second): &mut Self::State,
        slot: &mut Option<In>,
        emit: &mut impl FnMut(B::Out) -> Emitted,
    ) -> Emitted {
        self.first
            .apply(first, slot, &mut |middle| self.second.apply(second, &mut Some(middle), emit))
    }
}

impl<A: BorrowsInput, B> KeepsInput for Then<A, B> {}
impl<A: BorrowsInput, B> BorrowsInput for Then<A, B> {}
