//! The wire: a stage with a bounded queue and concurrent workers.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use electrician_types::{AsyncTransform, BoxError, Clock, Metadata, Result, Transform};

use crate::builder::WireBuilder;
use crate::chain::{
    ByRef, Filter, FilterMap, FlatMap, Identity, InPlace, Map, PerWorker, Scratch, TryMap,
};
use crate::chain_async::{
    AsyncMutFn, AsyncRefFn, ByRefAsync, ByValueAsync, InPlaceAsync, PerWorkerAsync,
};
use crate::clock::RuntimeClock;
use crate::gather::Batching;
use crate::launch::Segment;
use crate::logic::{Awaiting, Computing, Gathering, Logic};
use crate::running::{Component, Running, Start};
use crate::start_error::StartError;

/// A stage: a bounded queue, workers, a transform. Inert until it is started.
///
/// The constructors say how the transform gets its input, which decides what can be done when it
/// fails:
///
/// | constructor | transform | retry and dead letters |
/// |---|---|---|
/// | [`new`](Self::new) | `Fn(In) -> Result<Out, E>` | with [`keep_by_clone`](WireBuilder::keep_by_clone) |
/// | [`map`](Self::map), [`filter_map`](Self::filter_map), [`flat_map`](Self::flat_map) | `Fn(In) -> …` | likewise |
/// | [`by_ref`](Self::by_ref) | `Fn(&In) -> Result<Out, E>` | yes |
/// | [`in_place`](Wire::in_place) | `Fn(&mut T) -> Result<(), E>` | yes |
/// | [`new_async`](Self::new_async) | `Fn(In) -> impl Future<…>` | with `keep_by_clone` |
/// | [`async_by_ref`](Self::async_by_ref) | `async fn(&In) -> Result<Out, E>` | yes |
/// | [`async_in_place`](Wire::async_in_place) | `async fn(&mut T) -> Result<(), E>` | yes, if nothing is chained to it |
/// | [`async_per_worker`](Self::async_per_worker) | `Fn() -> impl FnMut(In) -> impl Future<…>` | with `keep_by_clone` |
/// | [`new_blocking`](Self::new_blocking) | `Fn(In) -> Result<Out, E>`, may block | with `keep_by_clone` |
/// | [`per_worker`](Self::per_worker) | `Fn() -> impl FnMut(In) -> Result<Out, E>` | with `keep_by_clone` |
/// | [`transform`](Self::transform), [`transform_async`](Self::transform_async) | your own type | if it promises `KeepsInput` |
pub struct Wire<In, Out> {
    pub(crate) metadata: Metadata,
    pub(crate) segment: Arc<dyn Segment<In, Out>>,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) output_capacity: usize,
}

// === impl Wire ===

