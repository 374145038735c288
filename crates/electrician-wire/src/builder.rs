//! Building a wire: one typed chain, one set of settings, validated once.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use electrician_types::{
    BoxError, Clock, ComponentKind, ConfigError, Guard, KeepsInput, Metadata, Observer,
};

use crate::chain::{Cloned, Filter, FilterMap, FlatMap, Inspect, Map, Then, TryMap};
use crate::dead_letter::DeadLetterPort;
use crate::guards::{Guards, WhenDenied};
use crate::launch::{Segment, Thread};
use crate::logic::{Awaiting, Computing, Logic};
use crate::queue::{KeyFn, SizeFn};
use crate::retry::Retry;
use crate::wire::Wire;

/// The default bound of a queue, items.
pub(crate) const DEFAULT_CAPACITY: usize = 1024;

/// The most items a queue may hold, for its room is allocated when it starts.
pub const MAX_CAPACITY: usize = 1 << 28;

/// The most workers of a wire, for each has a task and, where outputs are ordered, places to wait.
pub const MAX_WORKERS: usize = 1 << 16;

/// The default number of items an asynchronous wire has in flight.
const DEFAULT_CONCURRENCY: usize = 16;

/// The default number of items of a stage that wait for another attempt beside its workers.
const DEFAULT_PARKED: usize = 1024;

/// The most workers that may have a thread of their own, the default of the runtime.
const MAX_THREADS: usize = 512;

/// A wire in the making. [`Wire::new`] and its kin begin one, [`build`](Self::build) ends it;
/// a conduit takes it as it is.
#[must_use = "a builder does nothing until it is built"]
pub struct WireBuilder<In, L> {
    pub(crate) logic: L,
    pub(crate) settings: Settings<In>,
}

/// Everything about a wire but what it does.
pub struct Settings<In> {
    pub(crate) name: Arc<str>,
    pub(crate) workers: Option<usize>,
    pub(crate) capacity: usize,
    pub(crate) output_capacity: Option<usize>,
    pub(crate) is_ordered: bool,
    pub(crate) key: Option<KeyFn<In>>,
    pub(crate) budget: Option<(u64, SizeFn<In>)>,
    pub(crate) thread: Thread,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) dead_letters: Option<DeadLetterPort<In>>,
    pub(crate) parked: usize,
    pub(crate) guards: Guards<In>,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

// === impl WireBuilder ===

