//! What the clones of a breaker share: the machine behind its lock, and the gate before it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use electrician_types::{Clock, Event, Metadata, Observer};
use event_listener::EventListener;

use crate::error::Open;
use crate::gate::{Gate, Look};
use crate::outcome::Outcome;
use crate::settings::Settings;
use crate::state::{Change, Grant, Machine};
use crate::tally::Tally;

pub(crate) struct Shared {
    pub(crate) gate: Gate,
    pub(crate) metadata: Metadata,
    /// From how long on a call is slow.
    pub(crate) slow: Option<Duration>,
    pub(crate) on_cancel: Outcome,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
    machine: Apart<Mutex<Machine>>,
    /// Told of every change of phase, and of every place for a probe that becomes free.
    changed: event_listener::Event,
}

/// Leave for some calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admission {
    /// What the gate showed.
    pub(crate) look: Look,
    pub(crate) calls: usize,
}

/// A value with cache lines of its own: who writes here does not disturb who reads elsewhere.
#[repr(align(128))]
struct Apart<T>(T);

/// When the breaker may admit a call.
pub(crate) enum Outlook {
    Now,
    /// Then, or after a change.
    At(Instant),
    /// After a change.
    Unknown,
}

// === impl Shared ===

impl Shared {
    pub(crate) fn new(
        metadata: Metadata,
        settings: Settings,
        clock: Arc<dyn Clock>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let origin = clock.now();
        let slow = settings.slow.map(|slow| slow.threshold);
        let on_cancel = settings.on_cancel;
        let machine = Machine::new(settings, origin);
        Self {
            gate: Gate::new(&machine, origin),
            metadata,
            slow,
            on_cancel,
            clock,
            observer,
            machine: Apart(Mutex::new(machine)),
            changed: event_listener::Event::new(),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Admits up to `calls` calls, or says when. While closed, what follows is one load.
    #[inline]
    pub(crate) fn admit(&self, calls: usize) -> Result<Admission, Open> {
        let look = self.gate.look();
        if look.is_closed() { Ok(Admission { look, calls }) } else { self.probe(calls) }
    }

    #[cold]
    fn probe(&self, calls: usize) -> Result<Admission, Open> {
        match self.outlook() {
            Outlook::Now => {}
            Outlook::At(until) => {
                let wait = until.saturating_duration_since(self.clock.now());
                return Err(Open::new(Some(wait)));
            }
            Outlook::Unknown => return Err(Open::new(None)),
        }
        let (grant, change) = self.with(|machine, now| {
            let change = machine.refresh(now);
            (machine.acquire(calls), change)
        });
        self.announce(change, false);
        match grant {
            Some(Grant { epoch, calls, is_probe: true }) => {
                Ok(Admission { look: Look::probing(epoch), calls })
            }
            // Between the look and the lock it was closed.
            Some(Grant { calls, .. }) => self.admit(calls),
            // Another caller took the last place, or it was opened.
            None => Err(Open::new(self.retry_after())),
        }
    }

    /// Whether successful calls that were admitted under `look` need not be told: it is as it was,
    /// and a success changes nothing.
    #[inline]
    pub(crate) fn is_idle_since(&self, look: Look) -> bool {
        look.is_idle() && self.gate.look() == look
    }

    /// When a call begins, if anybody cares.
    #[inline]
    pub(crate) fn begin(&self, look: Look) -> Option<Instant> {
        if look.is_idle() { None } else { self.begin_measured() }
    }

    #[cold]
    fn begin_measured(&self) -> Option<Instant> {
        self.slow.map(|_| self.clock.now())
    }

    /// Takes the outcomes of the calls of `admission`.
    ///
    /// By value, here and where this is called: what only cold code borrows stays in registers.
    #[cold]
    pub(crate) fn record(&self, Admission { look, calls }: Admission, tally: Tally) {
        let is_probe = look.is_probing();
        if !is_probe {
            let now = self.gate.look();
            let is_late = now.epoch() != look.epoch();
            if tally.failures == 0 && (tally.successes == 0 || is_late || !now.heeds_success()) {
                return;
            }
        }
        let grant = Grant { epoch: look.epoch(), calls, is_probe };
        let change = self.with(|machine, now| machine.record(grant, &tally, now));
        self.announce(change, is_probe);
    }

    /// When a call may be admitted, without a lock.
    pub(crate) fn outlook(&self) -> Outlook {
        let look = self.gate.look();
        if look.is_open() {
            return match self.gate.until() {
                Some(until) if self.clock.now() < until => Outlook::At(until),
                Some(_) => Outlook::Now,
                None => Outlook::Unknown,
            };
        }
        if look.is_full() { Outlook::Unknown } else { Outlook::Now }
    }

    /// How long until a probe is possible, if that can be said.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self.outlook() {
            Outlook::Now => Some(Duration::ZERO),
            Outlook::At(until) => Some(until.saturating_duration_since(self.clock.now())),
            Outlook::Unknown => None,
        }
    }

    /// Changes the machine by hand or by time.
    pub(crate) fn change(
        &self,
        f: impl FnOnce(&mut Machine, Instant) -> Option<Change>,
    ) -> Option<Change> {
        let change = self.with(f);
        // Also without a change of phase: the time that it stays open may be another.
        self.announce(change, true);
        change
    }

    /// Looks at the machine.
    pub(crate) fn read<R>(&self, f: impl FnOnce(&Machine) -> R) -> R {
        f(&self.lock())
    }

    /// To be made before a look at what is waited for.
    pub(crate) fn listen(&self) -> EventListener {
        self.changed.listen()
    }

    fn with<R>(&self, f: impl FnOnce(&mut Machine, Instant) -> R) -> R {
        let mut machine = self.lock();
        // Under the lock, so that time never runs backwards for the machine.
        let result = f(&mut machine, self.clock.now());
        self.gate.show(&machine);
        result
    }

    /// Wakes whom it concerns and tells the observer. Not under the lock.
    fn announce(&self, change: Option<Change>, may_have_freed: bool) {
        if change.is_some() || may_have_freed {
            self.changed.notify(usize::MAX);
        }
        let (Some(change), Some(observer)) = (change, &self.observer) else {
            return;
        };
        let component = &*self.metadata.name;
        let event = match change {
            Change::Tripped { open_for, trips } => Event::Tripped { component, open_for, trips },
            Change::HalfOpened => Event::HalfOpened { component },
            Change::Reset => Event::Reset { component },
        };
        // The law of observers: a panic ends nothing.
        drop(catch_unwind(AssertUnwindSafe(|| observer.observe(&event))));
    }

    /// Also when another holder panicked: the machine never does half-way; a clock may.
    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.metadata.name)
            .field("machine", &self.lock())
            .finish_non_exhaustive()
    }
}
