//! From what the meter knows to what it shows.

use std::sync::Arc;
use std::time::Duration;

use electrician_types::{GuardView, StageView};

use crate::latency::Latencies;
use crate::meter::Meter;
use crate::recorder::Recorder;
use crate::registry::{Registry, Sum};
use crate::slot::{Slot, percentages};
use crate::snapshot::{GuardState, Snapshot, StageSnapshot, TotalSnapshot};

// === impl Meter ===

impl Meter {
    /// Every stage, source and output that runs, at this moment, front first: what a graph can be
    /// drawn of.
    pub fn views(&self) -> Vec<StageView> {
        let registry = self.core.registry();
        let slots = registry.order.iter().filter_map(|at| registry.slots.get(*at));
        let stages: Vec<_> = slots.filter_map(|slot| slot.stage.upgrade()).collect();
        drop(registry);
        stages.iter().map(|stage| stage.view()).collect()
    }

    /// Everything the meter knows, after a reading. Not for the hot path: it looks at every stage
    /// and adds up its histograms, some ten microseconds for each.
    pub fn snapshot(&self) -> Snapshot {
        let core = &*self.core;
        let mut merger = core.begin_reading();
        core.look();
        let now = core.now();
        let registry = core.registry();
        let shown: Vec<(StageSnapshot, Arc<Recorder>)> = registry
            .order
            .iter()
            .filter_map(|at| registry.slots.get(*at))
            .map(|slot| (stage(slot, now), Arc::clone(&slot.recorder)))
            .collect();
        let total = total(&registry, self.expected(), now);
        let (elapsed, unmetered_stages) = (registry.elapsed(now), registry.unmetered);
        // Histograms take their time: a stage that starts or stops meanwhile need not wait.
        drop(registry);
        let stages = shown.into_iter().map(|(mut stage, recorder)| {
            stage.latency = recorder.latencies(&mut merger);
            stage
        });
        Snapshot {
            name: Arc::clone(&core.name),
            elapsed,
            stages: stages.collect(),
            total,
            guards: core.events.guards(now),
            events: core.events.counts(),
            custom: core.customs.snapshot(&mut merger),
            unmetered_stages,
            #[cfg(feature = "host")]
            host: core.host.as_ref().and_then(crate::host::Host::snapshot),
        }
    }
}

fn stage(slot: &Slot, now: Duration) -> StageSnapshot {
    let (view, ledger, work) = (&slot.view, slot.ledger(), slot.recorder.work());
    let (success_percent, error_percent) = percentages(&ledger);
    StageSnapshot {
        pipeline: Arc::clone(&slot.key.pipeline),
        name: Arc::clone(&slot.key.name),
        instance: slot.instance,
        kind: slot.key.kind,
        id: view.id.get(),
        feeds: view.feeds.iter().map(|id| id.get()).collect(),
        state: slot.state,
        runs: slot.runs,
        running: slot.running(now),
        workers: view.workers,
        doing: view.doing,
        queued: view.queued,
        capacity: view.capacity,
        in_hand: view.in_hand,
        parked: view.parked,
        guards: view.guards.iter().map(guard).collect(),
        ledger,
        success_percent,
        error_percent,
        batches: work.batches,
        worked: Duration::from_nanos(work.worked),
        handed_on: Duration::from_nanos(work.handed_on),
        rates: slot.rates(now),
        peaks: slot.peaks,
        latency: Latencies::default(),
    }
}

fn guard(view: &GuardView) -> GuardState {
    GuardState {
        name: Arc::clone(&view.name),
        kind: view.kind,
        is_admitting: view.is_admitting,
        state: view.state.clone(),
    }
}

fn total(registry: &Registry, expected: Option<u64>, now: Duration) -> TotalSnapshot {
    let sum = registry.sum();
    let rates = registry.rates(&sum, now);
    let (success_percent, error_percent) = percentages(&sum.ledger);
    let progress = |items: u64| (sum.done() as f64 / items as f64 * 100.0).min(100.0);
    TotalSnapshot {
        ledger: sum.ledger,
        in_flight: sum.in_flight,
        done: sum.done(),
        expected,
        progress_percent: expected.filter(|items| *items > 0).map(progress),
        eta: expected.and_then(|items| eta(&sum, items, registry.done_rate(&sum, now))),
        success_percent,
        error_percent,
        rates,
        peaks: registry.peaks,
        sources_running: sum.sources.all - sum.sources.ended,
        stages_running: sum.stages.all - sum.stages.ended,
        is_complete: sum.is_complete(expected),
    }
}

/// How long what is left takes at `rate` items per second.
fn eta(sum: &Sum, items: u64, rate: Option<f64>) -> Option<Duration> {
    let left = items.saturating_sub(sum.done());
    if left == 0 {
        return Some(Duration::ZERO);
    }
    let rate = rate.filter(|rate| *rate > 0.0)?;
    Duration::try_from_secs_f64(left as f64 / rate).ok()
}
