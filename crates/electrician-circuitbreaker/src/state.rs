//! The state machine: no clock, no lock, no atomics. Time is passed in.

use std::time::{Duration, Instant};

use crate::settings::Settings;
use crate::tally::Tally;
use crate::window::{Counts, Window};

/// A circuit breaker as a value.
///
/// Each change of phase begins a new epoch. An outcome counts in the epoch in which its call was
/// admitted, and in no other: what was called before a trip says nothing about the time after.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    settings: Settings,
    phase: Phase,
    epoch: u64,
    /// Failures in a row while closed.
    run: usize,
    window: Option<Window>,
    /// When the last failure that counted was recorded, for the debounce.
    counted_at: Option<Instant>,
    /// Trips without closing in between.
    trips: u32,
    /// Probes that are out, also those of earlier epochs.
    out: usize,
    /// Permits of earlier epochs are no probes that are out: a reset has forgotten them.
    remembered: u64,
    totals: Totals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Closed,
    /// Until then; until it is reset.
    Open(Option<Instant>),
    /// So many probes have succeeded.
    HalfOpen(usize),
}

/// Leave for some calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) epoch: u64,
    pub(crate) calls: usize,
    /// Whether the calls take places of probes, which must be given back.
    pub(crate) is_probe: bool,
}

/// A change of phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// To open; `None` until it is reset.
    Tripped {
        open_for: Option<Duration>,
        trips: u32,
    },
    HalfOpened,
    Reset,
}

/// What has been since the beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) trips: u64,
    pub(crate) failures: u64,
    pub(crate) failed_at: Option<Instant>,
}

// === impl Machine ===

impl Machine {
    /// A closed breaker.
    pub(crate) fn new(settings: Settings, now: Instant) -> Self {
        let window = settings.window.map(|span| Window::new(span, now));
        Self {
            settings,
            phase: Phase::Closed,
            epoch: 0,
            run: 0,
            window,
            counted_at: None,
            trips: 0,
            out: 0,
            remembered: 0,
            totals: Totals::default(),
        }
    }

    pub(crate) const fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Failures in a row while closed.
    pub(crate) const fn run(&self) -> usize {
        self.run
    }

    pub(crate) const fn trips(&self) -> u32 {
        self.trips
    }

    pub(crate) const fn out(&self) -> usize {
        self.out
    }

    pub(crate) const fn totals(&self) -> Totals {
        self.totals
    }

    pub(crate) fn counts(&self) -> Counts {
        self.window.as_ref().map(Window::counts).unwrap_or_default()
    }

    /// How many probes may still go out, were the breaker half-open.
    pub(crate) const fn places(&self) -> usize {
        self.settings.probes.saturating_sub(self.out)
    }

    /// Whether a success would change anything while closed.
    pub(crate) const fn heeds_success(&self) -> bool {
        self.window.is_some() || self.run > 0
    }

    /// Half-opens if it was open for long enough.
    pub(crate) fn refresh(&mut self, now: Instant) -> Option<Change> {
        let Phase::Open(Some(until)) = self.phase else {
            return None;
        };
        (now >= until).then(|| self.enter(Phase::HalfOpen(0), Change::HalfOpened))
    }

    /// Leave for up to `calls` calls, after a [`refresh`](Self::refresh).
    pub(crate) fn acquire(&mut self, calls: usize) -> Option<Grant> {
        let epoch = self.epoch;
        match self.phase {
            Phase::Closed => Some(Grant { epoch, calls, is_probe: false }),
            Phase::HalfOpen(_) if self.places() > 0 => {
                let calls = calls.min(self.places());
                self.out += calls;
                Some(Grant { epoch, calls, is_probe: true })
            }
            Phase::HalfOpen(_) | Phase::Open(_) => None,
        }
    }

    /// Takes the outcomes of the calls of `grant`; those that the tally lacks have none.
    pub(crate) fn record(&mut self, grant: Grant, tally: &Tally, now: Instant) -> Option<Change> {
        if grant.is_probe && grant.epoch >= self.remembered {
            self.out -= grant.calls;
        }
        if tally.failures > 0 {
            self.totals.failures += tally.failures as u64;
            self.totals.failed_at = Some(now);
        }
        if grant.epoch != self.epoch {
            return None;
        }
        match self.phase {
            Phase::Closed => self.count(tally, now),
            Phase::HalfOpen(successes) => self.probe(successes, tally, now),
            Phase::Open(_) => None,
        }
    }

