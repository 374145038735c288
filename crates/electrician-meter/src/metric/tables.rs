//! The metrics as data.

use std::time::Duration;

use electrician_types::ComponentKind;

use super::{Metric, MetricKind, Read, Value};
use crate::latency::Latency;
use crate::snapshot::{
    GuardEvents as Breaker, GuardState as Guard, Snapshot as Total, StageSnapshot as Stage,
    StageState,
};

const fn counter(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric { name, help, kind: MetricKind::Counter, read }
}

const fn gauge(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric { name, help, kind: MetricKind::Gauge, read }
}

const fn times(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric { name, help, kind: MetricKind::Histogram, read }
}

/// Where a value stands in a snapshot of this kind.
macro_rules! at {
    ($of:ident, count $read:expr) => {
        Read::$of(|it| {
            let read: fn(&$of) -> u64 = $read;
            Some(Value::Count(read(it)))
        })
    };
    ($of:ident, number $read:expr) => {
        Read::$of(|it| {
            let read: fn(&$of) -> f64 = $read;
            Some(Value::Number(read(it)))
        })
    };
    ($of:ident, maybe $read:expr) => {
        Read::$of(|it| {
            let read: fn(&$of) -> Option<f64> = $read;
            read(it).map(Value::Number)
        })
    };
    ($of:ident, times $read:expr) => {
        Read::$of(|it| {
            let read: fn(&$of) -> &Latency = $read;
            Some(read(it)).filter(|_| has_workers(it)).map(Value::Times)
        })
    };
}

