//! What the pages show: looked at once in each interval, however many viewers there are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use electrician_meter::{Meter, Snapshot};
use electrician_wire::Topology;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::history::{History, Written};
use crate::letters::LetterBook;

/// What all viewers share.
#[derive(Clone, Debug)]
pub(crate) struct State(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    meter: Meter,
    letters: LetterBook,
    title: Arc<str>,
    interval: Duration,
    history: Mutex<History>,
    /// The latest look as JSON.
    latest: watch::Sender<Arc<str>>,
}

/// One look at the pipeline.
#[derive(Debug, Serialize)]
struct Look<'a> {
    snapshot: &'a Snapshot,
    bottleneck: Option<Narrow>,
    /// How many dead letters were noted, ever.
    letters: u64,
}

#[derive(Debug, Serialize)]
struct Narrow {
    id: u64,
    why: String,
}

/// What a page gets first.
#[derive(Debug, Serialize)]
struct Hello<'a> {
    title: &'a str,
    /// Milliseconds.
    interval: u128,
    history: Written<'a>,
}

// === impl State ===

impl State {
    pub(crate) fn new(
        meter: Meter,
        letters: LetterBook,
        title: Arc<str>,
        interval: Duration,
        history: Duration,
    ) -> Self {
        let history = Mutex::new(History::new(history, interval));
        let latest = watch::Sender::new("null".into());
        Self(Arc::new(Shared { meter, letters, title, interval, history, latest }))
    }

    /// Looks at the pipeline for ever.
    pub(crate) async fn watch(&self) {
        let mut ticks = interval(self.0.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.look();
        }
    }

    fn look(&self) {
        let snapshot = self.0.meter.snapshot();
        self.history().add(&snapshot);
        let topology = Topology::new(self.0.meter.views());
        let bottleneck = topology
            .bottleneck()
            .map(|found| Narrow { id: found.stage.get(), why: found.to_string() });
        let letters = self.0.letters.count();
        let look = Look { snapshot: &snapshot, bottleneck, letters };
        if let Some(json) = json(&look) {
            self.0.latest.send_replace(json);
        }
    }

    /// The looks from now on, as JSON; a viewer that is slow misses some.
    pub(crate) fn looks(&self) -> watch::Receiver<Arc<str>> {
        self.0.latest.subscribe()
    }

    /// The latest look, as JSON.
    pub(crate) fn latest(&self) -> Arc<str> {
        Arc::clone(&self.0.latest.borrow())
    }

    /// What a page needs to begin with, as JSON.
    pub(crate) fn hello(&self) -> Option<Arc<str>> {
        let history = self.history();
        json(&Hello {
            title: &self.0.title,
            interval: self.0.interval.as_millis(),
            history: history.written(),
        })
    }

    /// The dead letters that are kept, the latest first, as JSON.
    pub(crate) fn letters(&self) -> Option<Arc<str>> {
        json(&self.0.letters.latest())
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.0.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn json(value: &impl Serialize) -> Option<Arc<str>> {
    match serde_json::to_string(value) {
        Ok(text) => Some(text.into()),
        Err(error) => {
            tracing::error!(%error, "a look at the pipeline could not be written");
            None
        }
    }
}
