//! One worker of a stage: what it holds, and how it takes, gives and accounts.

mod dispose;
mod notes;
mod take;
mod timing;

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use electrician_types::{Batch, Event, Ledger, Refusal, StageId, Timer};

use crate::clock;
use crate::dead_letter::DeadLetterPort;
use crate::panics;
use crate::queue::{Feeder, Ticket};
use crate::reorder::{Reorder, Turn};
use crate::signal::{Signal, Watch};
use crate::stage::StageRun;
use crate::sync::Ordering;
use crate::tally::{Activity, Counts, Tally};
use crate::wait::Waiter;

use timing::Timing;

/// One worker of a stage, as its work sees it: `In` is what it takes from the stage's queue, `Out`
/// what it gives to the next stage.
///
/// The account is kept per batch: what is taken is in hand, counts go to [`ledger`](Self::ledger),
/// and [`commit`](Self::commit) publishes both at once.
pub struct Worker<In, Out> {
    pub(crate) stage: Arc<StageRun<In>>,
    /// Raised when the deadline of a stop has passed.
    pub(crate) abort: Watch,
    /// What the batch in hand adds to the account.
    pub(crate) counts: Counts,
    pub(crate) timer: Box<dyn Timer>,
    /// What it has done: its own, among those of the stage.
    tally: Arc<Tally>,
    index: usize,
    lane: usize,
    items: Waiter,
    downstream: Feeder<Out>,
    reorder: Option<Arc<Reorder<Out>>>,
    ticket: Option<Ticket>,
    /// Items in hand that wait for another attempt; they stay in hand when a batch is closed.
    pub(crate) parked: u64,
    since_yield: usize,
    /// The last batch was [`FEW`].
    keeps_up: bool,
    /// The times of the batch in hand, if somebody wants to know them.
    timing: Option<Timing>,
}

/// What the workers of a stage do.
///
/// # Laws
///
/// `serve` returns when [`Worker::take`] says that there will be no more, and accounts for every
/// item it took: handed on, counted in a column of the ledger, or handed back.
pub trait Work<In>: Send + Sync + 'static {
    /// What comes out.
    type Out: Send + 'static;
    /// What each worker has for itself.
    type State: Send + 'static;

    /// Whether it asks the guards of its stage before it works. The default is no.
    const ASKS_GUARDS: bool = false;

    /// Makes the state of worker `index`; called before the run starts and after a panic.
    fn state(&self, index: usize) -> Self::State;

    /// Where failed items go; also those that the stage's queue could not take. The default is
    /// nowhere.
    fn dead_letters(&self) -> Option<&DeadLetterPort<In>> {
        None
    }

    /// The stages it hands items to, if that is not the next one. The default is that it is.
    fn feeds(&self) -> Option<Vec<StageId>> {
        None
    }

    /// Takes, works and gives until there is nothing more to take.
    fn serve(
        &self,
        worker: &mut Worker<In, Self::Out>,
        state: &mut Self::State,
    ) -> impl Future<Output = ()> + Send;
}

// === impl Worker ===

impl<In: Send + 'static, Out: Send + 'static> Worker<In, Out> {
    pub(crate) fn new(
        stage: &Arc<StageRun<In>>,
        index: usize,
        downstream: Feeder<Out>,
        reorder: Option<Arc<Reorder<Out>>>,
        abort: &Arc<Signal>,
    ) -> Self {
        let lane = index % stage.queue.lanes();
        Self {
            stage: Arc::clone(stage),
            abort: abort.watch(),
            counts: Counts::default(),
            timer: stage.clock.timer(),
            tally: Arc::clone(&stage.tallies[index]),
            index,
            lane,
            items: stage.queue.item_waiter(lane),
            downstream,
            reorder,
            ticket: None,
            parked: 0,
            since_yield: 0,
            keeps_up: false,
            timing: Timing::of(stage, index),
        }
    }

