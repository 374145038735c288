//! A started run without its types: tasks, stop, account.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use electrician_types::{Batch, Clock, Error, Ledger};
use tokio::task::JoinSet;

use crate::launch::{Launch, Thread};
use crate::queue::{MAX_BATCH, Queue};
use crate::signal::Signal;
use crate::stage::{Probe, StageProgress, Wake};
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
    source_errors: Arc<Mutex<Vec<Error>>>,
    /// Tasks that ended by panic or with their runtime, and so without an account.
    lost_tasks: usize,
    abort: Arc<Signal>,
    clock: Arc<dyn Clock>,
    is_over: bool,
}

// === impl Run ===

impl Run {
    /// Starts what was prepared.
    pub(crate) fn start(launch: Launch) -> Self {
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
            source_errors: launch.source_errors,
            lost_tasks: 0,
            abort: launch.abort,
            clock: launch.clock,
            is_over: false,
        }
    }

    /// Every stage at this moment, front first.
    pub(crate) fn progress(&self) -> Vec<StageProgress> {
        self.stages.iter().map(|stage| stage.progress()).collect()
    }

    /// Every stage after the run is over, with `stuck` tasks that did not end.
    pub(crate) fn accounts(&self, stuck: usize) -> Vec<StageProgress> {
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
        // A deadline beyond what the clock can say is no deadline.
        let deadline = deadline.and_then(|deadline| self.clock.now().checked_add(deadline));
        let mut timer = deadline.map(|deadline| {
            let mut timer = self.clock.timer();
            timer.reset(deadline);
            timer
        });
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
            timer.as_mut().map_or(Poll::Pending, |timer| timer.poll_elapsed(cx).map(|()| false))
        })
        .await;
        if !in_time {
            self.abort();
            let ended = poll_fn(|cx| self.poll_tasks(cx));
            if tokio::time::timeout(GRACE, ended).await.is_err() {
                self.tasks.abort_all();
            }
        }
        self.is_over = true;
        self.tasks.len()
    }

    /// The account of the whole run, after it is over and the rest was taken out of its queues.
    /// `read` items were delivered to the reader of the output, `unread` were not.
    pub(crate) fn account(&self, stages: &[StageProgress], read: u64, unread: u64) -> Ledger {
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
