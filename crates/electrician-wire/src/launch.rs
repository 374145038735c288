//! Preparing a run: every queue and worker is made before anything starts, so a start that fails
//! has started nothing.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use electrician_types::{Clock, Error, ErrorKind, Inspect, Observer, Result, StageId};
use tokio::runtime::Handle;

use crate::builder::DEFAULT_CAPACITY;
use crate::guards::Guards;
use crate::output::Exit;
use crate::panics;
use crate::queue::{Feeder, KeyFn, Queue, QueueSpec, SizeFn};
use crate::reject::Doorstep;
use crate::reorder::Reorder;
use crate::signal::{Signal, Watch};
use crate::stage::{Probe, StageRun, Wake};
use crate::sync::{Mutex, Ordering, lock};
use crate::worker::{Work, Worker};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A typed part of a pipeline that can be launched again and again.
pub trait Segment<In, Out>: Send + Sync {
    /// Makes the queues and workers of one run, whose outputs go to `downstream`. Returns the way
    /// in.
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Out>) -> Result<Feeder<In>>;

    /// Appends what is wrong with the configuration.
    fn problems(&self, into: &mut Vec<String>);

    /// Appends the stages' names, in order.
    fn names(&self, into: &mut Vec<Arc<str>>);

    /// Whether guards that are put before the way in are asked. The default is no.
    fn asks_guards(&self) -> bool {
        false
    }
}

/// A source of a run, whatever is behind.
pub trait Feed<T>: Send + Sync {
    /// Adds the tasks that feed items through `feeder`, and drop it when they are done.
    fn feed(&self, launch: &mut Launch, feeder: Feeder<T>) -> Result<()>;

    /// Appends what is wrong with the configuration.
    fn problems(&self, into: &mut Vec<String>);

    /// The source's name.
    fn name(&self) -> Arc<str>;
}

/// A run in preparation.
pub struct Launch {
    pub(crate) handle: Handle,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) abort: Arc<Signal>,
    pub(crate) stopping: Arc<Signal>,
    pub(crate) has_sources: bool,
    pub(crate) tasks: Vec<(Task, Thread)>,
    pub(crate) stages: Vec<Arc<dyn Probe>>,
    pub(crate) wakes: Vec<Arc<dyn Wake>>,
    pub(crate) source_errors: Arc<Mutex<Vec<Error>>>,
    pub(crate) finishers: Vec<Box<dyn Fn() + Send + Sync>>,
    /// What is no stage of the account: sources, and the output.
    pub(crate) ends: Vec<Arc<dyn Inspect>>,
    /// The output until a stage feeds it.
    output: Option<Arc<dyn Inspect>>,
    observer: Option<Arc<dyn Observer>>,
}

/// Where a worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// On the runtime's workers: for code that does not block.
    Shared,
    /// On a blocking thread of its own for the whole run.
    Own,
}

/// The layout of one stage.
pub struct StagePlan<In> {
    /// The stage's name.
    pub name: Arc<str>,
    /// How many workers it has.
    pub workers: usize,
    /// How many items wait in its queue at most.
    pub capacity: usize,
    /// Whether what it delivers leaves the pipeline.
    pub is_sink: bool,
    /// Where its workers run.
    pub thread: Thread,
    /// Whether outputs come out in the order of inputs, for workers that take at most this many.
    pub(crate) ordered: Option<usize>,
    pub(crate) key: Option<KeyFn<In>>,
    pub(crate) budget: Option<(u64, SizeFn<In>)>,
    pub(crate) guards: Guards<In>,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// Tells a source that its run is stopping.
pub struct StopWatch {
    stopping: Watch,
    abort: Watch,
}

/// Where a source reports the error that ended it.
#[derive(Clone, Debug)]
pub struct SourceErrors(Arc<Mutex<Vec<Error>>>);

// === impl StagePlan ===

impl<In> StagePlan<In> {
    /// One worker on the runtime's threads, a queue of 1024 items.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            workers: 1,
            capacity: DEFAULT_CAPACITY,
            is_sink: false,
            thread: Thread::Shared,
            ordered: None,
            key: None,
            budget: None,
            guards: Guards::new(),
            clock: None,
            observer: None,
        }
    }

    /// The same for a stage whose deliveries leave the pipeline.
    pub fn sink(name: impl Into<Arc<str>>) -> Self {
        Self { is_sink: true, ..Self::new(name) }
    }

    /// Watches the stage.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Takes the time from `clock`. Default: the run's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }
}