impl<In: Send + 'static, Out: Send + 'static> Wire<In, Out> {
    /// A transform by value that can fail.
    #[expect(clippy::new_ret_no_self, reason = "a wire is validated before it exists")]
    pub fn new<F, E>(name: impl Into<Arc<str>>, f: F) -> WireBuilder<In, Computing<TryMap<F>>>
    where
        F: Fn(In) -> Result<Out, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        WireBuilder::with_logic(name, Computing(TryMap(f)))
    }

    /// A transform by value that cannot fail.
    pub fn map<F>(name: impl Into<Arc<str>>, f: F) -> WireBuilder<In, Computing<Map<F>>>
    where
        F: Fn(In) -> Out + Send + Sync + 'static,
    {
        WireBuilder::with_logic(name, Computing(Map(f)))
    }

    /// A transform that filters items out with `None`.
    pub fn filter_map<F>(
        name: impl Into<Arc<str>>,
        f: F,
    ) -> WireBuilder<In, Computing<FilterMap<F>>>
    where
        F: Fn(In) -> Option<Out> + Send + Sync + 'static,
    {
        WireBuilder::with_logic(name, Computing(FilterMap(f)))
    }

    /// A transform that makes any number of items of each.
    pub fn flat_map<Many, F>(
        name: impl Into<Arc<str>>,
        f: F,
    ) -> WireBuilder<In, Computing<FlatMap<F>>>
    where
        F: Fn(In) -> Many + Send + Sync + 'static,
        Many: IntoIterator<Item = Out>,
    {
        WireBuilder::with_logic(name, Computing(FlatMap(f)))
    }

    /// A transform by reference: a failed item can be retried and dead-lettered.
    pub fn by_ref<F, E>(name: impl Into<Arc<str>>, f: F) -> WireBuilder<In, Computing<ByRef<F>>>
    where
        F: Fn(&In) -> Result<Out, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        WireBuilder::with_logic(name, Computing(ByRef(f)))
    }

    /// A transform by value that blocks, or computes for long: each worker has a thread of its
    /// own.
    pub fn new_blocking<F, E>(
        name: impl Into<Arc<str>>,
        f: F,
    ) -> WireBuilder<In, Computing<TryMap<F>>>
    where
        F: Fn(In) -> Result<Out, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        Self::new(name, f).on_blocking_threads()
    }

    /// A transform that each worker makes for itself, and may therefore change: `make` is called
    /// once per worker at start, and again for a worker whose transform panicked.
    pub fn per_worker<M, G, E>(
        name: impl Into<Arc<str>>,
        make: M,
    ) -> WireBuilder<In, Computing<PerWorker<M>>>
    where
        M: Fn() -> G + Send + Sync + 'static,
        G: FnMut(In) -> Result<Out, E> + Send + 'static,
        E: Into<BoxError>,
    {
        WireBuilder::with_logic(name, Computing(PerWorker(make)))
    }

    /// A transform with a buffer: each worker owns one of `bytes` zero bytes, which is neither
    /// cleared nor shrunk between items.
    pub fn with_scratch<F, E>(
        name: impl Into<Arc<str>>,
        bytes: usize,
        f: F,
    ) -> WireBuilder<In, Computing<Scratch<F>>>
    where
        F: Fn(In, &mut Vec<u8>) -> Result<Out, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        WireBuilder::with_logic(name, Computing(Scratch { f, size: bytes }))
    }

    /// A transform of your own type.
    pub fn transform<T>(name: impl Into<Arc<str>>, transform: T) -> WireBuilder<In, Computing<T>>
    where
        T: Transform<In, Out = Out>,
    {
        WireBuilder::with_logic(name, Computing(transform))
    }

    /// An asynchronous transform by value.
    pub fn new_async<F, Fut, E>(
        name: impl Into<Arc<str>>,
        f: F,
    ) -> WireBuilder<In, Awaiting<ByValueAsync<F>, Identity>>
    where
        F: Fn(In) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Out, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        WireBuilder::with_logic(name, Awaiting { first: ByValueAsync(f), then: Identity })
    }

    /// An asynchronous transform by reference: a failed, timed-out or cancelled item can be
    /// retried, dead-lettered or handed back.
    ///
    /// `f` is an `async fn(&In) -> Result<Out, E>` or an `async |input: &In|` closure that does
    /// not borrow from what it captures. For one that needs state, implement
    /// [`AsyncTransform`] and use [`transform_async`](Self::transform_async).
    #[expect(clippy::type_complexity, reason = "the type is the chain of transforms")]
    pub fn async_by_ref<F, E>(
        name: impl Into<Arc<str>>,
        f: F,
    ) -> WireBuilder<In, Awaiting<ByRefAsync<F, Result<Out, E>>, Identity>>
    where
        In: Sync,
        F: for<'a> AsyncRefFn<'a, In, Result<Out, E>> + 'static,
        E: Into<BoxError> + 'static,
    {
        let first = ByRefAsync { f, result: PhantomData };
        WireBuilder::with_logic(name, Awaiting { first, then: Identity })
    }

    /// An asynchronous transform that each worker makes for itself, and may therefore change between
    /// calls: `make` is called once per worker at start, and again for a worker whose transform
    /// panicked. The futures borrow nothing of it.
    pub fn async_per_worker<M, G, Fut, E>(
        name: impl Into<Arc<str>>,
        make: M,
    ) -> WireBuilder<In, Awaiting<PerWorkerAsync<M>, Identity>>
    where
        M: Fn() -> G + Send + Sync + 'static,
        G: FnMut(In) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Out, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        WireBuilder::with_logic(name, Awaiting { first: PerWorkerAsync(make), then: Identity })
    }

    /// An asynchronous transform of your own type.
    pub fn transform_async<T>(
        name: impl Into<Arc<str>>,
        transform: T,
    ) -> WireBuilder<In, Awaiting<T, Identity>>
    where
        T: AsyncTransform<In, Out = Out>,
    {
        WireBuilder::with_logic(name, Awaiting { first: transform, then: Identity })
    }

    /// What the wire says about itself.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Starts the wire. Fails outside a tokio runtime, and when making a worker's state panics;
    /// nothing is started then, and the error
    /// gives the wire back.
    pub fn start(self) -> Result<Running<Self>, StartError<Self>> {
        let segment = Arc::clone(&self.segment);
        let start = Start {
            clock: self.clock.clone().unwrap_or_else(|| Arc::new(RuntimeClock)),
            output_capacity: self.output_capacity,
            has_sources: false,
            // Its one stage says it all.
            told: None,
        };
        Running::start(self, &*segment, start, |_, _| Ok(()))
    }
}

