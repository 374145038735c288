//! What the meter knows of one stage, over all its runs.

use std::sync::{Arc, Weak};
use std::time::Duration;

use electrician_types::{ComponentKind, Inspect, Ledger, StageView};

use crate::rate::{Peaks, Rates, Reading, Ring};
use crate::recorder::{Recorder, Work};
use crate::snapshot::StageState;

/// Which stages are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) pipeline: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) kind: ComponentKind,
}

/// A stage, over all its runs, one of which may be going on. Times are since the meter's epoch.
pub(crate) struct Slot {
    pub(crate) key: Key,
    pub(crate) instance: u32,
    pub(crate) recorder: Arc<Recorder>,
    /// The latest run. Weak, because what runs holds its observer.
    pub(crate) stage: Weak<dyn Inspect>,
    /// How it was when it was looked at last.
    pub(crate) view: StageView,
    pub(crate) state: StageState,
    /// Of a source: whether it has ended for good.
    pub(crate) has_ended: bool,
    pub(crate) runs: u64,
    pub(crate) peaks: Peaks,
    began: Duration,
    ended: Option<Duration>,
    /// The account and the time of the runs before.
    past: Ledger,
    past_running: Duration,
    ring: Ring,
}

// === impl Slot ===

impl Slot {
    pub(crate) fn new(
        key: Key,
        instance: u32,
        recorder: Arc<Recorder>,
        stage: Weak<dyn Inspect>,
        view: StageView,
        now: Duration,
    ) -> Self {
        Self {
            key,
            instance,
            recorder,
            stage,
            view,
            state: StageState::Running,
            has_ended: false,
            runs: 1,
            peaks: Peaks::default(),
            began: now,
            ended: None,
            past: Ledger::default(),
            past_running: Duration::ZERO,
            ring: Ring::new(Reading { at: now, ..Reading::default() }),
        }
    }

    /// The stage runs again.
    pub(crate) fn begin_again(&mut self, stage: Weak<dyn Inspect>, view: StageView, now: Duration) {
        self.past += self.view.ledger;
        self.past_running = self.running(now);
        self.stage = stage;
        self.view = view;
        self.state = StageState::Running;
        self.has_ended = false;
        self.runs += 1;
        self.began = now;
        self.ended = None;
    }

    /// Takes over how it is.
    pub(crate) fn look(&mut self, view: StageView) {
        // Two may look at the same time: what is older than what is known is no news.
        let seen = |view: &StageView| view.ledger.inflow() + view.ledger.outflow();
        let is_news = view.id == self.view.id && seen(&view) >= seen(&self.view);
        if self.state == StageState::Running && is_news {
            self.view = view;
            self.note_items();
        }
    }

    /// The run is over, with this account; `None` if nobody gave one.
    pub(crate) fn end(&mut self, ledger: Option<Ledger>, now: Duration) {
        if self.state != StageState::Running {
            return;
        }
        self.ended = Some(now);
        if let Some(ledger) = ledger {
            self.view.ledger = ledger;
        }
        let is_over = ledger.is_some() || self.has_ended;
        self.state = if is_over { StageState::Stopped } else { StageState::Gone };
        self.view.queued = 0;
        self.view.in_hand = 0;
        self.view.parked = 0;
        let doing = &mut self.view.doing;
        *doing = electrician_types::Doing::default();
        doing.absent = self.view.workers;
        self.keep(now);
    }

    /// The account of all runs.
    pub(crate) fn ledger(&self) -> Ledger {
        let mut ledger = self.past;
        ledger += self.view.ledger;
        ledger
    }

    /// How long it has run, in all.
    pub(crate) fn running(&self, now: Duration) -> Duration {
        self.past_running + self.ended.unwrap_or(now).saturating_sub(self.began)
    }

    pub(crate) fn reading(&self, now: Duration) -> Reading {
        reading(&self.ledger(), self.recorder.work(), now)
    }

    /// Keeps a reading for rates to come.
    pub(crate) fn keep(&mut self, now: Duration) {
        let rates = self.rates(now);
        let is_over = self.ended.is_some();
        self.peaks.note_rates(&rates, self.running(now), is_over);
        self.ring.keep(self.reading(now));
    }

    pub(crate) fn rates(&self, now: Duration) -> Rates {
        self.ring.rates(&self.reading(now), self.running(now))
    }

    /// Whether it has workers and an account of its own.
    pub(crate) fn is_stage(&self) -> bool {
        !matches!(self.key.kind, ComponentKind::Generator | ComponentKind::Output)
    }

    fn note_items(&mut self) {
        let inside = self.view.queued as u64 + self.view.in_hand;
        self.peaks.note_items(self.view.queued, inside);
    }
}

/// What is counted for rates.
pub(crate) fn reading(ledger: &Ledger, work: Work, at: Duration) -> Reading {
    Reading {
        at,
        accepted: ledger.accepted,
        delivered: ledger.delivered,
        failed: errors(ledger),
        worked: work.worked,
        done: 0,
    }
}

/// Items that failed for good.
pub(crate) const fn errors(ledger: &Ledger) -> u64 {
    ledger.failed + ledger.dead_lettered + ledger.abandoned
}

/// Percent of what was settled that went well, and that failed.
pub(crate) fn percentages(ledger: &Ledger) -> (Option<f64>, Option<f64>) {
    let settled = ledger.outflow();
    let percent = |count: u64| (settled > 0).then(|| 100.0 * count as f64 / settled as f64);
    let good = ledger.delivered + ledger.filtered + ledger.merged;
    (percent(good), percent(errors(ledger)))
}
