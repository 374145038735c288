//! The handle.

use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use electrician_types::{Clock, Event, Inspect, Ledger, Observer, StageObserver};

use crate::builder::MeterBuilder;
use crate::clock::{after, until};
use crate::custom::{Counter, Customs, Gauge, Histogram, Metric, SECONDS, Timer};
use crate::error::MeterError;
use crate::events::Events;
use crate::latency::Merger;
use crate::registry::Registry;
use crate::snapshot::StageState;

/// Counts and times what runs. Clones are the same meter.
///
/// One line attaches it to a wire, a conduit, a sink, a generator or a breaker:
/// `.with_observer(meter.clone())`.
#[derive(Clone)]
pub struct Meter {
    pub(crate) core: Arc<Core>,
    pipeline: Arc<str>,
}

pub(crate) struct Core {
    pub(crate) name: Arc<str>,
    pub(crate) expected: AtomicU64,
    pub(crate) clock: Arc<dyn Clock>,
    epoch: Instant,
    sample_every: Duration,
    registry: Mutex<Registry>,
    /// Held by whoever takes a reading, so that they come in order. Never together with a look at
    /// the registry in a callback: those do not take it.
    pub(crate) reading: Mutex<Merger>,
    pub(crate) events: Events,
    pub(crate) customs: Customs,
    /// Something ended.
    pub(crate) changed: event_listener::Event,
    #[cfg(feature = "host")]
    pub(crate) host: Option<crate::host::Host>,
}

/// How the number of expected items is kept when there is none.
const UNKNOWN: u64 = u64::MAX;

// === impl Meter ===

impl Meter {
    /// A meter with the defaults of the [builder](Self::builder).
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self::of(MeterBuilder::new(name.into()))
    }

    /// Begins a meter of this name.
    pub fn builder(name: impl Into<Arc<str>>) -> MeterBuilder {
        MeterBuilder::new(name.into())
    }

    pub(crate) fn of(settings: MeterBuilder) -> Self {
        let core = Core {
            name: Arc::clone(&settings.name),
            expected: AtomicU64::new(settings.expected.unwrap_or(UNKNOWN)),
            epoch: settings.clock.now(),
            clock: settings.clock,
            sample_every: settings.sample_every,
            registry: Mutex::new(Registry::new(settings.max_stages)),
            reading: Mutex::new(Merger::new()),
            events: Events::new(settings.max_stages),
            customs: Customs::new(settings.max_custom),
            changed: event_listener::Event::new(),
            #[cfg(feature = "host")]
            host: settings.has_host.then(crate::host::Host::new),
        };
        Self { core: Arc::new(core), pipeline: settings.name }
    }

    /// The same meter for a pipeline of this name: what is attached to it shows under that name. A
    /// meter is for the pipeline of its own name.
    pub fn for_pipeline(&self, name: impl Into<Arc<str>>) -> Self {
        Self { core: Arc::clone(&self.core), pipeline: name.into() }
    }

    /// The name of the meter.
    pub fn name(&self) -> &Arc<str> {
        &self.core.name
    }

    /// The name of the pipeline that this handle is for.
    pub fn pipeline(&self) -> &Arc<str> {
        &self.pipeline
    }

    /// How many items are expected from outside in all, if that is known.
    pub fn expected(&self) -> Option<u64> {
        Some(self.core.expected.load(Ordering::Relaxed)).filter(|items| *items != UNKNOWN)
    }

    /// Expects `items` from outside in all, from now on; `None` if that is not known.
    pub fn expect(&self, items: Option<u64>) {
        self.core.expected.store(items.unwrap_or(UNKNOWN), Ordering::Relaxed);
        self.core.changed.notify(usize::MAX);
    }

    /// The counter of this name, made when it is asked for first. Keep it: its use is one addition,
    /// to ask for it is not.
    pub fn counter(&self, name: &str) -> Result<Counter, MeterError> {
        self.core.customs.obtain(name, Metric::counter, |metric| match metric {
            Metric::Counter(counter) => Some(counter.clone()),
            _ => None,
        })
    }

    /// The gauge of this name, made when it is asked for first.
    pub fn gauge(&self, name: &str) -> Result<Gauge, MeterError> {
        self.core.customs.obtain(name, Metric::gauge, |metric| match metric {
            Metric::Gauge(gauge) => Some(gauge.clone()),
            _ => None,
        })
    }

    /// The histogram of this name, made when it is asked for first.
    pub fn histogram(&self, name: &str) -> Result<Histogram, MeterError> {
        self.core.customs.obtain(name, Metric::histogram, |metric| match metric {
            Metric::Histogram(histogram) => Some(histogram.clone()),
            _ => None,
        })
    }

    /// The timer of this name, made when it is asked for first. Where its name does not end in
    /// `_seconds` yet, it shows with that.
    pub fn timer(&self, name: &str) -> Result<Timer, MeterError> {
        let make = || Metric::timer(Arc::clone(&self.core.clock));
        let full = if name.ends_with(SECONDS) { name.into() } else { format!("{name}{SECONDS}") };
        self.core.customs.obtain(&full, make, |metric| match metric {
            Metric::Timer(timer) => Some(timer.clone()),
            _ => None,
        })
    }

    /// Takes a reading: rates and peaks are made of them. [`snapshot`](Self::snapshot) takes one,
    /// too. Not for the hot path: it looks at every stage.
    pub fn tick(&self) {
        let reading = self.core.begin_reading();
        self.core.look();
        drop(reading);
    }

    /// Takes a reading every `interval` for as long as it is polled: the sampler. Spawn it, or put
    /// it beside the run in a `select!`. Once a second, or more often, gives the windows of one
    /// second their name; kept are those at least 240 ms apart.
    pub async fn run(&self, interval: Duration) -> Infallible {
        let mut timer = self.core.clock.timer();
        loop {
            self.tick();
            // Timers have a resolution: none shorter is honest.
            let wait = interval.max(Duration::from_millis(1));
            until(&mut *timer, after(self.core.clock.now(), wait)).await;
        }
    }

    /// Whether everything that will come is done with, by conservation: every accepted item has its
    /// place in a ledger, and either all sources have ended, or as many items as
    /// [expected](MeterBuilder::with_total), or more, are done with. Also when all stages have
    /// ended. Not before the first was seen.
    pub fn is_complete(&self) -> bool {
        self.tick();
        self.core.registry().sum().is_complete(self.expected())
    }
}

