//! A stage that hands items to several branches.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::SystemTime;

use electrician_types::{Batch, Clock, Error, Observer, Result, StageId};
use electrician_wire::DeadLetterPort;
use electrician_wire::engine::{
    Feeder, Launch, MAX_CAPACITY, Segment, StagePlan, Work, Worker, caught,
};

use crate::builder::ConduitBuilder;
use crate::split::{Broadcast, Partition, Routes, Split};

/// The most items handed out at once.
const MAX_BATCH: usize = 64;

/// A stage in front of several branches, with its settings. What the branches put out comes
/// together again.
///
/// One task hands items out, in the order they come. Its queue is short, for the branches have
/// queues of their own.
#[must_use = "a fan-out does nothing until a conduit gets it"]
pub struct FanOut<T, Out> {
    branches: Vec<ConduitBuilder<T, Out>>,
    stage: Stage<T>,
}

/// A fan-out without its branches.
struct Stage<T> {
    plan: StagePlan<T>,
    split: Arc<dyn Split<T>>,
    dead_letters: Option<DeadLetterPort<T>>,
}

/// A fan-out whose branches are parts of a conduit.
pub(crate) struct Fanned<T, Out> {
    stage: Stage<T>,
    branches: Vec<Arc<dyn Segment<T, Out>>>,
}

/// The work of the stage in one run.
struct Distribute<T, Out> {
    ways: Vec<Feeder<T>>,
    split: Arc<dyn Split<T>>,
    dead_letters: Option<DeadLetterPort<T>>,
    out: PhantomData<fn() -> Out>,
}

// === impl FanOut ===

impl<T: Send + 'static, Out: Send + 'static> FanOut<T, Out> {
    /// Every item goes to all branches: see [`ConduitBuilder::broadcast`].
    pub fn broadcast(branches: impl IntoIterator<Item = ConduitBuilder<T, Out>>) -> Self
    where
        T: Clone,
    {
        Self::with_split("broadcast", branches.into_iter().collect(), Broadcast)
    }

    /// Every item goes to the first branch whose condition it meets: see [`Routes`].
    pub fn route(routes: Routes<T, Out>) -> Self {
        let (branches, routing) = routes.into_parts();
        Self::with_split("route", branches, routing)
    }

    /// All items of one key go to the same branch.
    pub fn partition_by_key<K: Hash>(
        key: impl Fn(&T) -> K + Send + Sync + 'static,
        branches: impl IntoIterator<Item = ConduitBuilder<T, Out>>,
    ) -> Self {
        let hasher = RandomState::new();
        let partition = Partition::new(move |item: &T| hasher.hash_one(key(item)));
        Self::with_split("partition", branches.into_iter().collect(), partition)
    }

    fn with_split(name: &str, branches: Vec<ConduitBuilder<T, Out>>, split: impl Split<T>) -> Self {
        let mut plan = StagePlan::new(name);
        plan.capacity = MAX_BATCH;
        let stage = Stage { plan, split: Arc::new(split), dead_letters: None };
        Self { branches, stage }
    }

    /// Names the stage. Default: `broadcast`, `route` or `partition`.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.stage.plan.name = name.into();
        self
    }

    /// Sets how many items wait in the stage's queue at most. Default: 64.
    pub fn with_capacity(mut self, items: usize) -> Self {
        self.stage.plan.capacity = items;
        self
    }

    /// Sends items that no route matches, and those whose condition, key or clone panics, to
    /// `port`. Default: they are counted as failed and logged.
    pub fn with_dead_letters(mut self, port: DeadLetterPort<T>) -> Self {
        self.stage.dead_letters = Some(port);
        self
    }

    /// Watches the stage. Default: the conduit's observer.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.stage.plan = self.stage.plan.with_observer(observer);
        self
    }

    /// Takes the time from `clock`. Default: the conduit's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.stage.plan = self.stage.plan.with_clock(clock);
        self
    }

    /// The stage, with the branches that `part` makes of the builders.
    pub(crate) fn assemble(
        self,
        part: impl FnMut(ConduitBuilder<T, Out>) -> Arc<dyn Segment<T, Out>>,
    ) -> Fanned<T, Out> {
        let Self { branches, stage } = self;
        Fanned { stage, branches: branches.into_iter().map(part).collect() }
    }
}

