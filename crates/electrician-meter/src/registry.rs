//! The stages that a meter knows.

use std::sync::{Arc, Weak};
use std::time::Duration;

use electrician_types::{ComponentKind, Inspect, Ledger, StageId, StageView};

use crate::rate::{Peaks, Rates, Reading, Ring};
use crate::recorder::{Recorder, Work};
use crate::slot::{Key, Slot, reading};
use crate::snapshot::StageState;

/// The stages that a meter knows, and all of them together.
pub(crate) struct Registry {
    /// In the order in which they were seen.
    pub(crate) slots: Vec<Slot>,
    /// Places in `slots`, front first.
    pub(crate) order: Vec<usize>,
    /// Stages for which there was no place.
    pub(crate) unmetered: u64,
    /// When the first was seen.
    pub(crate) began: Option<Duration>,
    pub(crate) peaks: Peaks,
    ring: Option<Ring>,
    limit: usize,
}

/// Everything together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    /// What came from outside, and what became of it.
    pub(crate) ledger: Ledger,
    pub(crate) in_flight: u64,
    /// Items in queues.
    pub(crate) queued: usize,
    pub(crate) work: Work,
    pub(crate) sources: Ended,
    pub(crate) stages: Ended,
}

/// How many there are, and how many of them have ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ended {
    pub(crate) all: usize,
    pub(crate) ended: usize,
}

// === impl Registry ===

impl Registry {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            slots: Vec::new(),
            order: Vec::new(),
            unmetered: 0,
            began: None,
            peaks: Peaks {
                accepted_per_second: 0.0,
                delivered_per_second: 0.0,
                failed_per_second: 0.0,
                queued: 0,
                in_flight: 0,
            },
            ring: None,
            limit,
        }
    }

    /// Takes in a stage that is about to run; the recorder for it, unless there is no place.
    pub(crate) fn add(
        &mut self,
        pipeline: &Arc<str>,
        stage: Weak<dyn Inspect>,
        view: StageView,
        sample_every: Duration,
        now: Duration,
    ) -> Option<Arc<Recorder>> {
        if self.began.is_none() {
            self.began = Some(now);
            self.ring = Some(Ring::new(Reading { at: now, ..Reading::default() }));
        }
        let (pipeline, name, kind) = (Arc::clone(pipeline), Arc::clone(&view.name), view.kind);
        let key = Key { pipeline, name, kind };
        let same = |slot: &&mut Slot| slot.key == key;
        let over = self.slots.iter_mut().filter(same).find(|slot| {
            // One that was dropped may not have been looked at since.
            slot.state != StageState::Running || slot.stage.strong_count() == 0
        });
        let recorder = if let Some(slot) = over {
            slot.end(None, now);
            slot.begin_again(stage, view, now);
            Arc::clone(&slot.recorder)
        } else if self.slots.len() >= self.limit {
            self.unmetered += 1;
            return None;
        } else {
            let instances = self.slots.iter().filter(|slot| slot.key == key).count();
            let instance = u32::try_from(instances).unwrap_or(u32::MAX);
            let recorder = Arc::new(Recorder::new(view.workers, sample_every));
            let slot = Slot::new(key, instance, Arc::clone(&recorder), stage, view, now);
            self.slots.push(slot);
            recorder
        };
        self.order = front_first(&self.slots);
        Some(recorder)
    }

    /// Those that can be looked at, front first. An item that moves meanwhile is then seen twice
    /// at most, and never not at all.
    pub(crate) fn present(&self) -> Vec<(usize, Option<Arc<dyn Inspect>>)> {
        let running = |at: &&usize| self.slots[**at].state == StageState::Running;
        self.order.iter().filter(running).map(|at| (*at, self.slots[*at].stage.upgrade())).collect()
    }

    /// Keeps readings for rates to come.
    pub(crate) fn keep(&mut self, now: Duration) {
        for slot in &mut self.slots {
            slot.keep(now);
        }
        let sum = self.sum();
        let rates = self.rates(&sum, now);
        let is_over = sum.stages.all == sum.stages.ended;
        self.peaks.note_rates(&rates, self.elapsed(now), is_over);
        self.peaks.note_items(sum.queued, sum.in_flight);
        if let Some(ring) = &mut self.ring {
            ring.keep(sum.reading(now));
        }
    }

    /// The rates of everything together.
    pub(crate) fn rates(&self, sum: &Sum, now: Duration) -> Rates {
        let ring = self.ring.as_ref();
        ring.map(|ring| ring.rates(&sum.reading(now), self.elapsed(now))).unwrap_or_default()
    }

    /// Items done with per second, lately.
    pub(crate) fn done_rate(&self, sum: &Sum, now: Duration) -> Option<f64> {
        self.ring.as_ref()?.done_rate(&sum.reading(now))
    }

    /// Outputs end with the stages that feed them.
    pub(crate) fn end_outputs(&mut self, now: Duration) {
        for at in 0..self.slots.len() {
            let id = self.slots[at].view.id;
            let feeds = |slot: &&Slot| slot.is_stage() && slot.view.feeds.contains(&id);
            let mut feeding = self.slots.iter().filter(feeds).peekable();
            let is_fed = feeding.peek().is_some();
            let is_over = is_fed && feeding.all(|slot| slot.state == StageState::Stopped);
            let slot = &mut self.slots[at];
            if slot.key.kind == ComponentKind::Output && is_over {
                slot.end(Some(slot.view.ledger), now);
            }
        }
    }

    pub(crate) fn elapsed(&self, now: Duration) -> Duration {
        self.began.map(|began| now.saturating_sub(began)).unwrap_or_default()
    }

    /// Everything together, as it was when it was looked at last.
    pub(crate) fn sum(&self) -> Sum {
        let mut sum = Sum::default();
        let mut handed = 0;
        for slot in &self.slots {
            let mut ledger = slot.ledger();
            let has_ended = slot.state != StageState::Running || slot.has_ended;
            match slot.key.kind {
                ComponentKind::Generator => {
                    sum.sources.all += 1;
                    sum.sources.ended += usize::from(has_ended);
                    continue;
                }
                ComponentKind::Output => {
                    sum.ledger.delivered += ledger.delivered;
                    handed -= i128::from(ledger.accepted);
                    sum.in_flight += slot.view.queued as u64;
                    sum.queued += slot.view.queued;
                    continue;
                }
                _ => {}
            }
            sum.stages.all += 1;
            sum.stages.ended += usize::from(has_ended);
            if slot.state == StageState::Running {
                sum.in_flight += slot.view.ledger.in_flight();
            }
            sum.queued += slot.view.queued;
            let work = slot.recorder.work();
            sum.work.batches += work.batches;
            sum.work.worked += work.worked;
            sum.work.handed_on += work.handed_on;
            if self.feeds_known(slot) {
                handed += i128::from(ledger.delivered);
                ledger.delivered = 0;
            }
            sum.ledger += ledger;
        }
        // What one stage hands to the next came in only once.
        let accepted = i128::from(sum.ledger.accepted) - handed;
        sum.ledger.accepted = u64::try_from(accepted).unwrap_or(0);
        sum
    }

    /// Whether what it delivers stays with something that the meter watches.
    fn feeds_known(&self, slot: &Slot) -> bool {
        let is_known = |id: &StageId| self.slots.iter().any(|slot| slot.view.id == *id);
        slot.view.feeds.iter().any(is_known)
    }
}

