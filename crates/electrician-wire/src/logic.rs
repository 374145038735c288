//! From a transform to a segment: where a wire's closure type ends.

use std::fmt;
use std::sync::Arc;

use electrician_types::{AsyncTransform, BorrowsInput, KeepsInput, Result, Transform};

use crate::builder::Settings;
use crate::chain::Identity;
use crate::chain_async::InPlaceAsync;
use crate::gather::{Batching, Gather};
use crate::launch::{Launch, Segment, StagePlan, Thread};
use crate::process::{Await, Compute, Process, Processor};
use crate::queue::Feeder;
use crate::worker::Work;

/// What a wire does: computes, awaits or batches. Implemented here only.
pub trait Logic<In>: Sized + private::Sealed {
    /// What comes out.
    type Out: Send + 'static;

    #[doc(hidden)]
    fn into_segment(self, settings: Settings<In>) -> Arc<dyn Segment<In, Self::Out>>;
}

/// A transform that computes.
pub struct Computing<T>(pub(crate) T);

/// A transform that waits, and one that computes on what it yields.
pub struct Awaiting<T, U> {
    pub(crate) first: T,
    pub(crate) then: U,
}

/// Many items become one.
pub struct Gathering<T>(pub(crate) Batching<T>);

/// A wire's work with its settings.
struct WireSegment<In, W> {
    settings: Settings<In>,
    work: Arc<W>,
    workers: usize,
    max_batch: usize,
    problems: Vec<String>,
}

mod private {
    pub trait Sealed {}
}

// === impl Logic ===

impl<In, T> Logic<In> for Computing<T>
where
    In: Send + 'static,
    T: Transform<In>,
{
    type Out = T::Out;

    fn into_segment(self, settings: Settings<In>) -> Arc<dyn Segment<In, T::Out>> {
        let workers = settings.workers(false);
        process(Compute(self.0), settings, workers)
    }
}

impl<In, T, U> Logic<In> for Awaiting<T, U>
where
    In: Send + 'static,
    T: AsyncTransform<In>,
    U: Transform<T::Out>,
{
    type Out = U::Out;

    fn into_segment(self, settings: Settings<In>) -> Arc<dyn Segment<In, U::Out>> {
        let workers = settings.workers(true);
        let Self { first, then } = self;
        process(Await { first, then }, settings, workers)
    }
}

impl<T: Send + 'static> Logic<T> for Gathering<T> {
    type Out = Vec<T>;

    fn into_segment(self, settings: Settings<T>) -> Arc<dyn Segment<T, Vec<T>>> {
        let mut problems = self.0.problems();
        if settings.is_ordered && settings.workers.is_some_and(|workers| workers > 1) {
            problems.push(
                "batches of several workers have no order: use one worker, or ordered_by_key"
                    .into(),
            );
        }
        if !settings.guards.is_empty() {
            problems.push(
                "batching makes no attempts that a guard could be asked for: guard the next stage"
                    .into(),
            );
        }
        let workers = settings.workers.unwrap_or(1);
        let problems = settings.problems(problems, workers);
        let max_batch = self.0.items;
        let work = Arc::new(Gather { batching: self.0 });
        Arc::new(WireSegment { settings, work, workers, max_batch, problems })
    }
}

impl<T> private::Sealed for Computing<T> {}
impl<T, U> private::Sealed for Awaiting<T, U> {}
impl<T> private::Sealed for Gathering<T> {}
#[cfg(feature = "tower")]
impl<L> private::Sealed for crate::serve::Answering<L> {}

impl<T: KeepsInput> KeepsInput for Computing<T> {}
impl<T: BorrowsInput, U> KeepsInput for Awaiting<T, U> {}
// It takes the item when it has succeeded, and nothing that could fail follows.
impl<F, R> KeepsInput for Awaiting<InPlaceAsync<F, R>, Identity> {}

pub(crate) fn process<In, P>(
    processor: P,
    mut settings: Settings<In>,
    workers: usize,
) -> Arc<dyn Segment<In, P::Out>>
where
    In: Send + 'static,
    P: Processor<In>,
{
    let problems = settings.problems(Vec::new(), workers);
    let max_batch = match settings.thread {
        Thread::Shared => P::MAX_BATCH,
        // While a worker blocks, an idle one could have taken what lies behind its item.
        Thread::Own => 1,
    };
    let work = Arc::new(Process {
        processor,
        retry: settings.retry.take(),
        dead_letters: settings.dead_letters.take(),
        timeout: settings.timeout,
        max_batch,
        // Where the order is strict, an item is waited for.
        parked: if settings.is_ordered { 0 } else { settings.parked.div_ceil(workers.max(1)) },
    });
    Arc::new(WireSegment { settings, work, workers, max_batch, problems })
}

// === impl WireSegment ===

impl<In, W> Segment<In, W::Out> for WireSegment<In, W>
where
    In: Send + 'static,
    W: Work<In>,
{
    fn launch(&self, launch: &mut Launch, downstream: Feeder<W::Out>) -> Result<Feeder<In>> {
        let settings = &self.settings;
        let plan = StagePlan {
            workers: self.workers,
            capacity: settings.capacity,
            thread: settings.thread,
            ordered: settings.is_ordered.then_some(self.max_batch),
            key: settings.key.clone(),
            budget: settings.budget.clone(),
            guards: settings.guards.clone(),
            clock: settings.clock.clone(),
            observer: settings.observer.clone(),
            ..StagePlan::new(Arc::clone(&settings.name))
        };
        launch.stage(plan, &self.work, downstream)
    }

    fn problems(&self, into: &mut Vec<String>) {
        into.extend_from_slice(&self.problems);
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        into.push(Arc::clone(&self.settings.name));
    }

    fn asks_guards(&self) -> bool {
        W::ASKS_GUARDS
    }
}

impl<T: fmt::Debug> fmt::Debug for Computing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Debug, U: fmt::Debug> fmt::Debug for Awaiting<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Awaiting").field(&self.first).field(&self.then).finish()
    }
}

impl<T> fmt::Debug for Gathering<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
