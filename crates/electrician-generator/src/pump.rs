//! The task behind a generator: open, read, feed, and again.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use electrician_types::{
    Batch, Clock, Error, ErrorKind, Event, Next, Observer, OpenSource, Result, Source,
};
use electrician_wire::engine::{Feeder, SourceErrors, StopWatch, caught, caught_async, give_way};

use crate::intake::{Activity, Intake};
use crate::restart::{Exit, Restart};

/// A source that never waits gives way to other tasks after this many items.
const GIVE_WAY_AFTER: usize = 256;

/// One run of a generator.
pub(crate) struct Pump<P> {
    pub(crate) name: Arc<str>,
    /// What is seen of it.
    pub(crate) intake: Arc<Intake>,
    pub(crate) plug: Arc<P>,
    pub(crate) restart: Restart,
    pub(crate) batch: usize,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) errors: SourceErrors,
}

/// Why a source is no longer read.
enum Outcome {
    /// The source has no more.
    End,
    /// The run wants no more.
    Stopped,
}

type ItemOf<P> = <<P as OpenSource>::Source as Source>::Item;

// === impl Pump ===

impl<P: OpenSource> Pump<P> {
    pub(crate) async fn run(self, feeder: Feeder<ItemOf<P>>, mut stop: StopWatch) {
        let mut feeder = Some(feeder);
        let (mut restarts, mut items) = (0, 0);
        self.observe(&Event::SourceStarted { component: &self.name });
        while let Some(way) = &feeder {
            self.intake.begin(Activity::Reading);
            let mut opened = caught(|| self.plug.open()).and_then(|opened| opened);
            let before = items;
            let outcome = match &mut opened {
                Ok(source) => self.pump(source, way, &mut stop, &mut items).await,
                Err(error) => Err(error.clone()),
            };
            restarts = if items > before { 1 } else { restarts + 1 };
            let wait = self.next_wait(&outcome, restarts);
            if wait.is_none() {
                // The way in is given up first: the pipeline drains while the source closes.
                feeder = None;
            }
            let closed = match opened {
                Ok(source) => self.close(source, &mut feeder, &mut stop).await,
                Err(_) => Ok(()),
            };
            let (Some(wait), true) = (wait, feeder.is_some()) else {
                self.report(outcome.as_ref().err());
                self.report(closed.as_ref().err());
                return self.announce_end(items, outcome.err().or(closed.err()).as_ref());
            };
            if let Err(error) = &closed {
                tracing::warn!(component = %self.name, %error, "a source did not close cleanly");
            }
            self.announce(restarts, wait, outcome.as_ref().err());
            if !self.pause(wait, &mut stop).await {
                let error = outcome.err().or(closed.err());
                self.report(error.as_ref());
                return self.announce_end(items, error.as_ref());
            }
        }
    }

    /// Reads and feeds until the source ends or fails, or the run stops. What was read enters the
    /// pipeline or is handed back, whatever happens.
    async fn pump(
        &self,
        source: &mut P::Source,
        feeder: &Feeder<ItemOf<P>>,
        stop: &mut StopWatch,
        items: &mut u64,
    ) -> Result<Outcome> {
        let mut batch = Batch::with_capacity(self.batch.min(GIVE_WAY_AFTER));
        let mut since_yield = 0;
        loop {
            let read = self.read(source, &mut batch, feeder, stop).await;
            since_yield += batch.len().max(1);
            *items += batch.len() as u64;
            self.intake.note(*items);
            self.intake.begin(Activity::Feeding);
            let goes_on = matches!(read, Some(Ok(Next::More))) && feeder.feed(&mut batch).await;
            if !goes_on {
                let read_before = batch.len();
                let handed = caught(|| source.hand_over(&mut batch));
                *items += (batch.len() - read_before) as u64;
                self.intake.note(*items);
                feeder.feed(&mut batch).await;
                return match read {
                    Some(Err(error)) => Err(error),
                    _ if handed.is_err() => Err(handed.expect_err("checked just now")),
                    Some(Ok(Next::End)) => Ok(Outcome::End),
                    Some(Ok(Next::More)) | None => Ok(Outcome::Stopped),
                };
            }
            if since_yield >= GIVE_WAY_AFTER {
                since_yield = 0;
                give_way().await;
            }
        }
    }

