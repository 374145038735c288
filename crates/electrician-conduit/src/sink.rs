//! The stage that ends a conduit.

mod write;

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use electrician_types::{Batch, Clock, Error, ErrorKind, Guard, Observer, Result, Sink};
use electrician_wire::engine::{Feeder, Guards, Launch, MAX_CAPACITY, Segment, StagePlan, caught};
use electrician_wire::{DeadLetterPort, Retry, WhenDenied};

use write::Write;

/// What comes out of a conduit that ends in a sink: nothing.
pub type Ended = Infallible;

/// Takes everything and keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

/// A sink with its settings.
///
/// One task writes, in the order items come. The sink is used by one run at a time and is kept
/// from run to run: it is opened at each start and closed at each end.
#[must_use = "a sink stage does nothing until a conduit gets it"]
pub struct SinkStage<T, S> {
    plan: StagePlan<T>,
    place: Arc<Mutex<Option<S>>>,
    retry: Option<Retry>,
    dead_letters: Option<DeadLetterPort<T>>,
    guards: Guards<T>,
}

/// The way to a sink after its runs: see [`SinkStage::handle`].
pub struct SinkHandle<S> {
    place: Arc<Mutex<Option<S>>>,
}

// === impl SinkStage ===

impl<T: Send + 'static, S: Sink<T>> SinkStage<T, S> {
    /// `sink` by the name `name`.
    pub fn new(name: impl Into<Arc<str>>, sink: S) -> Self {
        Self {
            plan: StagePlan::sink(name),
            place: Arc::new(Mutex::new(Some(sink))),
            retry: None,
            dead_letters: None,
            guards: Guards::new(),
        }
    }

    /// A handle to take the sink back with when the run is over: for what it collected or counted,
    /// or to give a writer its due.
    pub fn handle(&self) -> SinkHandle<S> {
        SinkHandle { place: Arc::clone(&self.place) }
    }

    /// Sets how many items wait for the sink at most. Default: 1024.
    pub fn with_capacity(mut self, items: usize) -> Self {
        self.plan.capacity = items;
        self
    }

    /// Tries a write that failed again; the items behind wait. Default: one attempt.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sends items that could not be written to `port`. Default: they are counted as failed and
    /// logged.
    pub fn with_dead_letters(mut self, port: DeadLetterPort<T>) -> Self {
        self.dead_letters = Some(port);
        self
    }

    /// Has `guard` asked before each write, which is one attempt whatever the number of its items,
    /// at most 64: it succeeds or fails as the write does. `when` says what happens to items while
    /// the guard gives no leave. [`WhenDenied::Reject`] is [`WhenDenied::Pause`] here, where no
    /// submit could be refused. Opening, flushing and closing are not guarded; what was written is
    /// flushed before a wait.
    ///
    /// At most four guards, asked in the order in which they are given.
    pub fn with_guard(mut self, guard: impl Guard, when: WhenDenied<T>) -> Self {
        self.guards.add(guard, when);
        self
    }

    /// Watches the stage.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.plan = self.plan.with_observer(observer);
        self
    }

    /// Takes the time from `clock`. Default: the conduit's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.plan = self.plan.with_clock(clock);
        self
    }
}

impl<T: Send + 'static, S: Sink<T>> Segment<T, Ended> for SinkStage<T, S> {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Ended>) -> Result<Feeder<T>> {
        if lock(&self.place).is_none() {
            let message = "the sink is still in use by another run, or was taken back: stop that \
                           run first, or build the conduit with a new sink";
            return Err(
                Error::new(ErrorKind::Config, message).with_component(self.plan.name.to_string())
            );
        }
        let work = Write {
            place: Arc::clone(&self.place),
            retry: self.retry.clone(),
            dead_letters: self.dead_letters.clone(),
        };
        let feeder = launch.stage(self.plan.clone(), &Arc::new(work), downstream)?;
        feeder.guard(self.guards.clone());
        Ok(feeder)
    }

    fn problems(&self, into: &mut Vec<String>) {
        let name = &self.plan.name;
        if name.is_empty() {
            into.push("the name of a sink is empty: errors and logs need one".into());
        }
        if self.plan.capacity == 0 {
            into.push(format!(
                "sink {name:?}: a queue of capacity 0 takes nothing: give at least 1"
            ));
        }
        if self.plan.capacity > MAX_CAPACITY {
            into.push(format!(
                "sink {name:?}: a queue of more than {MAX_CAPACITY} items is allocated at once: \
                 give a smaller capacity"
            ));
        }
        into.extend(
            self.guards.problems().into_iter().map(|text| format!("sink {name:?}: {text}")),
        );
        if let Some(retry) = &self.retry {
            into.extend(retry.problems().into_iter().map(|text| format!("sink {name:?}: {text}")));
        }
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        into.push(Arc::clone(&self.plan.name));
    }
}

impl<T, S> fmt::Debug for SinkStage<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkStage").field("plan", &self.plan).finish_non_exhaustive()
    }
}

// === impl SinkHandle ===

impl<S> SinkHandle<S> {
    /// The sink, unless a run uses it or it was taken already. Without it the conduit does not start
    /// again.
    pub fn take(&self) -> Option<S> {
        lock(&self.place).take()
    }
}

impl<S> Clone for SinkHandle<S> {
    fn clone(&self) -> Self {
        Self { place: Arc::clone(&self.place) }
    }
}

impl<S> fmt::Debug for SinkHandle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkHandle").field("is_there", &lock(&self.place).is_some()).finish()
    }
}

// === impl Discard ===

impl<T: Send + 'static> Sink<T> for Discard {
    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        // A value whose drop panics is gone all the same, and it is not the next one's fault.
        while caught(|| batch.accept_all()).is_err() {}
        Ok(())
    }
}

fn lock<S>(place: &Mutex<Option<S>>) -> MutexGuard<'_, Option<S>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