impl<T: Send + 'static> Wire<T, T> {
    /// Lets only those items pass for which `f` is true.
    pub fn filter<F>(name: impl Into<Arc<str>>, f: F) -> WireBuilder<T, Computing<Filter<F>>>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        WireBuilder::with_logic(name, Computing(Filter(f)))
    }

    /// A transform in place. A failed item is retried or dead-lettered as the transform left it.
    pub fn in_place<F, E>(name: impl Into<Arc<str>>, f: F) -> WireBuilder<T, Computing<InPlace<F>>>
    where
        F: Fn(&mut T) -> Result<(), E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        WireBuilder::with_logic(name, Computing(InPlace(f)))
    }

    /// An asynchronous transform in place. A failed, timed-out or cancelled item is retried,
    /// dead-lettered or handed back as the transform left it.
    ///
    /// `f` is an `async fn(&mut T) -> Result<(), E>` or an `async |item: &mut T|` closure that does
    /// not borrow from what it captures.
    #[expect(clippy::type_complexity, reason = "the type is the chain of transforms")]
    pub fn async_in_place<F, E>(
        name: impl Into<Arc<str>>,
        f: F,
    ) -> WireBuilder<T, Awaiting<InPlaceAsync<F, Result<(), E>>, Identity>>
    where
        F: for<'a> AsyncMutFn<'a, T, Result<(), E>> + 'static,
        E: Into<BoxError> + 'static,
    {
        let first = InPlaceAsync { f, result: PhantomData };
        WireBuilder::with_logic(name, Awaiting { first, then: Identity })
    }
}

impl<T: Send + 'static> Wire<T, Vec<T>> {
    /// Gathers items into batches. The receipt of a batch settles those of its items. What is
    /// gathered when the input ends goes out as a last, smaller batch.
    pub fn batch(name: impl Into<Arc<str>>, batching: Batching<T>) -> WireBuilder<T, Gathering<T>> {
        WireBuilder::with_logic(name, Gathering(batching))
    }
}

impl<T: Send + 'static> Wire<Vec<T>, T> {
    /// Takes batches apart. A batch's receipt is settled when all of its items are.
    #[expect(clippy::type_complexity, reason = "the type is the chain of transforms")]
    pub fn unbatch(
        name: impl Into<Arc<str>>,
    ) -> WireBuilder<Vec<T>, Computing<FlatMap<fn(Vec<T>) -> Vec<T>>>> {
        WireBuilder::with_logic(name, Computing(FlatMap(std::convert::identity as fn(_) -> _)))
    }
}

impl<In: Send + 'static, Out: Send + 'static> Component for Wire<In, Out> {
    type In = In;
    type Out = Out;
}

impl<In, Out> fmt::Debug for Wire<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

/// What can be a stage of a conduit: a wire, or a builder of one.
pub trait IntoSegment {
    /// What goes in.
    type In: Send + 'static;
    /// What comes out.
    type Out: Send + 'static;

    /// The stage. Its problems, if it has any, are reported when the whole is built.
    fn into_segment(self) -> Arc<dyn Segment<Self::In, Self::Out>>;
}

impl<In: Send + 'static, Out: Send + 'static> IntoSegment for Wire<In, Out> {
    type In = In;
    type Out = Out;

    fn into_segment(self) -> Arc<dyn Segment<In, Out>> {
        self.segment
    }
}

impl<In: Send + 'static, L: Logic<In>> IntoSegment for WireBuilder<In, L> {
    type In = In;
    type Out = L::Out;

    fn into_segment(self) -> Arc<dyn Segment<In, L::Out>> {
        self.into_wire().segment
    }
}