    /// Runs `work` until it returns, again after each panic that its own guards did not catch (of
    /// a `Drop`, say): such a panic costs the batch in hand, not the worker.
    pub(crate) async fn supervise<W: Work<In, Out = Out>>(mut self, work: Arc<W>, state: W::State) {
        self.announce();
        let mut state = state;
        while let Err(error) = panics::caught_async(work.serve(&mut self, &mut state)).await {
            let lost = self.counts.taken;
            tracing::error!(component = %self.stage.name, lost, %error, "a worker panicked");
            self.abandon().await;
            let made = panics::caught(|| work.state(self.index));
            let (worker, is_renewed) = (self.index, made.is_ok());
            let error = &error;
            self.stage.observe(|component| Event::WorkerPanicked {
                component,
                worker,
                lost,
                error,
                is_renewed,
            });
            match made {
                Ok(fresh) => state = fresh,
                Err(error) => {
                    tracing::error!(component = %self.stage.name, %error, "a worker gave up");
                    break;
                }
            }
        }
        self.begin(Activity::Absent);
        self.stage.worker_ended();
    }

    fn announce(&self) {
        if self.index == 0 {
            let workers = self.stage.tallies.len();
            self.stage.observe(|component| Event::Started { component, workers });
        }
    }

    // --- give ---

    /// Hands `outputs` on, in the stage's order, and closes the account of the batch in hand.
    pub(crate) async fn deliver(&mut self, outputs: &mut Batch<Out>) {
        let ticket = self.ticket.take();
        self.hand_on(ticket, outputs).await;
        self.commit();
    }

    /// Hands on `outputs`, which are those of the batch in hand but for its last `unfinished`
    /// items, and closes the account of what is finished. For a worker that is about to wait for
    /// something else.
    pub(crate) async fn deliver_but(&mut self, unfinished: u64, outputs: &mut Batch<Out>) {
        if outputs.is_empty() {
            return;
        }
        // What stays in hand keeps its part of the ticket, whatever happens to this one.
        let finished = self.ticket.as_mut().map(|ticket| ticket.split_off_all_but(unfinished));
        self.hand_on(finished, outputs).await;
        self.commit_but(unfinished);
    }

    async fn hand_on(&mut self, ticket: Option<Ticket>, outputs: &mut Batch<Out>) {
        match (self.reorder.clone(), ticket) {
            (Some(reorder), Some(ticket)) => self.deliver_in_turn(&reorder, ticket, outputs).await,
            _ => self.push(outputs).await,
        }
    }

    async fn deliver_in_turn(
        &mut self,
        reorder: &Reorder<Out>,
        ticket: Ticket,
        outputs: &mut Batch<Out>,
    ) {
        let abort = &self.abort;
        match reorder.hand_over(ticket, outputs, || abort.is_raised()).await {
            Some(Turn::Left) => {}
            Some(Turn::Emit) => {
                let mut emitted = ticket;
                loop {
                    self.push(outputs).await;
                    match reorder.after(emitted, outputs) {
                        Some(next) => emitted = next,
                        None => break,
                    }
                }
            }
            // They come back with all that waits, in order.
            None => reorder.leave(ticket, outputs),
        }
    }

    /// Pushes `outputs` to the next stage; what it can never take fails there.
    pub(crate) async fn push(&mut self, outputs: &mut Batch<Out>) {
        let downstream = self.downstream.clone();
        self.push_to(&downstream, outputs).await;
    }

    /// Pushes `outputs` through `feeder`, waiting for room. What can never enter there fails there;
    /// what is left when the run is aborted is handed back.
    pub async fn push_to<T>(&mut self, feeder: &Feeder<T>, outputs: &mut Batch<T>) {
        if outputs.is_empty() {
            return;
        }
        self.begin(Activity::HandingOn);
        if let Some(timing) = &mut self.timing {
            timing.begin_handing_on(outputs);
        }
        self.push_all(feeder, outputs).await;
        if let Some(timing) = &mut self.timing {
            timing.end_handing_on();
        }
        self.begin(Activity::Working);
    }

    async fn push_all<T>(&mut self, feeder: &Feeder<T>, outputs: &mut Batch<T>) {
        loop {
            let before = outputs.len() as u64;
            let pushed = feeder.queue().push(outputs, None).await;
            self.count_delivered(before - outputs.len() as u64, feeder);
            match pushed {
                Ok(()) => return,
                Err(refusal) if refusal != Refusal::Closed => {
                    if feeder.reject(outputs, refusal).await {
                        // It is the next stage's by now, which accounts for it.
                        self.count_delivered(1, feeder);
                        continue;
                    }
                }
                Err(_) => {}
            }
            self.counts.ledger.returned += outputs.len() as u64;
            return feeder.queue().keep_out(std::mem::take(outputs));
        }
    }

