//! The task behind a generator: open, read, feed, and again.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use electrician_types::{Batch, Clock, Error, Event, Next, Observer, OpenSource, Result, Source};
use electrician_wire::engine::{Feeder, SourceErrors, StopWatch, caught, caught_async};

use crate::restart::{Exit, Restart};

/// One run of a generator.
pub(crate) struct Pump<P> {
    pub(crate) name: Arc<str>,
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
        let mut restarts = 0;
        loop {
            let mut opened = caught(|| self.plug.open()).and_then(|opened| opened);
            let mut gave_items = false;
            let outcome = match &mut opened {
                Ok(source) => self.pump(source, &feeder, &mut stop, &mut gave_items).await,
                Err(error) => Err(error.clone()),
            };
            restarts = if gave_items { 1 } else { restarts + 1 };
            let source = opened.ok();
            let Some(wait) = self.next_wait(&outcome, restarts) else {
                // The way in is given up first: the pipeline drains while the source closes.
                drop(feeder);
                let closed = close(source).await;
                return self.report(outcome.map(|_| ()).and(closed));
            };
            if let Err(error) = close(source).await {
                tracing::warn!(component = %self.name, %error, "a source did not close cleanly");
            }
            self.announce(restarts, wait, outcome.as_ref().err());
            if !self.pause(wait, &mut stop).await {
                return self.report(outcome.map(|_| ()));
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
        gave_items: &mut bool,
    ) -> Result<Outcome> {
        let mut batch = Batch::with_capacity(self.batch);
        loop {
            let demand = feeder.room().clamp(1, self.batch);
            let read = self.read(source, &mut batch, demand, stop).await;
            if !matches!(read, Some(Ok(Next::More))) {
                source.hand_over(&mut batch);
            }
            *gave_items |= !batch.is_empty();
            let went_in = feeder.feed(&mut batch).await;
            match read {
                None => return Ok(Outcome::Stopped),
                Some(Err(error)) => return Err(error),
                Some(Ok(Next::End)) => return Ok(Outcome::End),
                Some(Ok(Next::More)) if !went_in => return Ok(Outcome::Stopped),
                Some(Ok(Next::More)) => {}
            }
        }
    }

    /// Reads once. `None`: the run stops.
    async fn read(
        &self,
        source: &mut P::Source,
        batch: &mut Batch<ItemOf<P>>,
        demand: usize,
        stop: &mut StopWatch,
    ) -> Option<Result<Next>> {
        if stop.is_stopping() {
            return None;
        }
        let mut reading = pin!(caught_async(source.read(batch, demand)));
        let mut stopping = pin!(stop.stopping());
        poll_fn(|cx| match reading.as_mut().poll(cx) {
            Poll::Ready(read) => Poll::Ready(Some(read.and_then(|read| read))),
            Poll::Pending => stopping.as_mut().poll(cx).map(|()| None),
        })
        .await
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
        let mut timer = self.clock.timer();
        timer.reset(self.clock.now() + wait);
        let mut stopping = pin!(stop.stopping());
        poll_fn(|cx| match stopping.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(false),
            Poll::Pending => timer.poll_elapsed(cx).map(|()| true),
        })
        .await
    }

    fn announce(&self, restart: u32, after: Duration, error: Option<&Error>) {
        let Some(observer) = &self.observer else {
            return;
        };
        let event = Event::Restarting { component: &self.name, restart, after, error };
        if caught(|| observer.observe(&event)).is_err() {
            tracing::debug!(component = %self.name, "an observer panicked");
        }
    }

    fn report(&self, ended: Result<()>) {
        if let Err(error) = ended {
            let error = error.with_component(Cow::Owned(self.name.to_string()));
            tracing::error!(%error, "a source failed");
            self.errors.report(error);
        }
    }
}

async fn close<S: Source>(source: Option<S>) -> Result<()> {
    match source {
        Some(mut source) => caught_async(source.close()).await.and_then(|closed| closed),
        None => Ok(()),
    }
}