impl<In: Send + 'static, L: Logic<In>> WireBuilder<In, L> {
    pub(crate) fn with_logic(name: impl Into<Arc<str>>, logic: L) -> Self {
        let settings = Settings {
            name: name.into(),
            workers: None,
            capacity: DEFAULT_CAPACITY,
            output_capacity: None,
            is_ordered: false,
            key: None,
            budget: None,
            thread: Thread::Shared,
            retry: None,
            timeout: None,
            dead_letters: None,
            parked: DEFAULT_PARKED,
            guards: Guards::new(),
            clock: None,
            observer: None,
        };
        Self { logic, settings }
    }

    /// Sets the number of workers: tasks that each transform one item at a time, from 1 to 65536.
    /// Default: one per core for transforms that compute, 16 for asynchronous ones, 1 for batching.
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.settings.workers = Some(workers);
        self
    }

    /// Sets how many items wait in the wire's queue at most, from 1 to 2^28. Default: 1024. With
    /// [`ordered_by_key`](Self::ordered_by_key) the room is divided evenly among the workers.
    pub fn with_capacity(mut self, items: usize) -> Self {
        self.settings.capacity = items;
        self
    }

    /// Sets how many outputs wait to be read at most, from 1 to 2^28, where nothing follows the
    /// wire. Default: the capacity.
    pub fn with_output_capacity(mut self, items: usize) -> Self {
        self.settings.output_capacity = Some(items);
        self
    }

    /// Bounds the queue in bytes too: the items that wait weigh at most `bytes`, each what `size`
    /// says when it enters. Default: no bound in bytes.
    ///
    /// An item that alone weighs more, or on which `size` panics, is refused: a submit gives it back
    /// ([`Refusal::TooLarge`](electrician_types::Refusal::TooLarge), [`Refusal::Panicked`]). If a
    /// source or another stage brings it, it fails as an item of this wire, without an attempt: it
    /// goes to the dead-letter port, or is counted as failed, with an error of kind
    /// [`TooLarge`](electrician_types::ErrorKind::TooLarge) or
    /// [`Panicked`](electrician_types::ErrorKind::Panicked).
    ///
    /// [`Refusal::Panicked`]: electrician_types::Refusal::Panicked
    pub fn with_byte_budget(
        mut self,
        bytes: u64,
        size: impl Fn(&In) -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.settings.budget = Some((bytes, Arc::new(size)));
        self
    }

    /// Outputs come out in the order their inputs came in, however many workers there are. A slow
    /// item holds up the outputs behind it, not the work on them, until four batches per worker
    /// wait. Default: unordered; one worker keeps the order but for items that are
    /// retried.
    pub fn ordered(mut self) -> Self {
        self.settings.is_ordered = true;
        self
    }

    /// Items with the same key are transformed one after the other and come out in the order they
    /// came in; items of different keys run side by side. Each worker has its own share of the
    /// queue, and a key always goes to the same worker.
    ///
    /// An item on which `key` panics is refused, or fails, as one that is larger than the
    /// [byte budget](Self::with_byte_budget).
    pub fn ordered_by_key<K: Hash>(
        mut self,
        key: impl Fn(&In) -> K + Send + Sync + 'static,
    ) -> Self {
        let hasher = RandomState::new();
        self.settings.key = Some(Arc::new(move |item| hasher.hash_one(key(item))));
        self
    }

    /// Has `guard` asked before items are worked on: a circuit breaker, a rate limit, a limit of
    /// concurrency. It learns what became of each attempt. `when` says what happens to items while
    /// it gives no leave.
    ///
    /// At most four guards, asked in the order in which they are given; leave that a later one
    /// cuts short is given back. A rate cannot be given back, so rate limits come last.
    pub fn with_guard(mut self, guard: impl Guard, when: WhenDenied<In>) -> Self {
        self.settings.guards.add(guard, when);
        self
    }

    /// Watches the wire. The observer is called at most once per batch, or part of one, and once per
    /// failure.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.settings.observer = Some(Arc::new(observer));
        self
    }

    /// Takes the time from `clock`: for tests. Default: the runtime's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = Some(clock);
        self
    }

    /// Validates the configuration, reporting every problem at once.
    pub fn build(self) -> Result<Wire<In, L::Out>, ConfigError> {
        let wire = self.into_wire();
        let mut problems = Vec::new();
        wire.segment.problems(&mut problems);
        ConfigError::check(problems)?;
        Ok(wire)
    }

    /// The wire, problems and all.
    pub(crate) fn into_wire(self) -> Wire<In, L::Out> {
        let Self { logic, settings } = self;
        let metadata = Metadata::new(ComponentKind::Wire, Arc::clone(&settings.name));
        let output_capacity = settings.output_capacity.unwrap_or(settings.capacity);
        let clock = settings.clock.clone();
        let segment: Arc<dyn Segment<In, L::Out>> = logic.into_segment(settings);
        Wire { metadata, segment, clock, output_capacity }
    }
}

impl<In: Send + 'static, L: Logic<In>> WireBuilder<In, L> {
    /// Tries failed items again: the insulator. Default: one attempt.
    ///
    /// An item that waits for its next attempt does so beside the worker, which goes on with
    /// others: see [`with_parked`](Self::with_parked). Where outputs are [`ordered`](Self::ordered)
    /// the worker waits with it; what it finished before is handed on first. With
    /// [`ordered_by_key`](Self::ordered_by_key) only items of the same key wait behind it.
    pub fn with_retry(mut self, retry: Retry) -> Self
    where
        L: KeepsInput,
    {
        self.settings.retry = Some(retry);
        self
    }

    /// Sets how many items wait for their next attempt beside the workers, in all: each worker has
    /// an even share of them. A worker whose share is used up waits with the item that it retries.
    /// With 0 they always do. Default: 1024.
    pub fn with_parked(mut self, items: usize) -> Self
    where
        L: KeepsInput,
    {
        self.settings.parked = items;
        self
    }

    /// Sends items that failed for good to `port`, with the error. Default: they are counted as
    /// failed in the ledger and logged.
    pub fn with_dead_letters(mut self, port: DeadLetterPort<In>) -> Self
    where
        L: KeepsInput,
    {
        self.settings.dead_letters = Some(port);
        self
    }
}

