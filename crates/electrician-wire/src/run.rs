//! A started run without its types: tasks, stop, account.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use electrician_types::{
    Batch, Clock, ComponentKind, Error, Event, Inspect, Ledger, Observer, StageView, Timer,
};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::explain::Topology;
use crate::launch::{Launch, Thread};
use crate::panics;
use crate::queue::{MAX_BATCH, Queue};
use crate::signal::Signal;
use crate::stage::{Probe, Wake};
use crate::sync::{Mutex, lock};

/// How long a stop waits, after its deadline, for user code to reach its next await.
const GRACE: Duration = Duration::from_millis(250);

/// The tasks of a started run. Dropping it cancels them.
pub(crate) struct Run {
    /// Inlets refuse from now on.
    pub(crate) closing: Arc<Signal>,
    /// Sources stop from now on.
    stopping: Arc<Signal>,
    has_sources: bool,
    tasks: JoinSet<()>,
    stages: Vec<Arc<dyn Probe>>,
    wakes: Vec<Arc<dyn Wake>>,
    finishers: Vec<Box<dyn Fn() + Send + Sync>>,
    ends: Vec<Arc<dyn Inspect>>,
    source_errors: Arc<Mutex<Vec<Error>>>,
    /// Tasks that ended by panic or with their runtime, and so without an account.
    lost_tasks: usize,
    abort: Arc<Signal>,
    clock: Arc<dyn Clock>,
    /// The runtime of the tasks. Whoever awaits the end may be elsewhere, so time is told and timers
    /// are made inside of it.
    handle: Handle,
    told: Option<Told>,
    is_over: bool,
}

/// Who is told of the start and the end of the whole.
pub(crate) struct Told {
    pub(crate) name: Arc<str>,
    pub(crate) observer: Arc<dyn Observer>,
}

// === impl Told ===

impl Told {
    pub(crate) fn tell<'a>(&'a self, event: impl FnOnce(&'a str) -> Event<'a>) {
        let event = event(&self.name);
        if panics::caught(|| self.observer.observe(&event)).is_err() {
            tracing::debug!(component = %self.name, "an observer panicked");
        }
    }
}

// === impl Run ===

impl Run {
    /// Starts what was prepared.
    pub(crate) fn start(launch: Launch, told: Option<Told>) -> Self {
        let mut tasks = JoinSet::new();
        for (task, thread) in launch.tasks {
            match thread {
                Thread::Shared => tasks.spawn_on(task, &launch.handle),
                Thread::Own => {
                    let runtime = launch.handle.clone();
                    tasks.spawn_blocking_on(move || runtime.block_on(task), &launch.handle)
                }
            };
        }
        Self {
            closing: Arc::default(),
            stopping: launch.stopping,
            has_sources: launch.has_sources,
            tasks,
            stages: launch.stages,
            wakes: launch.wakes,
            finishers: launch.finishers,
            ends: launch.ends,
            source_errors: launch.source_errors,
            lost_tasks: 0,
            abort: launch.abort,
            clock: launch.clock,
            handle: launch.handle,
            told,
            is_over: false,
        }
    }

    /// Every stage at this moment, front first.
    pub(crate) fn progress(&self) -> Vec<StageView> {
        self.stages.iter().map(|stage| stage.view()).collect()
    }

    /// The graph of the run at this moment.
    pub(crate) fn topology(&self) -> Topology {
        let ends = self.ends.iter().map(|end| end.view());
        let mut stages = ends.collect::<Vec<_>>();
        // Sources first, then the stages, then the output.
        let output = stages.iter().position(|end| end.kind == ComponentKind::Output);
        let output = output.map(|at| stages.remove(at));
        stages.extend(self.progress());
        stages.extend(output);
        Topology { stages }
    }

    /// Every stage after the run is over, with `stuck` tasks that did not end.
    pub(crate) fn accounts(&self, stuck: usize) -> Vec<StageView> {
        let mut stages = self.progress();
        if stuck + self.lost_tasks > 0 {
            for stage in &mut stages {
                stage.ledger.abandoned += stage.in_hand;
            }
        }
        stages
    }

    /// Tells sources and inlets that no more is wanted.
    pub(crate) fn begin_stop(&self) {
        self.stopping.raise();
        self.close_intake();
    }

    /// Tells inlets that no more is wanted.
    pub(crate) fn close_intake(&self) {
        self.closing.raise();
        for waiting in &self.wakes {
            waiting.wake_all();
        }
    }