#[rustfmt::skip] // A table: a row for each.
pub(super) const ALL: &[Metric] = &[
    // What became of items.
    counter("electrician_items_accepted", "Items taken in.", at!(Stage, count |s| s.ledger.accepted)),
    counter("electrician_items_split", "Items gained where one became several.", at!(Stage, count |s| s.ledger.split)),
    counter("electrician_items_delivered", "Items handed to the next stage, a sink or a reader.", at!(Stage, count |s| s.ledger.delivered)),
    counter("electrician_items_filtered", "Items that a transform chose not to pass on.", at!(Stage, count |s| s.ledger.filtered)),
    counter("electrician_items_merged", "Items that went into a batch with others.", at!(Stage, count |s| s.ledger.merged)),
    counter("electrician_items_diverted", "Items handed to a neutral wire, a backup or a queue beside.", at!(Stage, count |s| s.ledger.diverted)),
    counter("electrician_items_dead_lettered", "Items that failed and went to a dead-letter port.", at!(Stage, count |s| s.ledger.dead_lettered)),
    counter("electrician_items_failed", "Items that failed and that no dead-letter port took.", at!(Stage, count |s| s.ledger.failed)),
    counter("electrician_items_dropped", "Items dropped by a policy that the user named.", at!(Stage, count |s| s.ledger.dropped)),
    counter("electrician_items_abandoned", "Items that user code had and did not give back.", at!(Stage, count |s| s.ledger.abandoned)),
    counter("electrician_items_returned", "Items handed back as values.", at!(Stage, count |s| s.ledger.returned)),
    counter("electrician_item_retries", "Attempts beyond the first.", at!(Stage, count |s| s.ledger.retried)),
    gauge("electrician_success_ratio", "Settled items that went well.", at!(Stage, maybe |s| ratio(s.success_percent))),
    gauge("electrician_error_ratio", "Settled items that failed for good.", at!(Stage, maybe |s| ratio(s.error_percent))),
    // What the stage does.
    gauge("electrician_stage_running", "Whether it runs.", at!(Stage, number |s| flag(s.state == StageState::Running))),
    counter("electrician_stage_runs", "Times it was started.", at!(Stage, count |s| s.runs)),
    counter("electrician_stage_running_seconds", "Time that it has run.", at!(Stage, number |s| s.running.as_secs_f64())),
    counter("electrician_stage_batches", "Batches, or parts of them, that its workers went through.", at!(Stage, count |s| s.batches)),
    counter("electrician_stage_worked_seconds", "Time that its workers worked.", at!(Stage, number |s| s.worked.as_secs_f64())),
    counter("electrician_stage_handed_on_seconds", "Time that its workers handed items on, waits for room included.", at!(Stage, number |s| s.handed_on.as_secs_f64())),
    gauge("electrician_queue_items", "Items waiting in its queue.", at!(Stage, number |s| s.queued as f64)),
    gauge("electrician_queue_capacity_items", "The bound of its queue.", at!(Stage, number |s| s.capacity as f64)),
    gauge("electrician_in_hand_items", "Items in its workers' hands.", at!(Stage, number |s| s.in_hand as f64)),
    gauge("electrician_parked_items", "Items that wait for another attempt.", at!(Stage, number |s| s.parked as f64)),
    gauge("electrician_workers", "Workers.", at!(Stage, number |s| s.workers as f64)),
    gauge("electrician_workers_idle", "Workers that wait for items.", at!(Stage, number |s| s.doing.idle as f64)),
    gauge("electrician_workers_working", "Workers that work.", at!(Stage, number |s| s.doing.working as f64)),
    gauge("electrician_workers_handing_on", "Workers that hand items on, or wait for room.", at!(Stage, number |s| s.doing.handing_on as f64)),
    gauge("electrician_workers_denied", "Workers that wait for leave of a guard.", at!(Stage, number |s| s.doing.denied as f64)),
    gauge("electrician_workers_pausing", "Workers that wait for another attempt.", at!(Stage, number |s| s.doing.pausing as f64)),
    gauge("electrician_peak_accepted_per_second", "The most items taken in per second.", at!(Stage, number |s| s.peaks.accepted_per_second)),
    gauge("electrician_peak_delivered_per_second", "The most items handed on per second.", at!(Stage, number |s| s.peaks.delivered_per_second)),
    gauge("electrician_peak_failed_per_second", "The most items that failed per second.", at!(Stage, number |s| s.peaks.failed_per_second)),
    gauge("electrician_peak_queue_items", "The most items seen in its queue.", at!(Stage, number |s| s.peaks.queued as f64)),
    gauge("electrician_peak_in_flight_items", "The most items seen in its queue and its workers' hands.", at!(Stage, number |s| s.peaks.in_flight as f64)),
    // How long things take.
    times("electrician_queue_wait_seconds", "Time that a sampled item waited in the queue.", at!(Stage, times |s: &Stage| &s.latency.queue_wait)),
    times("electrician_service_seconds", "Time that a worker worked on an item.", at!(Stage, times |s: &Stage| &s.latency.service)),
    times("electrician_hand_on_seconds", "Time that an output took to be handed on, with its batch.", at!(Stage, times |s: &Stage| &s.latency.hand_on)),
    times("electrician_end_to_end_seconds", "Time that a sampled item which entered here was inside.", at!(Stage, times |s: &Stage| &s.latency.end_to_end)),
    // Guards.
    gauge("electrician_guard_admitting", "Whether a guard of a stage gives leave.", at!(Guard, number |g| flag(g.is_admitting))),
    gauge("electrician_breaker_tripped", "Whether a breaker tripped and has not closed since.", at!(Breaker, number |g| flag(g.is_tripped))),
    counter("electrician_breaker_trips", "Times a breaker tripped.", at!(Breaker, count |g| g.trips)),
    counter("electrician_breaker_half_opens", "Times a breaker let probes through.", at!(Breaker, count |g| g.half_opens)),
    counter("electrician_breaker_resets", "Times a breaker closed again.", at!(Breaker, count |g| g.resets)),
    gauge("electrician_breaker_trip_age_seconds", "Time since a breaker tripped.", at!(Breaker, maybe |g| seconds(g.since_trip))),
    gauge("electrician_breaker_reset_age_seconds", "Time since a breaker closed again.", at!(Breaker, maybe |g| seconds(g.since_reset))),
    gauge("electrician_breaker_probe_in_seconds", "Time until a breaker lets probes through.", at!(Breaker, maybe |g| seconds(g.until_probe))),
    // Everything together.
    gauge("electrician_elapsed_seconds", "Time since the first stage was seen.", at!(Total, number |s| s.elapsed.as_secs_f64())),
    counter("electrician_entered_items", "Items that came from outside.", at!(Total, count |s| s.total.ledger.accepted)),
    gauge("electrician_in_flight_items", "Items inside.", at!(Total, number |s| s.total.in_flight as f64)),
    gauge("electrician_done_items", "Items that came from outside and are done with.", at!(Total, number |s| s.total.done as f64)),
    gauge("electrician_expected_items", "Items that will come from outside in all.", at!(Total, maybe |s| s.total.expected.map(|items| items as f64))),
    gauge("electrician_progress_ratio", "Expected items that are done with.", at!(Total, maybe |s| ratio(s.total.progress_percent))),
    gauge("electrician_eta_seconds", "Time until the last expected item is done with.", at!(Total, maybe |s| seconds(s.total.eta))),
    gauge("electrician_complete", "Whether everything that will come is done with.", at!(Total, number |s| flag(s.total.is_complete))),
    gauge("electrician_stages_running", "Stages that run.", at!(Total, number |s| s.total.stages_running as f64)),
    gauge("electrician_sources_running", "Sources that run.", at!(Total, number |s| s.total.sources_running as f64)),
    gauge("electrician_stages_unmetered", "Stages that are not measured.", at!(Total, number |s| s.unmetered_stages as f64)),
    counter("electrician_sources_started", "Sources that began to run.", at!(Total, count |s| s.events.sources_started)),
    counter("electrician_sources_ended", "Sources that ended for good.", at!(Total, count |s| s.events.sources_ended)),
    counter("electrician_sources_failed", "Sources that ended because they failed.", at!(Total, count |s| s.events.sources_failed)),
    counter("electrician_source_restarts", "Times a source was opened again.", at!(Total, count |s| s.events.restarts)),
    counter("electrician_sink_failures", "Sinks that failed to open or to close.", at!(Total, count |s| s.events.sink_failures)),
    // The process and its machine.
    #[cfg(feature = "host")]
    gauge("electrician_host_cpu_ratio", "Processors of the machine in use.", at!(Total, maybe |s| ratio(s.host?.cpu_percent))),
    #[cfg(feature = "host")]
    gauge("electrician_host_peak_cpu_ratio", "The most seen of the machine's processors in use.", at!(Total, maybe |s| ratio(s.host?.peak_cpu_percent))),
    #[cfg(feature = "host")]
    gauge("electrician_host_memory_used_bytes", "Memory of the machine in use.", at!(Total, maybe |s| Some(s.host?.memory_used as f64))),
    #[cfg(feature = "host")]
    gauge("electrician_host_peak_memory_used_bytes", "The most seen of the machine's memory in use.", at!(Total, maybe |s| Some(s.host?.peak_memory_used as f64))),
    #[cfg(feature = "host")]
    gauge("electrician_host_memory_bytes", "Memory of the machine.", at!(Total, maybe |s| Some(s.host?.memory_total as f64))),
    #[cfg(feature = "host")]
    gauge("electrician_process_cpu_ratio", "Processors that this process uses; 2 are two.", at!(Total, maybe |s| ratio(s.host?.process_cpu_percent))),
    #[cfg(feature = "host")]
    gauge("electrician_process_memory_bytes", "Memory of this process.", at!(Total, maybe |s| Some(s.host?.process_memory as f64))),
    #[cfg(feature = "host")]
    gauge("electrician_process_peak_memory_bytes", "The most seen of this process's memory.", at!(Total, maybe |s| Some(s.host?.peak_process_memory as f64))),
];

fn has_workers(stage: &Stage) -> bool {
    !matches!(stage.kind, ComponentKind::Generator | ComponentKind::Output)
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn ratio(percent: Option<f64>) -> Option<f64> {
    percent.map(|percent| percent / 100.0)
}

fn seconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64())
}