impl<T, Out> fmt::Debug for FanOut<T, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FanOut")
            .field("plan", &self.stage.plan)
            .field("branches", &self.branches)
            .finish_non_exhaustive()
    }
}

// === impl Fanned ===

impl<T: Send + 'static, Out: Send + 'static> Segment<T, Out> for Fanned<T, Out> {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Out>) -> Result<Feeder<T>> {
        // Back to front, as everything is made.
        let backwards = self.branches.iter().rev();
        let ways = backwards.map(|branch| branch.launch(launch, downstream.clone()));
        let mut ways = ways.collect::<Result<Vec<_>>>()?;
        ways.reverse();
        let Stage { plan, split, dead_letters } = &self.stage;
        let (split, dead_letters) = (Arc::clone(split), dead_letters.clone());
        let work = Arc::new(Distribute { ways, split, dead_letters, out: PhantomData });
        launch.stage(plan.clone(), &work, downstream)
    }

    fn problems(&self, into: &mut Vec<String>) {
        let Stage { plan: StagePlan { name, capacity, .. }, split, .. } = &self.stage;
        let mut problem = |is_wrong: bool, text: String| {
            into.extend(is_wrong.then(|| format!("fan-out {name:?}: {text}")));
        };
        problem(name.is_empty(), "the name is empty: errors and logs need one".into());
        problem(
            self.branches.is_empty(),
            "without branches it goes nowhere: give at least one".into(),
        );
        problem(*capacity == 0, "a queue of capacity 0 takes nothing: give at least 1".into());
        problem(
            *capacity > MAX_CAPACITY,
            format!(
                "a queue of more than {MAX_CAPACITY} items is allocated at once: give a smaller \
                 capacity"
            ),
        );
        for text in split.problems() {
            problem(true, text);
        }
        for branch in &self.branches {
            branch.problems(into);
        }
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        into.push(Arc::clone(&self.stage.plan.name));
        for branch in &self.branches {
            branch.names(into);
        }
    }
}

// === impl Distribute ===

impl<T: Send + 'static, Out: Send + 'static> Work<T> for Distribute<T, Out> {
    type Out = Out;
    type State = Vec<Batch<T>>;

    fn state(&self, _index: usize) -> Vec<Batch<T>> {
        self.ways.iter().map(|_| Batch::with_capacity(MAX_BATCH)).collect()
    }

    fn feeds(&self) -> Option<Vec<StageId>> {
        Some(self.ways.iter().map(Feeder::stage_id).collect())
    }

    async fn serve(&self, worker: &mut Worker<T, Out>, batches: &mut Vec<Batch<T>>) {
        let mut inbox = Batch::with_capacity(MAX_BATCH);
        while worker.take(MAX_BATCH, &mut inbox).await {
            while let Some(item) = inbox.take() {
                let mut item = Some(item);
                let assigned = caught(|| self.split.assign(&mut item, batches, worker.ledger()));
                if let (Err(error) | Ok(Err(error)), Some(item)) =
                    (assigned.map(|result| result.map_err(Error::failed)), item)
                {
                    if let Some(port) = &self.dead_letters {
                        // There may be no room at the port, and those before are not to wait.
                        self.hand_out(worker, batches).await;
                        worker.dispose(item, error, 1, SystemTime::now(), Some(port)).await;
                    } else {
                        worker.fail_item(item, error);
                    }
                }
            }
            self.hand_out(worker, batches).await;
            worker.commit();
        }
    }
}

impl<T: Send + 'static, Out: Send + 'static> Distribute<T, Out> {
    async fn hand_out(&self, worker: &mut Worker<T, Out>, batches: &mut [Batch<T>]) {
        for (way, batch) in self.ways.iter().zip(batches) {
            worker.push_to(way, batch).await;
        }
    }
}