    /// Waits until every task has ended, or until `deadline` has passed; then aborts and gives user
    /// code a moment to notice. While nobody reads `output`, what arrives there goes to `unread`.
    /// Returns how many tasks did not end.
    ///
    /// Cancel-safe: what was read so far is in `unread`, and the run can be drained again.
    pub(crate) async fn drain<T: Send>(
        &mut self,
        deadline: Option<Duration>,
        output: &Queue<T>,
        unread: &mut Batch<T>,
    ) -> usize {
        let mut timer = deadline.and_then(|deadline| self.timer(deadline));
        let mut items = output.item_waiter(0);
        let mut readers = output.reader_waiter();
        let mut drained = output.space_waiter();
        let in_time = poll_fn(|cx| {
            let has_readers = output.poll_unread(cx, &mut readers).is_pending();
            // Only once the intake is closed: what is in flight then is bounded.
            let is_bounded =
                self.stopping.is_raised() || self.closing.is_raised() && !self.has_sources;
            if is_bounded && !has_readers {
                while let Poll::Ready(Some(_)) =
                    output.poll_pop(cx, &mut items, 0, MAX_BATCH, unread)
                {}
            }
            let is_read = !has_readers || output.poll_drained(cx, &mut drained).is_ready();
            if self.poll_tasks(cx).is_ready() && is_read {
                return Poll::Ready(true);
            }
            timer
                .as_mut()
                .map_or(Poll::Pending, |timer| poll_over(cx, &mut **timer).map(|()| false))
        })
        .await;
        if !in_time {
            self.abort();
            self.await_tasks_for(GRACE).await;
        }
        self.is_over = true;
        self.tasks.len()
    }

    /// A timer that elapses `wait` from now; none if that is beyond what the clock can say.
    fn timer(&self, wait: Duration) -> Option<Box<dyn Timer>> {
        let _inside = self.handle.enter();
        let deadline = self.clock.now().checked_add(wait)?;
        let mut timer = self.clock.timer();
        timer.reset(deadline);
        Some(timer)
    }

    /// Waits for the tasks to end, and cancels what is left of them after `limit` of the runtime's
    /// time.
    async fn await_tasks_for(&mut self, limit: Duration) {
        let limit = {
            let _inside = self.handle.enter();
            sleep(limit)
        };
        let mut limit = pin!(limit);
        let is_over = poll_fn(|cx| match self.poll_tasks(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            // As in `poll_over`.
            Poll::Pending => panics::poll_caught(limit.as_mut(), cx).map(|_| false),
        })
        .await;
        if !is_over {
            self.tasks.abort_all();
        }
    }

    /// The account of the whole run, after it is over and the rest was taken out of its queues.
    /// `read` items were delivered to the reader of the output, `unread` were not.
    pub(crate) fn account(&self, stages: &[StageView], read: u64, unread: u64) -> Ledger {
        let mut total = Ledger::default();
        total.delivered = read;
        total.returned = unread;
        for (stage, account) in self.stages.iter().zip(stages) {
            let mut ledger = account.ledger;
            // What one stage delivers to the next is the next one's account: only what comes from
            // outside is accepted, only what goes outside is delivered.
            ledger.accepted = stage.accepted_from_outside();
            if !stage.is_sink() {
                ledger.delivered = 0;
            }
            total += ledger;
            stage.announce_stop(&account.ledger);
        }
        if let Some(told) = &self.told {
            told.tell(|component| Event::ConduitStopped { component, ledger: &total });
        }
        total
    }

    /// Moves what waits outside any queue into the queue it was bound for.
    pub(crate) fn finish(&self) {
        for finish in &self.finishers {
            finish();
        }
    }

    /// Nobody will take what tasks that did not end still leave behind.
    pub(crate) fn abandon(&self) {
        for holder in &self.wakes {
            holder.abandon();
        }
    }

    pub(crate) fn stages(&self) -> &[Arc<dyn Probe>] {
        &self.stages
    }

    pub(crate) fn failures(&self) -> Vec<Error> {
        self.stages.iter().flat_map(|stage| stage.failures()).collect()
    }

    pub(crate) fn sink_errors(&self) -> Vec<Error> {
        self.stages.iter().flat_map(|stage| stage.faults()).collect()
    }

    pub(crate) fn source_errors(&self) -> Vec<Error> {
        lock(&self.source_errors).clone()
    }

    fn abort(&self) {
        self.begin_stop();
        self.abort.raise();
        for waiting in &self.wakes {
            waiting.wake_all();
        }
    }

    fn poll_tasks(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(ended) = std::task::ready!(self.tasks.poll_join_next(cx)) {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of the run did not come to its end");
                self.lost_tasks += 1;
                if let Ok(payload) = error.try_into_panic() {
                    panics::discard(payload);
                }
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.is_over {
            self.abort();
            self.tasks.abort_all();
            self.abandon();
            tracing::warn!("a running pipeline was dropped without a stop; its items were nacked");
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("stages", &self.progress())
            .field("tasks", &self.tasks.len())
            .field("stopping", &self.stopping.is_raised())
            .finish_non_exhaustive()
    }
}

/// Waits for `timer`. The timers of a runtime that is gone panic; no time passes there any more, so
/// the wait is over.
fn poll_over(cx: &mut Context<'_>, timer: &mut dyn Timer) -> Poll<()> {
    panics::caught(|| timer.poll_elapsed(cx)).unwrap_or(Poll::Ready(()))
}
