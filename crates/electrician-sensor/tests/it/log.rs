//! Events as lines of a log.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use electrician_sensor::LogObserver;
use electrician_sensor::types::{BoxError, Error, Event, Observer};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};

use crate::events::each;

/// A subscriber that keeps every line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Line>>>);

#[derive(Default)]
struct Line {
    level: Option<Level>,
    target: String,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line { level: Some(*metadata.level()), ..Line::default() };
        metadata.target().clone_into(&mut line.target);
        event.record(&mut line);
        self.0.lock().unwrap().push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Each line as level, event, result, and the fields beyond, by name.
fn logged(write: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), write);
    let lines = lines.0.lock().unwrap();
    let text = |line: &Line| {
        assert_eq!(line.target, "electrician::event");
        let mut fields = line.fields.clone();
        assert!(!fields.remove("message").unwrap().is_empty());
        let mut take = |name| fields.remove(name).unwrap();
        let (component, event, result) = (take("component"), take("event"), take("result"));
        assert_eq!(component, "price");
        let mut text = format!("{} {event} {result}", line.level.unwrap());
        for (name, value) in fields {
            text += &format!(" {name}={value}");
        }
        text
    };
    lines.iter().map(text).collect()
}

#[test]
fn each_event_is_one_line_with_the_fields_of_the_schema() {
    let observer = LogObserver::new();
    let lines = logged(|| each(|event| observer.observe(event)));
    let expected = [
        "INFO started SUCCESS workers=2",
        "DEBUG processed SUCCESS emitted=63 taken=64",
        "WARN retrying PENDING after=5ms attempt=1 error=price: no",
        "WARN failed FAILURE attempts=3 dead_lettered=true error=price: no",
        "INFO recovered SUCCESS attempts=2",
        "WARN denied PENDING after=5ms reason=rate_limited",
        "WARN diverted PENDING items=7",
        "WARN dropped DROPPED items=8",
        "WARN refused FAILURE items=9 reason=full",
        "WARN handed_back CANCELLED items=10",
        "ERROR worker_panicked FAILURE error=price: no items=4 renewed=true worker=1",
        "INFO sink_opened SUCCESS",
        "INFO sink_closed SUCCESS",
        "ERROR sink_failed FAILURE error=price: no",
        "INFO conduit_started SUCCESS stages=5",
        "INFO conduit_stopped SUCCESS ledger=accepted 2 = delivered 2",
        "DEBUG kafka.assigned SUCCESS fields=partition=3 topic=strikes",
        "INFO source_started SUCCESS",
        "ERROR source_ended FAILURE error=price: no items=11",
        "WARN restarting PENDING after=5ms attempt=1",
        "WARN tripped FAILURE after=5ms trips=1",
        "INFO half_opened PENDING",
        "INFO reset SUCCESS",
        "WARN rate_limited PENDING after=5ms",
        "WARN blackout_began FAILURE",
        "INFO blackout_ended SUCCESS",
        "WARN surge_tripped FAILURE",
        "INFO surge_reset SUCCESS",
        "WARN backup_used PENDING items=12",
        "WARN backup_failed FAILURE items=13 reason=full",
        "WARN overflow_dropped DROPPED items=14",
        "DEBUG queued PENDING items=15",
        "WARN requeued PENDING items=16",
        "DEBUG dequeued SUCCESS items=17",
        "DEBUG emptied SUCCESS",
        "WARN expired FAILURE items=18",
        "WARN exhausted FAILURE items=19",
        "INFO stopped SUCCESS ledger=accepted 2 = delivered 2",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_failure_that_nobody_took_over_is_an_error() {
    let error = &Error::failed(BoxError::from("no")).with_component("price");
    let event = Event::Failed { component: "price", attempts: 1, error, dead_lettered: false };
    let lines = logged(|| LogObserver.observe(&event));
    assert_eq!(lines, ["ERROR failed FAILURE attempts=1 dead_lettered=false error=price: no"]);
}
