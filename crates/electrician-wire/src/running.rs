//! A started component: submit, read, look, stop.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use electrician_types::{
    Batch, Clock, Error, Event, Item, Ledger, Observer, Refusal, Refused, Result, StageView,
};

use crate::explain::Topology;
use crate::inlet::Inlet;
use crate::launch::{Launch, Segment};
use crate::output::Output;
use crate::queue::{Feeder, Queue};
use crate::run::{Run, Told};
use crate::stage::Leftover;
use crate::start_error::StartError;
use crate::sync::Ordering;

/// Something that can be started: a wire or a conduit.
pub trait Component: Send + Sized {
    /// What goes in.
    type In: Send + 'static;
    /// What comes out.
    type Out: Send + 'static;
}

/// A running component. It has no setter: what runs cannot be changed. Stopping gives the
/// component back, and it can be started again.
///
/// Dropping it without a stop cancels the run: items that are inside are dropped, their receipts
/// give a negative acknowledgement, and a warning is logged.
#[must_use = "dropping a running component cancels it; stop or finish it"]
pub struct Running<C: Component> {
    component: C,
    run: Run,
    inlet: Inlet<C::In>,
    head: Arc<Queue<C::In>>,
    /// Keeps the head open, in a run that no source feeds.
    feeder: Option<Feeder<C::In>>,
    output: Arc<Queue<C::Out>>,
}

/// What a stopped run leaves: its account, what it did not finish, and the component itself.
#[must_use = "a stopped run may hold unfinished items"]
pub struct Stopped<C: Component> {
    /// The component, ready to start again.
    pub component: C,
    /// The account of the whole run.
    pub ledger: Ledger,
    /// The account of each stage, front first; here `delivered` means to the next stage.
    pub stages: Vec<StageView>,
    /// Accepted items that no stage has begun or finished, as they were submitted.
    pub inputs: Vec<Item<C::In>>,
    /// Outputs that nobody read.
    pub outputs: Vec<Item<C::Out>>,
    /// Unfinished items on their way between two stages.
    pub between: Vec<Leftover>,
    /// The first failures of each stage, at most 16 a stage.
    pub failures: Vec<Error>,
    /// The errors that ended sources.
    pub source_errors: Vec<Error>,
    /// The errors of sinks that are about no item: of their opening and their closing, at most 16 a
    /// stage.
    pub sink_errors: Vec<Error>,
    /// Tasks that had not ended when the stop gave up on them: user code that neither returned nor
    /// awaited. They end as soon as it does. Zero after a clean stop.
    pub stuck: usize,
}

/// How a component is started; for crates that define components.
pub struct Start {
    /// The clock of the run.
    pub clock: Arc<dyn Clock>,
    /// How many outputs wait to be read at most.
    pub output_capacity: usize,
    /// Whether sources feed the head, so that the run ends when they do.
    pub has_sources: bool,
    /// Who is told of the start and the end of the whole, and under which name.
    pub told: Option<(Arc<str>, Arc<dyn Observer>)>,
}

// === impl Running ===

impl<C: Component> Running<C> {
    /// Starts `component`, whose stages are `segment`. Either everything starts or nothing does.
    pub fn start(
        component: C,
        segment: &dyn Segment<C::In, C::Out>,
        start: Start,
        with_head: impl FnOnce(&mut Launch, &Feeder<C::In>) -> Result<()>,
    ) -> Result<Self, StartError<C>> {
        let prepare = || {
            let mut launch = Launch::new(start.clock)?;
            let output = launch.output(start.output_capacity);
            let feeder = segment.launch(&mut launch, Feeder::new(&output))?;
            launch.mark_entry(&feeder);
            // Stages were made back to front.
            launch.stages.reverse();
            with_head(&mut launch, &feeder)?;
            Ok((launch, output, feeder))
        };
        let (launch, output, feeder) = match prepare() {
            Ok(prepared) => prepared,
            Err(error) => return Err(StartError { component, error }),
        };
        let head = Arc::clone(feeder.queue());
        // Before the first of its stages says so.
        let told = start.told.map(|(name, observer)| Told { name, observer });
        if let Some(told) = &told {
            let stages = launch.stages.len();
            told.tell(|component| Event::ConduitStarted { component, stages });
        }
        let run = Run::start(launch, told);
        Ok(Self {
            component,
            inlet: Inlet::new(Arc::clone(&head), Arc::clone(&run.closing)),
            run,
            head,
            feeder: (!start.has_sources).then_some(feeder),
            output,
        })
    }

    /// Waits for room and takes `item` in: see [`Inlet::submit`].
    pub async fn submit(&self, item: C::In) -> Result<(), Refused<C::In>> {
        self.inlet.submit(item).await
    }

    /// Takes `item` in if there is room now: see [`Inlet::try_submit`].
    pub fn try_submit(&self, item: C::In) -> Result<(), Refused<C::In>> {
        self.inlet.try_submit(item)
    }

    /// As [`submit`](Self::submit), for an item with a receipt: see [`Inlet::submit_item`].
    pub async fn submit_item(&self, item: Item<C::In>) -> Result<(), Refused<Item<C::In>>> {
        self.inlet.submit_item(item).await
    }

    /// Waits for room and takes the item out of `slot`, where it stays if this is cancelled: see
    /// [`Inlet::submit_from`].
    pub async fn submit_from(&self, slot: &mut Option<C::In>) -> Result<(), Refusal> {
        self.inlet.submit_from(slot).await
    }

    /// Takes all of `items` in: see [`Inlet::submit_batch`].
    pub async fn submit_batch(&self, items: &mut Vec<C::In>) -> Result<(), Refusal> {
        self.inlet.submit_batch(items).await
    }