    /// Opens as if a failure had done it. Nothing, if it is open.
    pub(crate) fn trip(&mut self, now: Instant) -> Option<Change> {
        (!self.is_open(now)).then(|| self.open(now))
    }

    /// Opens for `time`. If it is open, it stays so for at least `time` from now.
    pub(crate) fn trip_for(&mut self, time: Duration, now: Instant) -> Option<Change> {
        let until = now.checked_add(time);
        if !self.is_open(now) {
            self.totals.trips += 1;
            let open_for = until.map(|_| time);
            return Some(self.enter(Phase::Open(until), Change::Tripped { open_for, trips: 0 }));
        }
        if let Phase::Open(Some(already)) = self.phase {
            self.phase = Phase::Open(until.map(|until| until.max(already)));
        }
        None
    }

    /// Closes, and forgets everything. If it is closed, it forgets what it has counted.
    pub(crate) fn reset(&mut self) -> Option<Change> {
        let was_closed = self.phase == Phase::Closed;
        let change = self.close();
        self.out = 0;
        self.remembered = self.epoch;
        (!was_closed).then_some(change)
    }

    /// The outcomes of calls while closed.
    fn count(&mut self, tally: &Tally, now: Instant) -> Option<Change> {
        let tally = self.debounced(tally, now);
        let (run, peak) = tally.follow(self.run);
        self.run = if self.settings.consecutive.is_some() { run } else { 0 };
        let counts = self.window.as_mut().map(|window| {
            window.record(&tally, now);
            window.counts()
        });
        let is_run_over = self.settings.consecutive.is_some_and(|limit| peak >= limit);
        let is_window_over = counts.is_some_and(|counts| self.is_over(counts));
        (is_run_over || is_window_over).then(|| self.open(now))
    }

    /// Leaves out the failures that follow another one too closely.
    fn debounced(&mut self, tally: &Tally, now: Instant) -> Tally {
        let debounce = self.settings.debounce;
        if debounce.is_zero() || tally.failures == 0 {
            return *tally;
        }
        let too_close = |last| now.saturating_duration_since(last) < debounce;
        if self.counted_at.is_some_and(too_close) {
            return tally.without_failures();
        }
        self.counted_at = Some(now);
        tally.with_first_failure()
    }

    fn is_over(&self, counts: Counts) -> bool {
        let Settings { minimum_calls, failures, slow, .. } = &self.settings;
        let Counts { calls, failures: failed, slow: dawdled } = counts;
        calls >= *minimum_calls
            && (failures.is_some_and(|share| share.is_reached(failed, calls))
                || slow.is_some_and(|slow| slow.share.is_reached(dawdled, calls)))
    }

    /// The outcomes of probes: one that is bad opens, enough that are good close.
    fn probe(&mut self, successes: usize, tally: &Tally, now: Instant) -> Option<Change> {
        if tally.failures > 0 || tally.slow_successes > 0 {
            return Some(self.open(now));
        }
        let successes = successes + tally.successes;
        if successes >= self.settings.successes {
            return Some(self.close());
        }
        self.phase = Phase::HalfOpen(successes);
        None
    }

    fn is_open(&self, now: Instant) -> bool {
        matches!(self.phase, Phase::Open(until) if until.is_none_or(|until| now < until))
    }

    fn open(&mut self, now: Instant) -> Change {
        self.trips = self.trips.saturating_add(1);
        self.totals.trips += 1;
        let time = self.settings.open.after(self.trips);
        let until = now.checked_add(time);
        let open_for = until.map(|_| time);
        self.enter(Phase::Open(until), Change::Tripped { open_for, trips: self.trips })
    }

    fn close(&mut self) -> Change {
        self.trips = 0;
        self.enter(Phase::Closed, Change::Reset)
    }

    /// A new epoch, in which nothing has been counted.
    fn enter(&mut self, phase: Phase, change: Change) -> Change {
        self.phase = phase;
        self.epoch += 1;
        self.run = 0;
        self.counted_at = None;
        if let Some(window) = &mut self.window {
            window.clear();
        }
        change
    }
}

#[cfg(test)]
mod tests;