    /// Waits for room and reads once. `None`: the run stops.
    async fn read(
        &self,
        source: &mut P::Source,
        batch: &mut Batch<ItemOf<P>>,
        feeder: &Feeder<ItemOf<P>>,
        stop: &mut StopWatch,
    ) -> Option<Result<Next>> {
        if stop.is_stopping() {
            return None;
        }
        let mut reading = pin!(Some(caught_async(async {
            self.intake.begin(Activity::Feeding);
            feeder.has_room().await;
            self.intake.begin(Activity::Reading);
            let demand = feeder.room().clamp(1, self.batch);
            source.read(batch, demand).await
        })));
        let mut stopping = pin!(stop.stopping());
        // The stop first: nothing more is read then.
        let read =
            poll_fn(|cx| match (stopping.as_mut().poll(cx), reading.as_mut().as_pin_mut()) {
                (Poll::Pending, Some(reading)) => {
                    reading.poll(cx).map(|read| Some(read.and_then(|read| read)))
                }
                _ => Poll::Ready(None),
            })
            .await;
        // To drop what was cut short is user code, too: a panic must not cost what was read.
        let dropped = caught(|| reading.set(None));
        read.or_else(|| dropped.err().map(Err))
    }

    /// Closes the source. When the run begins to stop meanwhile, the way in is given up, for the
    /// close may wait for what the pipeline still holds; at the deadline it is cancelled.
    async fn close(
        &self,
        mut source: P::Source,
        feeder: &mut Option<Feeder<ItemOf<P>>>,
        stop: &mut StopWatch,
    ) -> Result<()> {
        let mut closing = Box::pin(caught_async(source.close()));
        let early = {
            let mut stopping = pin!(stop.stopping());
            poll_fn(|cx| match closing.as_mut().poll(cx) {
                Poll::Ready(closed) => Poll::Ready(Some(closed)),
                Poll::Pending => stopping.as_mut().poll(cx).map(|()| None),
            })
            .await
        };
        let closed = if early.is_some() {
            early
        } else {
            *feeder = None;
            stop.unless_aborted(&mut closing).await
        };
        // To drop a source is user code, too: a panic must not cost the report or the restart.
        let dropped = caught(|| drop(closing)).and(caught(|| drop(source)));
        let cancelled = || Error::new(ErrorKind::Cancelled, "closing the source");
        closed.ok_or_else(cancelled).flatten().flatten().and(dropped)
    }

    fn next_wait(&self, outcome: &Result<Outcome>, restarts: u32) -> Option<Duration> {
        match outcome {
            Ok(Outcome::Stopped) => None,
            Ok(Outcome::End) => self.restart.next_wait(restarts, Exit::End),
            Err(error) => self.restart.next_wait(restarts, Exit::Failed(error)),
        }
    }

    /// Waits before a restart. `false`: the run stops.
    async fn pause(&self, wait: Duration, stop: &mut StopWatch) -> bool {
        self.intake.begin(Activity::Pausing);
        if wait.is_zero() {
            // A timer that has elapsed already lets nobody else run.
            give_way().await;
            return !stop.is_stopping();
        }
        let mut timer = self.clock.timer();
        // A moment beyond what the clock can say does not come.
        if let Some(at) = self.clock.now().checked_add(wait) {
            timer.reset(at);
        }
        let mut stopping = pin!(stop.stopping());
        poll_fn(|cx| match stopping.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(false),
            Poll::Pending => timer.poll_elapsed(cx).map(|()| true),
        })
        .await
    }

    fn announce(&self, restart: u32, after: Duration, error: Option<&Error>) {
        self.observe(&Event::Restarting { component: &self.name, restart, after, error });
    }

    fn announce_end(&self, items: u64, error: Option<&Error>) {
        self.intake.begin(Activity::Absent);
        self.observe(&Event::SourceEnded { component: &self.name, items, error });
    }

    fn observe(&self, event: &Event<'_>) {
        let Some(observer) = &self.observer else {
            return;
        };
        if caught(|| observer.observe(event)).is_err() {
            tracing::debug!(component = %self.name, "an observer panicked");
        }
    }

    fn report(&self, error: Option<&Error>) {
        if let Some(error) = error {
            let error = error.clone().with_component(Cow::Owned(self.name.to_string()));
            tracing::error!(%error, "a source failed");
            self.errors.report(error);
        }
    }
}
