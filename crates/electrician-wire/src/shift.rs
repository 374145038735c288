//! A worker at work: take a batch, ask the guards, transform each item, recover failures, deliver.

use std::time::{Duration, Instant, SystemTime};

use electrician_types::{Error, ErrorKind, Item, NackReason};

use crate::clock;
use crate::desk::Desk;
use crate::guards::{Closed, Diversion, Guards, Held, WhenDenied};
use crate::panics;
use crate::park::{Park, Parked};
use crate::process::{Process, Processor};
use crate::worker::Worker;

/// How often a worker tries to make its state anew after a panic.
const STATE_ATTEMPTS: usize = 3;

/// Everything that a worker of a transforming stage has at hand, from its start to its end.
pub(crate) struct Shift<'a, P: Processor<In>, In> {
    pub(crate) process: &'a Process<P, In>,
    pub(crate) state: &'a mut P::State,
    pub(crate) worker: &'a mut Worker<In, P::Out>,
    pub(crate) desk: Desk<In, P::Out>,
    pub(crate) park: Park<In>,
    pub(crate) guards: Option<&'a Guards<In>>,
}

/// Whether a worker can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Going {
    On,
    /// The run was aborted, or the worker's state cannot be made anew.
    Home,
}

/// What a failed item has behind it.
struct History {
    attempts: u32,
    first_seen: SystemTime,
}

use Going::{Home, On};

// === impl Shift ===