impl<In, T> WireBuilder<In, Computing<T>>
where
    In: Send + 'static,
    Computing<T>: Logic<In>,
{
    /// Runs each worker on a blocking thread of its own, for transforms that block or compute for
    /// long: at most 512 workers in a process, the runtime's default bound. A worker takes one item at
    /// a time, so no item waits behind one that blocks while another worker is idle.
    pub fn on_blocking_threads(mut self) -> Self {
        self.settings.thread = Thread::Own;
        self
    }

    fn follow<U>(self, second: U) -> WireBuilder<In, Computing<Then<T, U>>> {
        let Self { logic: Computing(first), settings } = self;
        WireBuilder { logic: Computing(Then { first, second }), settings }
    }
}

impl<In, T, U> WireBuilder<In, Awaiting<T, U>>
where
    In: Send + 'static,
    Awaiting<T, U>: Logic<In>,
{
    /// Sets how many items are in flight at once: [`with_workers`](Self::with_workers) by the name
    /// that fits work that waits.
    pub fn with_concurrency(self, items: usize) -> Self {
        self.with_workers(items)
    }

    /// Ends an attempt that takes longer than `limit`, with an error of kind
    /// [`Timeout`](electrician_types::ErrorKind::Timeout). Default: no limit.
    pub fn with_timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = Some(limit);
        self
    }

    fn follow<V>(self, second: V) -> WireBuilder<In, Awaiting<T, Then<U, V>>> {
        let Self { logic: Awaiting { first, then }, settings } = self;
        let then = Then { first: then, second };
        WireBuilder { logic: Awaiting { first, then }, settings }
    }
}

impl<In: Clone + Send + 'static, T> WireBuilder<In, Computing<T>> {
    /// Gives the transforms a clone of each item and keeps the item, so that a transform by value
    /// can be retried and dead-lettered.
    pub fn keep_by_clone(self) -> WireBuilder<In, Computing<Cloned<T>>> {
        let Self { logic: Computing(transform), settings } = self;
        WireBuilder { logic: Computing(Cloned(transform)), settings }
    }
}

impl<In: Clone + Send + 'static, T, U> WireBuilder<In, Awaiting<T, U>> {
    /// Gives the transform a clone of each item and keeps the item, so that a transform by value
    /// can be retried and dead-lettered.
    pub fn keep_by_clone(self) -> WireBuilder<In, Awaiting<Cloned<T>, U>> {
        let Self { logic: Awaiting { first, then }, settings } = self;
        WireBuilder { logic: Awaiting { first: Cloned(first), then }, settings }
    }
}

macro_rules! chaining {
    ([$($generics:ident),*] $logic:ty, $after:ident => $chained:ty) => {
        impl<In, $($generics),*> WireBuilder<In, $logic>
        where
            In: Send + 'static,
            $logic: Logic<In>,
        {
            /// Transforms each output further, within the same stage: fused, at no cost.
            pub fn map<Out, F>(self, f: F) -> WireBuilder<In, chaining!(@ $after Map<F> => $chained)>
            where
                F: Fn(<$logic as Logic<In>>::Out) -> Out + Send + Sync + 'static,
            {
                self.follow(Map(f))
            }

            /// As [`map`](Self::map), with a function that can fail.
            pub fn and_then<Out, E, F>(
                self,
                f: F,
            ) -> WireBuilder<In, chaining!(@ $after TryMap<F> => $chained)>
            where
                F: Fn(<$logic as Logic<In>>::Out) -> Result<Out, E> + Send + Sync + 'static,
                E: Into<BoxError>,
            {
                self.follow(TryMap(f))
            }

            /// Lets only those outputs pass for which `f` is true.
            pub fn filter<F>(
                self,
                f: F,
            ) -> WireBuilder<In, chaining!(@ $after Filter<F> => $chained)>
            where
                F: Fn(&<$logic as Logic<In>>::Out) -> bool + Send + Sync + 'static,
            {
                self.follow(Filter(f))
            }

            /// Transforms each output, or filters it out with `None`.
            pub fn filter_map<Out, F>(
                self,
                f: F,
            ) -> WireBuilder<In, chaining!(@ $after FilterMap<F> => $chained)>
            where
                F: Fn(<$logic as Logic<In>>::Out) -> Option<Out> + Send + Sync + 'static,
            {
                self.follow(FilterMap(f))
            }

            /// Makes any number of outputs of each.
            pub fn flat_map<Many, F>(
                self,
                f: F,
            ) -> WireBuilder<In, chaining!(@ $after FlatMap<F> => $chained)>
            where
                F: Fn(<$logic as Logic<In>>::Out) -> Many + Send + Sync + 'static,
                Many: IntoIterator,
            {
                self.follow(FlatMap(f))
            }

            /// Looks at each output.
            pub fn inspect<F>(
                self,
                f: F,
            ) -> WireBuilder<In, chaining!(@ $after Inspect<F> => $chained)>
            where
                F: Fn(&<$logic as Logic<In>>::Out) + Send + Sync + 'static,
            {
                self.follow(Inspect(f))
            }
        }
    };
    (@ computing $next:ty => $t:ty) => { Computing<Then<T, $next>> };
    (@ awaiting $next:ty => $t:ty) => { Awaiting<T, Then<U, $next>> };
}