    fn count_delivered<T>(&mut self, delivered: u64, feeder: &Feeder<T>) {
        self.counts.ledger.delivered += delivered;
        let entry = feeder.queue().entry();
        if entry.has_handoffs.load(Ordering::Relaxed) {
            entry.handoffs.fetch_add(delivered, Ordering::Relaxed);
        }
    }

    /// Waits for `future`, or `None` when the run is aborted first.
    pub async fn unless_aborted<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        poll_fn(|cx| {
            let output = future.as_mut().poll(cx).map(Some);
            if output.is_pending() { self.abort.poll_raised(cx).map(|()| None) } else { output }
        })
        .await
    }

    /// Waits for `wait` to pass. `false`: the run was aborted meanwhile.
    pub async fn pause(&mut self, wait: Duration) -> bool {
        if wait.is_zero() {
            tokio::task::yield_now().await;
            return !self.abort.is_raised();
        }
        let due = clock::after(&*self.stage.clock, wait);
        self.pause_until(due).await
    }

    /// Waits until `due`. `false`: the run was aborted meanwhile.
    pub(crate) async fn pause_until(&mut self, due: Instant) -> bool {
        self.begin_pause(Activity::Pausing);
        let Self { timer, abort, .. } = self;
        timer.reset(due);
        let is_over = poll_fn(|cx| {
            if abort.poll_raised(cx).is_ready() {
                return Poll::Ready(false);
            }
            timer.poll_elapsed(cx).map(|()| true)
        })
        .await;
        self.end_pause();
        is_over
    }

    /// Whether the run was aborted: nothing more is to be begun.
    pub fn is_aborted(&self) -> bool {
        self.abort.is_raised()
    }

    /// Whether the stage's queue is empty at the moment.
    pub fn is_idle(&self) -> bool {
        self.stage.queue.is_empty()
    }

    /// The stage's name.
    pub fn name(&self) -> &Arc<str> {
        &self.stage.name
    }

    // --- account ---

    /// The columns that the batch in hand adds to.
    pub const fn ledger(&mut self) -> &mut Ledger {
        &mut self.counts.ledger
    }

    /// Closes the account of the batch in hand.
    pub fn commit(&mut self) {
        self.counts.taken -= self.parked;
        let taken = usize::try_from(self.counts.taken).unwrap_or(usize::MAX);
        let emitted = usize::try_from(self.counts.ledger.delivered).unwrap_or(usize::MAX);
        let Ledger { failed, dead_lettered, diverted, dropped, .. } = self.counts.ledger;
        self.tally().park(self.parked);
        self.tally.commit(&mut self.counts);
        self.counts.taken = self.parked;
        if diverted > 0 {
            self.stage.observe(|component| Event::Diverted { component, items: diverted });
        }
        if dropped > 0 {
            self.stage.observe(|component| Event::Dropped { component, items: dropped });
        }
        if taken == 0 && emitted == 0 {
            if let Some(timing) = &mut self.timing {
                timing.carry();
            }
            return;
        }
        if let Some(timing) = &mut self.timing {
            timing.report(taken as u64, emitted as u64, failed + dead_lettered);
        }
        self.stage.observe(|component| Event::Processed { component, taken, emitted });
    }

    /// Closes the account but for `held` items that stay in hand.
    pub fn commit_but(&mut self, held: u64) {
        self.counts.taken -= held;
        self.commit();
        self.counts.taken += held;
    }

    async fn abandon(&mut self) {
        // Those that waited for another attempt are gone as well.
        self.parked = 0;
        let taken = self.counts.taken;
        self.counts = Counts::default();
        self.counts.taken = taken;
        self.counts.ledger.abandoned = taken;
        self.deliver(&mut Batch::new()).await;
    }

    /// The worker waits, for what `activity` says.
    pub(crate) fn begin_pause(&mut self, activity: Activity) {
        self.begin(activity);
        if let Some(timing) = &mut self.timing {
            timing.begin_pause();
        }
    }

    /// The wait is over.
    pub(crate) fn end_pause(&mut self) {
        self.begin(Activity::Working);
        if let Some(timing) = &mut self.timing {
            timing.end_pause();
        }
    }

    /// Notes what the worker is doing from now on.
    pub(crate) fn begin(&self, activity: Activity) {
        self.tally().begin(activity);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl<In, Out> fmt::Debug for Worker<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("stage", &self.stage.name)
            .field("index", &self.index)
            .field("in_hand", &self.counts.taken)
            .finish_non_exhaustive()
    }
}