impl Observer for Meter {
    fn observe(&self, event: &Event<'_>) {
        let core = &*self.core;
        let add = |count: &AtomicU64| {
            count.fetch_add(1, Ordering::Relaxed);
        };
        match *event {
            Event::SourceStarted { .. } => add(&core.events.sources_started),
            Event::SourceEnded { component, error, .. } => {
                add(&core.events.sources_ended);
                if error.is_some() {
                    add(&core.events.sources_failed);
                }
                core.source_ended(&self.pipeline, component);
            }
            Event::Restarting { .. } => add(&core.events.restarts),
            Event::SinkFailed { .. } => add(&core.events.sink_failures),
            Event::Tripped { component, open_for, .. } => {
                let now = core.now();
                core.events.guard(&self.pipeline, component, |guard| guard.trip(now, open_for));
            }
            Event::HalfOpened { component } => {
                core.events.guard(&self.pipeline, component, crate::events::Guard::half_open);
            }
            Event::Reset { component } => {
                let now = core.now();
                core.events.guard(&self.pipeline, component, |guard| guard.reset(now));
            }
            Event::Stopped { component, ledger } => {
                core.stopped(&self.pipeline, component, ledger);
            }
            // The rest is in the account of the stage.
            _ => {}
        }
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        let (view, now) = (stage.view(), self.core.now());
        let mut registry = self.core.registry();
        let stage = Arc::downgrade(stage);
        let recorder = registry.add(&self.pipeline, stage, view, self.core.sample_every, now)?;
        Some(recorder)
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter")
            .field("name", &self.core.name)
            .field("pipeline", &self.pipeline)
            .field("stages", &self.core.registry().slots.len())
            .finish_non_exhaustive()
    }
}

// === impl Core ===

impl Core {
    /// Time since the epoch.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.epoch)
    }

    /// Readings wait for each other.
    pub(crate) fn begin_reading(&self) -> MutexGuard<'_, Merger> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at everything that runs, and keeps a reading.
    pub(crate) fn look(&self) {
        self.look_at_stages();
        #[cfg(feature = "host")]
        if let Some(host) = &self.host {
            host.refresh(self.now());
        }
        let now = self.now();
        self.registry().keep(now);
    }

    /// Views are taken without the registry: they may ask a guard, and a guard may tell us
    /// something at the same time.
    fn look_at_stages(&self) {
        let present = self.registry().present();
        let views: Vec<_> =
            present.into_iter().map(|(at, stage)| (at, stage.map(|stage| stage.view()))).collect();
        let now = self.now();
        let mut registry = self.registry();
        for (at, view) in views {
            if let Some(slot) = registry.slots.get_mut(at) {
                match view {
                    Some(view) => slot.look(view),
                    // Unless it has begun again meanwhile.
                    None if slot.stage.strong_count() == 0 => slot.end(None, now),
                    None => {}
                }
            }
        }
    }

    fn source_ended(&self, pipeline: &Arc<str>, name: &str) {
        let mut registry = self.registry();
        let is = |slot: &&mut crate::slot::Slot| {
            slot.key.kind == electrician_types::ComponentKind::Generator
                && slot.key.pipeline == *pipeline
                && &*slot.key.name == name
                && !slot.has_ended
        };
        if let Some(slot) = registry.slots.iter_mut().find(is) {
            slot.has_ended = true;
        }
        drop(registry);
        self.changed.notify(usize::MAX);
    }

    /// The last chance to see the run: sources and outputs are told of by nobody.
    fn stopped(&self, pipeline: &Arc<str>, name: &str, ledger: &Ledger) {
        self.look_at_stages();
        let now = self.now();
        let mut registry = self.registry();
        let is = |slot: &crate::slot::Slot| {
            slot.is_stage()
                && slot.state == StageState::Running
                && slot.key.pipeline == *pipeline
                && &*slot.key.name == name
        };
        // Names need not be unique; accounts nearly are.
        let slots = &mut registry.slots;
        let at = slots
            .iter()
            .position(|slot| is(slot) && slot.view.ledger == *ledger)
            .or_else(|| slots.iter().position(is));
        if let Some(slot) = at.and_then(|at| slots.get_mut(at)) {
            slot.end(Some(*ledger), now);
        }
        registry.end_outputs(now);
        drop(registry);
        self.changed.notify(usize::MAX);
    }
}