chaining!([T] Computing<T>, computing => T);
chaining!([T, U] Awaiting<T, U>, awaiting => U);

impl<In, L: fmt::Debug> fmt::Debug for WireBuilder<In, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireBuilder")
            .field("name", &self.settings.name)
            .field("logic", &self.logic)
            .finish_non_exhaustive()
    }
}

// === impl Settings ===

#[cfg(feature = "tower")]
impl<In> Settings<In> {
    /// The settings of the same wire when its items are calls, and what is wrong with that.
    pub(crate) fn for_calls<C>(self) -> (Settings<C>, Vec<String>) {
        let refused = [
            (self.key.is_some(), "ordered_by_key"),
            (self.is_ordered, "ordered"),
            (self.budget.is_some(), "with_byte_budget"),
            (self.retry.is_some(), "with_retry"),
            (self.dead_letters.is_some(), "with_dead_letters"),
            (!self.guards.is_empty(), "with_guard"),
        ];
        let refused = refused.into_iter().filter(|(is_set, _)| *is_set);
        let problem = |(_, option)| {
            format!("wire {:?}: {option} has no meaning for a service: leave it out", self.name)
        };
        let problems = refused.map(problem).collect();
        let Self { name, workers, capacity, output_capacity, .. } = self;
        let Self { thread, timeout, clock, observer, .. } = self;
        let settings = Settings {
            name,
            workers,
            capacity,
            output_capacity,
            is_ordered: false,
            key: None,
            budget: None,
            thread,
            retry: None,
            timeout,
            dead_letters: None,
            parked: 0,
            guards: Guards::new(),
            clock,
            observer,
        };
        (settings, problems)
    }
}

impl<In> fmt::Debug for Settings<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("workers", &self.workers)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl<In> Settings<In> {
    pub(crate) fn workers(&self, is_async: bool) -> usize {
        self.workers.unwrap_or_else(|| {
            let cores = || available_parallelism().map_or(1, usize::from);
            if is_async { DEFAULT_CONCURRENCY } else { cores() }
        })
    }

    pub(crate) fn problems(&self, own: Vec<String>, workers: usize) -> Vec<String> {
        let mut problems = own;
        let mut problem = |is_wrong: bool, text: &str| {
            if is_wrong {
                problems.push(text.into());
            }
        };
        problem(self.name.is_empty(), "the name is empty: errors and logs need one");
        problem(self.workers == Some(0), "0 workers do no work: give at least 1");
        problem(
            self.workers > Some(MAX_WORKERS),
            "more than 65536 workers are all made at once: give fewer",
        );
        problem(self.capacity == 0, "a queue of capacity 0 takes nothing: give at least 1");
        problem(
            self.capacity > MAX_CAPACITY || self.output_capacity > Some(MAX_CAPACITY),
            "a queue of more than 2^28 items is allocated at once: give a smaller capacity",
        );
        problem(
            self.key.is_some() && self.capacity < workers,
            "ordered_by_key needs a place per worker: give a capacity of at least the workers",
        );
        problem(
            self.output_capacity == Some(0),
            "an output of capacity 0 gives nothing: give at least 1",
        );
        problem(
            self.is_ordered && self.key.is_some(),
            "ordered and ordered_by_key exclude each other: choose one",
        );
        problem(
            matches!(self.budget, Some((0, _))),
            "a byte budget of 0 admits nothing: give at least 1, or none",
        );
        problem(
            self.timeout == Some(Duration::ZERO),
            "a timeout of 0 fails every item that waits: give a duration, or none",
        );
        problem(
            self.thread == Thread::Own && workers > MAX_THREADS,
            "more than 512 workers on blocking threads: the runtime would never start them all",
        );
        problems.extend(self.guards.problems());
        if let Some(retry) = &self.retry {
            problems.extend(retry.problems());
        }
        problems.iter().map(|problem| format!("wire {:?}: {problem}", self.name)).collect()
    }
}