// === impl Sum ===

impl Sum {
    /// Items that came in and are done with.
    pub(crate) const fn done(&self) -> u64 {
        self.ledger.accepted.saturating_sub(self.in_flight)
    }

    fn reading(&self, now: Duration) -> Reading {
        Reading { done: self.done(), ..reading(&self.ledger, self.work, now) }
    }

    /// Whether everything that will come is done with.
    pub(crate) fn is_complete(&self, expected: Option<u64>) -> bool {
        let Ended { all, ended } = self.stages;
        if all == 0 {
            return false;
        }
        let is_over = all == ended;
        let is_reached = expected.is_some_and(|expected| self.done() >= expected);
        let Ended { all, ended } = self.sources;
        let is_dry = all > 0 && all == ended && self.in_flight == 0;
        is_over || is_reached || is_dry
    }
}

/// The places of `slots` such that each comes before those it feeds, where that can be.
fn front_first(slots: &[Slot]) -> Vec<usize> {
    let place = |id: &StageId| slots.iter().position(|slot| slot.view.id == *id);
    let feeds: Vec<Vec<usize>> =
        slots.iter().map(|slot| slot.view.feeds.iter().filter_map(place).collect()).collect();
    let mut fed = vec![0_usize; slots.len()];
    for next in feeds.iter().flatten() {
        fed[*next] += 1;
    }
    let mut order = Vec::with_capacity(slots.len());
    let mut left: Vec<usize> = (0..slots.len()).collect();
    while !left.is_empty() {
        // In a circle nobody is first: then whoever was seen first is.
        let at = left.iter().position(|slot| fed[*slot] == 0).unwrap_or(0);
        let slot = left.remove(at);
        for next in &feeds[slot] {
            fed[*next] = fed[*next].saturating_sub(1);
        }
        order.push(slot);
    }
    order
}
