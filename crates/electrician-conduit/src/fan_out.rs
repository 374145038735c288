//! A stage that hands items to several branches.

use std::sync::Arc;

use electrician_types::{Batch, Error, Result};
use electrician_wire::engine::{Feeder, Launch, Segment, StagePlan, Work, Worker, caught};

use crate::split::Split;

/// The most items handed out at once.
const MAX_BATCH: usize = 64;

/// One stage in front of several branches, whose outputs come together downstream.
pub(crate) struct FanOut<T, Out, S> {
    name: Arc<str>,
    branches: Vec<Arc<dyn Segment<T, Out>>>,
    split: Arc<S>,
    problems: Vec<String>,
}

/// The work of the stage in one run.
struct Distribute<T, Out, S> {
    ways: Vec<Feeder<T>>,
    split: Arc<S>,
    out: std::marker::PhantomData<fn() -> Out>,
}

// === impl FanOut ===

impl<T, Out, S: Split<T>> FanOut<T, Out, S> {
    pub(crate) fn new(name: &str, branches: Vec<Arc<dyn Segment<T, Out>>>, split: S) -> Self {
        let mut problems = Vec::new();
        if branches.is_empty() {
            problems.push(format!("a {name} without branches goes nowhere: give at least one"));
        }
        split.problems(&mut problems);
        Self { name: name.into(), branches, split: Arc::new(split), problems }
    }
}

impl<T, Out, S> Segment<T, Out> for FanOut<T, Out, S>
where
    T: Send + 'static,
    Out: Send + 'static,
    S: Split<T>,
{
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Out>) -> Result<Feeder<T>> {
        // Back to front, as everything is made.
        let backwards = self.branches.iter().rev();
        let ways = backwards.map(|branch| branch.launch(launch, downstream.clone()));
        let mut ways = ways.collect::<Result<Vec<_>>>()?;
        ways.reverse();
        let split = Arc::clone(&self.split);
        let work = Arc::new(Distribute { ways, split, out: std::marker::PhantomData });
        // The branches have queues of their own: a batch is enough room here.
        let mut plan = StagePlan::new(Arc::clone(&self.name));
        plan.capacity = MAX_BATCH;
        launch.stage(plan, &work, downstream)
    }

    fn problems(&self, into: &mut Vec<String>) {
        into.extend_from_slice(&self.problems);
        for branch in &self.branches {
            branch.problems(into);
        }
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        into.push(Arc::clone(&self.name));
        for branch in &self.branches {
            branch.names(into);
        }
    }
}

// === impl Distribute ===

impl<T, Out, S> Work<T> for Distribute<T, Out, S>
where
    T: Send + 'static,
    Out: Send + 'static,
    S: Split<T>,
{
    type Out = Out;
    type State = Vec<Batch<T>>;

    fn state(&self, _index: usize) -> Vec<Batch<T>> {
        self.ways.iter().map(|_| Batch::with_capacity(MAX_BATCH)).collect()
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
                    worker.fail_item(item, error);
                }
            }
            for (way, batch) in self.ways.iter().zip(&mut *batches) {
                worker.push_to(way, batch).await;
            }
            worker.commit();
        }
    }
}