impl<P, In> Shift<'_, P, In>
where
    In: Send + 'static,
    P: Processor<In>,
{
    pub(crate) async fn serve(&mut self) {
        while self.next().await {
            let going =
                if self.desk.inbox.is_empty() { self.try_again().await } else { self.work().await };
            self.close_batch().await;
            if going == Home && !self.worker.is_aborted() {
                tracing::error!(component = %self.worker.name(), "a worker gave up: no new state");
                break;
            }
        }
        let rest = self.park.drain();
        self.worker.parked = 0;
        self.worker.leave_inputs(rest);
        self.worker.commit();
    }

    /// Takes a batch, or waits until a parked item is due: then the inbox is empty. `false`: there
    /// is nothing more to do.
    async fn next(&mut self) -> bool {
        let Self { process, worker, desk, park, .. } = self;
        let Some(due) = park.next_due() else {
            return worker.take(process.max_batch, &mut desk.inbox).await;
        };
        if !park.has_room() {
            return worker.pause_until(due).await;
        }
        worker.timer.reset(due);
        match worker.take_before_timer(process.max_batch, &mut desk.inbox).await {
            Some(true) => {
                park.hold_back(&mut desk.inbox);
                worker.parked = park.len() as u64;
                true
            }
            // The queue has ended. Those that wait are still to be done.
            Some(false) => worker.pause_until(due).await,
            None => true,
        }
    }

    /// Works on the batch in the inbox.
    async fn work(&mut self) -> Going {
        let Some(guards) = self.guards else {
            return self.run(&mut None).await;
        };
        if self.desk.inbox.is_empty() {
            return On;
        }
        let mut asked = guards.admit(self.desk.inbox.len());
        // Most often there is leave for the whole batch, which then stays where it is.
        if !matches!(&asked, Ok(held) if held.left() == self.desk.inbox.len()) {
            std::mem::swap(&mut self.desk.inbox, &mut self.desk.waiting);
        }
        loop {
            let leave = match asked {
                Ok(held) => Ok(held),
                Err(closed) => self.leave_past(closed, guards, self.desk.waiting.len()).await,
            };
            let held = match leave {
                Ok(held) => held,
                Err(None) => return Home,
                Err(Some(way)) => {
                    self.divert_waiting(way).await;
                    return On;
                }
            };
            if self.desk.inbox.is_empty() {
                self.desk.call_up(held.left());
            }
            let mut held = Some(held);
            if self.run(&mut held).await == Home {
                return Home;
            }
            drop(held);
            if self.desk.waiting.is_empty() {
                return On;
            }
            self.park.hold_back(&mut self.desk.waiting);
            self.note_parked();
            if self.desk.waiting.is_empty() {
                return On;
            }
            asked = guards.admit(self.desk.waiting.len());
        }
    }

    /// Works through the inbox; with leave only up to the first failure, and what is behind it waits
    /// for leave again.
    async fn run(&mut self, held: &mut Option<Held<'_>>) -> Going {
        loop {
            let before = self.desk.inbox.len();
            let start = self.start_timing(held.as_ref());
            let Self { process, state, worker, desk, .. } = self;
            let ran = process.processor.run(state, desk, worker, process.timeout).await;
            let done = before - self.desk.inbox.len();
            let failed = usize::from(ran.is_err());
            self.deposit(done - failed);
            let was_cut_short = failed > 0 && self.worker.is_aborted();
            self.settle(held, done - failed, if was_cut_short { 0 } else { failed }, start);
            let Err(error) = ran else {
                return if self.worker.is_aborted() { Home } else { On };
            };
            // Leave that is not used goes back before anything is waited for: the next attempt may
            // need it.
            let is_guarded = held.take().is_some();
            let history = History { attempts: 1, first_seen: SystemTime::now() };
            if self.recover(error, history).await == Home {
                return Home;
            }
            self.park.hold_back(&mut self.desk.inbox);
            self.note_parked();
            if is_guarded {
                // A failure may have changed a guard's mind about those behind it.
                self.desk.inbox.append(&mut self.desk.waiting);
                std::mem::swap(&mut self.desk.inbox, &mut self.desk.waiting);
                return On;
            }
        }
    }

    /// Tries those again that are due.
    async fn try_again(&mut self) -> Going {
        while let Some((due, mut behind)) = self.park.take_due(self.worker.stage.clock.now()) {
            let key = due.key();
            // What waited behind it stays in hand with those that are parked.
            self.worker.parked = (self.park.len() + behind.len()) as u64;
            let going = self.attempt_parked(due).await;
            self.park.put_behind(key, &mut behind);
            self.note_parked();
            self.desk.inbox.append(&mut behind);
            if going == Home || self.work().await == Home {
                return Home;
            }
        }
        On
    }

    async fn attempt_parked(&mut self, parked: Parked<In>) -> Going {
        let Parked { item, attempts, first_seen, .. } = parked;
        self.desk.lay(item);
        match self.attempt().await {
            Ok(Some(error)) => {
                self.recover(error, History { attempts: attempts + 1, first_seen }).await
            }
            Ok(None) => {
                self.worker.note_recovery(attempts + 1);
                On
            }
            Err(going) => going,
        }
    }

    /// Tries the item under way once more, with leave. Gives the error if it failed; `Err` if it
    /// was not tried, and is off the desk.
    async fn attempt(&mut self) -> Result<Option<Error>, Going> {
        let mut held = None;
        if let Some(guards) = self.guards {
            match self.leave(guards, 1).await {
                Ok(leave) => held = Some(leave),
                Err(None) => {
                    self.hand_back();
                    return Err(Home);
                }
                Err(Some(way)) => {
                    if let Some(item) = self.desk.take_item() {
                        self.divert(way, item).await;
                    }
                    return Err(On);
                }
            }
        }
        self.worker.counts.ledger.retried += 1;
        let start = self.start_timing(held.as_ref());
        let Self { process, state, worker, desk, .. } = self;
        let tried = process.processor.again(state, desk, worker, process.timeout).await;
        let was_cut_short = tried.is_err() && self.worker.is_aborted();
        let failed = usize::from(tried.is_err() && !was_cut_short);
        self.settle(&mut held, usize::from(tried.is_ok()), failed, start);
        Ok(match tried {
            Ok(()) => {
                self.desk.complete(&mut self.worker.counts.ledger);
                self.deposit(1);
                None
            }
            Err(error) => Some(error),
        })
    }

    /// The item under way failed with `error`: retries it as the policy says, then disposes of it.
    async fn recover(&mut self, mut error: Error, mut history: History) -> Going {
        loop {
            let is_fit = self.renew_after(&error);
            self.desk.roll_back();
            if self.worker.is_aborted() {
                self.hand_back();
                return Home;
            }
            let retry = self.process.retry.as_ref().filter(|_| self.desk.has_item() && is_fit);
            let wait = retry.and_then(|retry| retry.next_wait(history.attempts, &error));
            let Some(after) = wait else {
                self.dispose(error, &history).await;
                return if is_fit { On } else { Home };
            };
            self.worker.note_retry(history.attempts, after, &error);
            if !after.is_zero() && self.park.has_room() {
                self.set_aside(after, &history);
                return On;
            }
            self.hand_on_finished().await;
            if !self.worker.pause(after).await {
                self.hand_back();
                return Home;
            }
            history.attempts += 1;
            match self.attempt().await {
                Ok(Some(next)) => error = next,
                Ok(None) => {
                    self.worker.note_recovery(history.attempts);
                    return On;
                }
                Err(going) => return going,
            }
        }
    }

    /// The item under way waits beside the worker.
    fn set_aside(&mut self, after: Duration, history: &History) {
        let due = clock::after(&*self.worker.stage.clock, after);
        if let Some(item) = self.desk.take_item() {
            self.park.add(item, history.attempts, history.first_seen, due);
            self.note_parked();
        }
    }

    /// Parked items stay in hand when a batch is closed.
    fn note_parked(&mut self) {
        self.worker.parked = self.park.len() as u64;
    }

    /// The item under way failed for good.
    async fn dispose(&mut self, error: Error, history: &History) {
        let port = self.process.dead_letters.as_ref();
        if let Some(item) = self.desk.take_item() {
            let History { attempts, first_seen } = *history;
            let disposed = self.worker.try_dispose(item, error, attempts, first_seen, port);
            if let Err(posting) = disposed {
                self.hand_on_finished().await;
                self.worker.post(posting).await;
            }
        } else {
            self.desk.give_up(NackReason::Failed);
            let error = self.worker.stage.own(error);
            self.worker.note_failure(&error, history.attempts, false);
            self.worker.counts.ledger.failed += 1;
        }
    }

    /// Hands on what came of the items before those that are not finished: it is done and need not
    /// wait with them.
    async fn hand_on_finished(&mut self) {
        let unfinished = self.desk.unfinished();
        self.worker.deliver_but(unfinished, &mut self.desk.outbox).await;
        self.desk.restart_outbox();
    }

    /// The run was aborted while an item was under way: it goes back as a value if the transform
    /// left it on the desk, and is counted as abandoned if not.
    fn hand_back(&mut self) {
        if let Some(item) = self.desk.take_item() {
            self.worker.leave_inputs([item]);
        } else {
            self.desk.give_up(NackReason::Dropped);
            self.worker.counts.ledger.abandoned += 1;
        }
    }

    /// After a panic, which may have left the state half changed, makes it anew. `false`: it cannot
    /// be made, so the worker cannot go on.
    fn renew_after(&mut self, error: &Error) -> bool {
        error.kind() != ErrorKind::Panicked
            || (0..STATE_ATTEMPTS).any(|_| {
                let fresh = panics::caught(|| self.process.processor.state());
                // Dropping the old one is user code as well.
                fresh.map(|fresh| drop(panics::caught(|| *self.state = fresh))).is_ok()
            })
    }

    /// Hands on the outputs; what could not be worked on goes back.
    async fn close_batch(&mut self) {
        for rest in [&mut self.desk.inbox, &mut self.desk.waiting] {
            if !rest.is_empty() {
                self.worker.leave_inputs(std::mem::take(rest));
            }
        }
        self.worker.deliver(&mut self.desk.outbox).await;
    }

    // --- guards ---

    /// Waits for leave to make up to `want` attempts. `Err(None)`: the run was aborted;
    /// `Err(Some(way))`: items are to go that way instead.
    async fn leave<'g>(
        &mut self,
        guards: &'g Guards<In>,
        want: usize,
    ) -> Result<Held<'g>, Option<&'g Diversion<In>>> {
        match guards.admit(want) {
            Ok(held) => Ok(held),
            Err(closed) => self.leave_past(closed, guards, want).await,
        }
    }

    /// As [`leave`](Self::leave), after a guard gave none.
    async fn leave_past<'g>(
        &mut self,
        mut closed: Closed<'g, In>,
        guards: &'g Guards<In>,
        want: usize,
    ) -> Result<Held<'g>, Option<&'g Diversion<In>>> {
        loop {
            if let WhenDenied::Divert(way) = closed.when {
                return Err(Some(way));
            }
            self.hand_on_before_waiting().await;
            if !self.worker.await_leave(closed.guard).await {
                return Err(None);
            }
            match guards.admit(want) {
                Ok(held) => return Ok(held),
                Err(again) => closed = again,
            }
        }
    }

    /// As [`hand_on_finished`](Self::hand_on_finished), whether an item is under way or not.
    async fn hand_on_before_waiting(&mut self) {
        let under_way = u64::from(self.desk.has_item());
        let unfinished = self.desk.unfinished() - 1 + under_way;
        self.worker.deliver_but(unfinished, &mut self.desk.outbox).await;
        self.desk.restart_outbox();
    }

    async fn divert_waiting(&mut self, way: &Diversion<In>) {
        self.hand_on_before_waiting().await;
        while let Some(item) = self.desk.waiting.take() {
            self.divert(way, item).await;
            if self.worker.is_aborted() {
                return;
            }
        }
    }

    /// Sends an item another way. What is refused there has failed.
    async fn divert(&mut self, way: &Diversion<In>, item: Item<In>) {
        match self.worker.unless_aborted(way.divert(item)).await {
            Some(Ok(())) => self.worker.counts.ledger.diverted += 1,
            Some(Err(refused)) => {
                let error = Error::new(ErrorKind::Denied, "diverting").with_source(refused.reason);
                let port = self.process.dead_letters.as_ref();
                self.worker.dispose(refused.item, error, 1, SystemTime::now(), port).await;
            }
            // It went down with the way.
            None => self.worker.counts.ledger.abandoned += 1,
        }
    }

    fn start_timing(&self, held: Option<&Held<'_>>) -> Option<Instant> {
        let is_timing = held.is_some_and(Held::is_timing);
        is_timing.then(|| self.worker.stage.clock.now())
    }

    fn settle(
        &self,
        held: &mut Option<Held<'_>>,
        successes: usize,
        failures: usize,
        start: Option<Instant>,
    ) {
        if let Some(held) = held {
            let now = || self.worker.stage.clock.now();
            let elapsed =
                start.map_or(Duration::ZERO, |start| now().saturating_duration_since(start));
            held.settle(successes, failures, elapsed);
        }
    }

    /// Successes pay for retries, where there is a budget.
    fn deposit(&self, successes: usize) {
        if let Some(retry) = &self.process.retry {
            retry.deposit(successes);
        }
    }
}
