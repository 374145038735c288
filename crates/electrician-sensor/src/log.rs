//! Events as lines of a log.

use electrician_types::{Event, EventKind, Field, Observer};
use tracing::Level;

/// Writes events to [`tracing`], target `electrician::event`, with the fields of the log schema:
///
/// - `component`: its name.
/// - `event`: the [kind](EventKind) of the event.
/// - `result`: `SUCCESS`, `FAILURE`, `PENDING` (it goes on later), `CANCELLED` or `DROPPED`.
/// - `error`: the text of the error, if there is one.
/// - what the event carries, as far as it has it: `items`, `taken`, `emitted`, `attempt`,
///   `attempts`, `after` (a time, as text), `reason`, `worker`, `workers`, `stages`, `trips`,
///   `dead_lettered`, `renewed`, `ledger`. The fields of an edge are one text, `fields`.
///
/// The level is `error` for what failed, `warn` for what will be tried again, waits, or went
/// another way, `info` for what begins and ends, and `debug` for batches, for queues at work, and
/// for the events of edges.
///
/// A failure that no dead-letter port took is also logged by its stage, but there only at ever
/// larger intervals. To be told of each failure of a broken dependency, and of all at once, is
/// seldom wanted: see [`sampled`](crate::ObserverExt::sampled).
#[derive(Clone, Copy, Debug, Default)]
pub struct LogObserver;

/// What an event carries, each field in its place: those of a line are fixed.
#[derive(Default)]
struct Line {
    items: Option<u64>,
    taken: Option<u64>,
    emitted: Option<u64>,
    attempt: Option<u64>,
    attempts: Option<u64>,
    worker: Option<u64>,
    workers: Option<u64>,
    stages: Option<u64>,
    trips: Option<u64>,
    dead_lettered: Option<bool>,
    renewed: Option<bool>,
    after: Option<String>,
    reason: Option<String>,
    fields: Option<String>,
}

// === impl LogObserver ===

impl LogObserver {
    /// An observer that logs.
    pub const fn new() -> Self {
        Self
    }
}

macro_rules! log {
    ($level:expr, $event:expr) => {
        if tracing::enabled!(target: "electrician::event", $level) {
            write!($level, $event);
        }
    };
}

macro_rules! write {
    ($level:expr, $event:expr) => {{
        let line = Line::of($event);
        tracing::event!(
            target: "electrician::event",
            $level,
            component = $event.component(),
            event = $event.kind().as_str(),
            result = result($event),
            error = $event.error().map(tracing::field::display),
            items = line.items,
            taken = line.taken,
            emitted = line.emitted,
            attempt = line.attempt,
            attempts = line.attempts,
            worker = line.worker,
            workers = line.workers,
            stages = line.stages,
            trips = line.trips,
            dead_lettered = line.dead_lettered,
            renewed = line.renewed,
            after = line.after,
            reason = line.reason,
            fields = line.fields,
            ledger = $event.ledger().map(tracing::field::display),
            "{}",
            message($event.kind())
        )
    }};
}

impl Observer for LogObserver {
    fn observe(&self, event: &Event<'_>) {
        // The level of a line is known to the subscriber before there is one.
        match level(event) {
            Level::ERROR => log!(Level::ERROR, event),
            Level::WARN => log!(Level::WARN, event),
            Level::INFO => log!(Level::INFO, event),
            _ => log!(Level::DEBUG, event),
        }
    }
}

const fn level(event: &Event<'_>) -> Level {
    match event {
        Event::Failed { dead_lettered: false, .. }
        | Event::WorkerPanicked { .. }
        | Event::SinkFailed { .. }
        | Event::SourceEnded { error: Some(_), .. }
        | Event::Edge { error: Some(_), .. } => Level::ERROR,
        Event::Failed { .. }
        | Event::Retrying { .. }
        | Event::Denied { .. }
        | Event::Diverted { .. }
        | Event::Dropped { .. }
        | Event::Refused { .. }
        | Event::HandedBack { .. }
        | Event::Restarting { .. }
        | Event::Tripped { .. }
        | Event::RateLimited { .. }
        | Event::BlackoutBegan { .. }
        | Event::SurgeTripped { .. }
        | Event::BackupUsed { .. }
        | Event::BackupFailed { .. }
        | Event::OverflowDropped { .. }
        | Event::Requeued { .. }
        | Event::Expired { .. }
        | Event::Exhausted { .. } => Level::WARN,
        Event::Processed { .. }
        | Event::Queued { .. }
        | Event::Dequeued { .. }
        | Event::Emptied { .. }
        | Event::Edge { .. } => Level::DEBUG,
        _ => Level::INFO,
    }
}