    /// A handle to submit with from elsewhere.
    pub fn inlet(&self) -> Inlet<C::In> {
        self.inlet.clone()
    }

    /// A handle to read the outputs with. Several share the items.
    pub fn output(&self) -> Output<C::Out> {
        Output::new(&self.output)
    }

    /// Every stage at this moment, front first.
    pub fn progress(&self) -> Vec<StageView> {
        self.run.progress()
    }

    /// The run as a graph at this moment: what feeds what, what each part is doing, and which one
    /// holds the others up. Print it, or draw it: see [`Topology`].
    pub fn explain(&self) -> Topology {
        self.run.topology()
    }

    /// Closes the intake, drains front to back, and returns the account. What has not made the
    /// `deadline` comes back as values. A deadline of [`Duration::MAX`] waits for everything, one
    /// of zero stops at once.
    ///
    /// Sources are told to stop; submits are refused from now on. Outputs that exist keep reading;
    /// if none does, the outputs are collected and come back in [`Stopped::outputs`]. Work that is
    /// under way at the deadline is cancelled at its next await: items that a transform holds by
    /// reference come back, those it took by value are counted as abandoned. User code that does
    /// not await is given 250 ms more; see [`Stopped::stuck`].
    ///
    /// It can be awaited anywhere, also outside of the runtime that the run is on.
    ///
    /// Cancelling the stop cancels the run, as dropping it does.
    pub async fn stop(mut self, deadline: Duration) -> Stopped<C> {
        self.feeder = None;
        self.run.begin_stop();
        self.drain(Some(deadline), Batch::new()).await
    }

    /// Lets sources come to their own end, then drains and returns the account. Without a source
    /// it closes the intake at once, as [`stop`](Self::stop) without a deadline does.
    ///
    /// Something has to read the outputs, or the run cannot end: an [`Output`], or a sink.
    ///
    /// Cancelling it cancels the run, as dropping it does.
    pub async fn finish(mut self) -> Stopped<C> {
        if self.feeder.take().is_some() {
            self.run.close_intake();
        }
        self.drain(None, Batch::new()).await
    }

    /// As [`finish`](Self::finish), but begins to stop with `deadline` when `signal` resolves.
    pub async fn finish_or_stop(
        mut self,
        signal: impl Future<Output = ()> + Send,
        deadline: Duration,
    ) -> Stopped<C> {
        if self.feeder.take().is_some() {
            self.run.close_intake();
        }
        let mut unread = Batch::new();
        let Self { run, output, .. } = &mut self;
        let mut signal = pin!(signal);
        let natural = {
            let mut drain = pin!(run.drain(None, output, &mut unread));
            poll_fn(|cx| match drain.as_mut().poll(cx) {
                Poll::Ready(stuck) => Poll::Ready(Some(stuck)),
                Poll::Pending => signal.as_mut().poll(cx).map(|()| None),
            })
            .await
        };
        if let Some(stuck) = natural {
            return self.settle(stuck, unread);
        }
        self.run.begin_stop();
        self.drain(Some(deadline), unread).await
    }

    async fn drain(mut self, deadline: Option<Duration>, mut unread: Batch<C::Out>) -> Stopped<C> {
        let stuck = self.run.drain(deadline, &self.output, &mut unread).await;
        self.settle(stuck, unread)
    }

    fn settle(self, stuck: usize, unread: Batch<C::Out>) -> Stopped<C> {
        let Self { component, run, head, output, .. } = self;
        run.finish();
        let collected = unread.len() as u64;
        let mut outputs = Vec::from(unread);
        outputs.extend(output.take_rest());
        let inputs = head.take_rest();
        let between = run.stages().iter().flat_map(|stage| stage.take_rest()).collect();

        let entry = output.entry();
        let unread_inside = entry.rest.load(Ordering::Relaxed);
        let unread = collected + unread_inside;
        let read = output.taken() - unread;
        // For whoever looks at the run afterwards: they were taken out, but not read.
        entry.returned.store(unread, Ordering::Relaxed);
        let stages = run.accounts(stuck);
        if stuck > 0 {
            run.abandon();
        }
        Stopped {
            component,
            ledger: run.account(&stages, read, unread),
            stages,
            inputs,
            outputs,
            between,
            failures: run.failures(),
            source_errors: run.source_errors(),
            sink_errors: run.sink_errors(),
            stuck,
        }
    }
}

impl<C: Component> fmt::Debug for Running<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("run", &self.run).finish_non_exhaustive()
    }
}

// === impl Start ===

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("clock", &self.clock)
            .field("output_capacity", &self.output_capacity)
            .field("has_sources", &self.has_sources)
            .finish_non_exhaustive()
    }
}

// === impl Stopped ===

impl<C: Component> Stopped<C> {
    /// Whether the ledger balances, nothing came back, nothing failed without a dead-letter port or
    /// was abandoned, and no source or sink failed apart from its items.
    pub fn is_clean(&self) -> bool {
        self.ledger.is_balanced()
            && self.ledger.returned == 0
            && self.ledger.failed == 0
            && self.ledger.abandoned == 0
            && self.stuck == 0
            && self.source_errors.is_empty()
            && self.sink_errors.is_empty()
    }
}

impl<C: Component> fmt::Debug for Stopped<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopped")
            .field("ledger", &self.ledger)
            .field("inputs", &self.inputs.len())
            .field("outputs", &self.outputs.len())
            .field("between", &self.between.len())
            .field("failures", &self.failures)
            .field("source_errors", &self.source_errors)
            .field("sink_errors", &self.sink_errors)
            .field("stuck", &self.stuck)
            .finish_non_exhaustive()
    }
}
