//! What only edges know.

use electrician_sensor::types::{Event, EventKind, Field, Observer};
use electrician_sensor::{Filter, ObserverExt, OwnedEvent, Value};

use crate::support::Diary;

const fn edge(kind: &'static str) -> Event<'static> {
    Event::Edge { component: "in", kind, error: None, fields: &[] }
}

#[test]
fn a_filter_chooses_those_of_one_edge() {
    let diary = Diary::default();
    let observer = diary.clone().filtered(Filter::new().with_edges("kafka."));
    observer.observe(&edge("kafka.committed"));
    observer.observe(&edge("s3.put"));
    observer.observe(&Event::SourceStarted { component: "in" });
    assert_eq!(diary.lines(), ["in kafka.committed"]);
}

#[test]
fn or_a_single_kind_or_all() {
    let diary = Diary::default();
    let one = diary.clone().filtered(EventKind::Edge("s3.put"));
    let all = diary.clone().filtered(Filter::new().with_edges(""));
    for event in [edge("s3.put"), edge("s3.listed"), Event::Reset { component: "in" }] {
        one.observe(&event);
        all.observe(&event);
    }
    assert_eq!(diary.lines(), ["in s3.put", "in s3.put", "in s3.listed"]);
}

#[test]
fn at_most_16_fields_are_looked_at() {
    let fields = [("bytes", Field::Unsigned(1)); 20];
    let event = Event::Edge { component: "in", kind: "s3.put", error: None, fields: &fields };
    let owned = OwnedEvent::from(&event);
    assert_eq!(owned.fields().len(), 16);
    assert_eq!(owned.field("bytes"), Some(&Value::Unsigned(1)));
}