impl<In> Clone for StagePlan<In> {
    fn clone(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            key: self.key.clone(),
            budget: self.budget.clone(),
            guards: self.guards.clone(),
            clock: self.clock.clone(),
            observer: self.observer.clone(),
            ..*self
        }
    }
}

impl<In> fmt::Debug for StagePlan<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StagePlan")
            .field("name", &self.name)
            .field("workers", &self.workers)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

// === impl Launch ===

impl Launch {
    /// Fails outside a runtime.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Result<Self> {
        let handle = Handle::try_current().map_err(|error| {
            Error::new(ErrorKind::Config, "start needs a tokio runtime around it")
                .with_source(error)
        })?;
        panics::caught(|| drop(clock.timer())).map_err(|error| {
            let message = "start needs a runtime with timers: enable_time() on its builder";
            Error::new(ErrorKind::Config, message).with_source(error)
        })?;
        Ok(Self {
            handle,
            clock,
            abort: Arc::default(),
            stopping: Arc::default(),
            has_sources: false,
            tasks: Vec::new(),
            stages: Vec::new(),
            wakes: Vec::new(),
            source_errors: Arc::default(),
            finishers: Vec::new(),
            ends: Vec::new(),
            output: None,
            observer: None,
        })
    }

    /// The run's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Watches what is launched from now on and has no observer of its own.
    pub fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.observer.clone()
    }

    /// Has `observer` watch what is launched from now on and has none of its own; gives the one
    /// before.
    pub fn replace_observer(
        &mut self,
        observer: Option<Arc<dyn Observer>>,
    ) -> Option<Arc<dyn Observer>> {
        std::mem::replace(&mut self.observer, observer)
    }

    /// Adds a source to what can be seen of the run, and shows it to `observer`.
    pub fn add_source(&mut self, source: Arc<dyn Inspect>, observer: Option<&Arc<dyn Observer>>) {
        if let Some(observer) = observer {
            // It has no batches to be told of.
            drop(panics::caught(|| drop(observer.stage(&source))));
        }
        self.ends.push(source);
    }

    /// Tells when the run begins to stop.
    pub fn stop_watch(&self) -> StopWatch {
        StopWatch { stopping: self.stopping.watch(), abort: self.abort.watch() }
    }

    /// Adds a task of the run, for a source. It must end soon after the stop watch tells it to; at
    /// the deadline of the stop it is cancelled.
    pub fn add_task(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.has_sources = true;
        self.tasks.push((Box::pin(task), Thread::Shared));
    }

    /// Where a source reports the error that ended it.
    pub fn source_errors(&self) -> SourceErrors {
        SourceErrors(Arc::clone(&self.source_errors))
    }

    /// Says that items enter the pipeline from outside through `feeder`.
    pub fn mark_entry<T>(&mut self, feeder: &Feeder<T>) {
        feeder.queue().entry().is_entry.store(true, Ordering::Relaxed);
    }

    /// Says that stages of the run deliver through `feeder`, too.
    pub fn mark_handoff<T>(&mut self, feeder: &Feeder<T>) {
        feeder.queue().entry().has_handoffs.store(true, Ordering::Relaxed);
    }

    /// A queue that nobody of this run takes from.
    pub(crate) fn output<T: Send + 'static>(&mut self, capacity: usize) -> Arc<Queue<T>> {
        let spec = QueueSpec { capacity, consumers: 1, key: None, budget: None };
        let queue = Queue::new(spec, Arc::clone(&self.abort));
        self.wakes.push(Arc::clone(&queue) as _);
        self.output = Some(Arc::new(Exit(Arc::clone(&queue))));
        queue
    }

    /// Shows the output to `observer` when a stage that it watches feeds it.
    fn introduce_output(&mut self, feeds: &[StageId], observer: Option<&Arc<dyn Observer>>) {
        let is_fed = |output: &mut Arc<dyn Inspect>| feeds.contains(&output.view().id);
        if let Some(output) = self.output.take_if(is_fed) {
            self.add_source(output, observer);
        }
    }

    /// Makes a stage: its queue and its workers.
    #[expect(clippy::needless_pass_by_value, reason = "the last feeder has to go with the launch")]
    pub fn stage<In, W>(
        &mut self,
        plan: StagePlan<In>,
        work: &Arc<W>,
        downstream: Feeder<W::Out>,
    ) -> Result<Feeder<In>>
    where
        In: Send + 'static,
        W: Work<In>,
    {
        let StagePlan { workers, capacity, key, budget, .. } = plan;
        let spec = QueueSpec { capacity, consumers: workers, key, budget };
        let queue = Queue::new(spec, Arc::clone(&self.abort));
        queue.guard(plan.guards);
        let feeder = Feeder::new(&queue);
        self.wakes.push(Arc::clone(&queue) as _);
        let clock = plan.clock.unwrap_or_else(|| Arc::clone(&self.clock));
        let (name, observer) = (plan.name, plan.observer.or_else(|| self.observer()));
        let mut stage = StageRun::new(name, queue, workers, clock, observer.clone(), plan.is_sink);
        stage.letters = work.dead_letters().cloned();
        if !plan.is_sink {
            stage.feeds = work.feeds().unwrap_or_else(|| vec![downstream.stage_id()]);
        }
        let stage = Arc::new(stage);
        stage.introduce();
        self.introduce_output(&stage.feeds, observer.as_ref());
        let is_observed = stage.is_observed();
        stage.queue.reject_with(Doorstep { stage: Arc::downgrade(&stage), is_observed });
        let ordered = plan.ordered.filter(|_| workers > 1);
        let reorder = ordered.map(|max_batch| Arc::new(Reorder::new(workers, max_batch)));
        if let Some(reorder) = &reorder {
            self.wakes.push(Arc::clone(reorder) as _);
            let (reorder, stage) = (Arc::clone(reorder), Arc::clone(&stage));
            let downstream = Arc::clone(downstream.queue());
            self.finishers.push(Box::new(move || {
                let rest = reorder.take_rest();
                stage.late.fetch_add(rest.len() as u64, Ordering::Relaxed);
                downstream.keep_out(rest);
            }));
        }
        for index in 0..workers {
            let made = panics::caught(|| work.state(index)).map_err(|error| stage.own(error))?;
            let worker =
                Worker::new(&stage, index, downstream.clone(), reorder.clone(), &self.abort);
            let task = worker.supervise(Arc::clone(work), made);
            self.tasks.push((Box::pin(task), plan.thread));
        }
        self.stages.push(stage);
        Ok(feeder)
    }
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch")
            .field("stages", &self.stages.len())
            .field("tasks", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

// === impl SourceErrors ===

impl SourceErrors {
    /// Reports `error`, which [`Stopped::source_errors`](crate::Stopped::source_errors) shows.
    pub fn report(&self, error: Error) {
        lock(&self.0).push(error);
    }
}

// === impl StopWatch ===

impl StopWatch {
    /// Whether the run is stopping.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_raised()
    }

    /// Resolves when the run begins to stop. Cancel-safe.
    pub async fn stopping(&mut self) {
        self.stopping.raised().await;
    }

    /// Waits for `future`, or `None` when the deadline of the stop has passed first.
    pub async fn unless_aborted<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.abort.poll_raised(cx).map(|()| None),
        })
        .await
    }
}

impl fmt::Debug for StopWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StopWatch").field(&self.is_stopping()).finish()
    }
}