const fn result(event: &Event<'_>) -> &'static str {
    match event {
        Event::Retrying { .. }
        | Event::Denied { .. }
        | Event::Diverted { .. }
        | Event::Restarting { .. }
        | Event::HalfOpened { .. }
        | Event::RateLimited { .. }
        | Event::BackupUsed { .. }
        | Event::Queued { .. }
        | Event::Requeued { .. } => "PENDING",
        Event::HandedBack { .. } => "CANCELLED",
        Event::Dropped { .. } | Event::OverflowDropped { .. } => "DROPPED",
        Event::Refused { .. }
        | Event::Tripped { .. }
        | Event::BlackoutBegan { .. }
        | Event::SurgeTripped { .. }
        | Event::BackupFailed { .. }
        | Event::Expired { .. }
        | Event::Exhausted { .. } => "FAILURE",
        _ if event.error().is_some() => "FAILURE",
        _ => "SUCCESS",
    }
}

const fn message(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Started => "a stage began to run",
        EventKind::Processed => "a batch was processed",
        EventKind::Retrying => "an attempt failed, another will follow",
        EventKind::Failed => "an item failed",
        EventKind::Recovered => "an item succeeded after failed attempts",
        EventKind::Denied => "a guard gives no leave",
        EventKind::Diverted => "items went another way",
        EventKind::Dropped => "items were dropped",
        EventKind::Refused => "a submit was refused",
        EventKind::HandedBack => "items were handed back",
        EventKind::WorkerPanicked => "a worker panicked",
        EventKind::SinkOpened => "a sink was opened",
        EventKind::SinkClosed => "a sink was closed",
        EventKind::SinkFailed => "a sink failed",
        EventKind::ConduitStarted => "a conduit was started",
        EventKind::ConduitStopped => "a conduit has stopped",
        EventKind::SourceStarted => "a source began to run",
        EventKind::SourceEnded => "a source ended",
        EventKind::Restarting => "a source will be opened again",
        EventKind::Tripped => "a circuit breaker opened",
        EventKind::HalfOpened => "a circuit breaker lets probes through",
        EventKind::Reset => "a circuit breaker closed",
        EventKind::RateLimited => "a surge protector holds back what is offered",
        EventKind::BlackoutBegan => "a blackout began",
        EventKind::BlackoutEnded => "a blackout is over",
        EventKind::SurgeTripped => "a surge protector was tripped",
        EventKind::SurgeReset => "a surge protector was reset",
        EventKind::BackupUsed => "backups took items",
        EventKind::BackupFailed => "backups refused items",
        EventKind::OverflowDropped => "a surge protector dropped items",
        EventKind::Queued => "elements were queued",
        EventKind::Requeued => "elements came back for another attempt",
        EventKind::Dequeued => "elements left a queue",
        EventKind::Emptied => "a queue is empty",
        EventKind::Expired => "elements became overdue",
        EventKind::Exhausted => "elements came back after their last attempt",
        EventKind::Stopped => "a stage has stopped",
        kind => kind.as_str(),
    }
}

// === impl Line ===

impl Line {
    fn of(event: &Event<'_>) -> Self {
        let mut line = Self::default();
        let is_edge = matches!(event, Event::Edge { .. });
        event.each_field(|name, field| line.put(name, field, is_edge));
        line
    }

    fn put(&mut self, name: &'static str, field: Field<'_>, is_edge: bool) {
        let place = match name {
            _ if is_edge => None,
            "items" => Some(&mut self.items),
            "taken" => Some(&mut self.taken),
            "emitted" => Some(&mut self.emitted),
            "attempt" => Some(&mut self.attempt),
            "attempts" => Some(&mut self.attempts),
            "worker" => Some(&mut self.worker),
            "workers" => Some(&mut self.workers),
            "stages" => Some(&mut self.stages),
            "trips" => Some(&mut self.trips),
            _ => None,
        };
        match (place, field) {
            (Some(place), Field::Unsigned(number)) => *place = Some(number),
            (None, Field::Bool(is_so)) if name == "dead_lettered" => {
                self.dead_lettered = Some(is_so);
            }
            (None, Field::Bool(is_so)) if name == "renewed" => self.renewed = Some(is_so),
            (None, field) if name == "after" && !is_edge => self.after = Some(field.to_string()),
            (None, field) if name == "reason" && !is_edge => self.reason = Some(field.to_string()),
            (_, field) => {
                let fields = self.fields.get_or_insert_default();
                let gap = if fields.is_empty() { "" } else { " " };
                *fields += &format!("{gap}{name}={field}");
            }
        }
    }
}
