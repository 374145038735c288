//! Events that borrow nothing, and are bounded.

use std::fmt;
use std::time::{Duration, SystemTime};

use electrician_sensor::types::{BoxError, Error, ErrorKind, Event, Field};
use electrician_sensor::{OwnedEvent, Value};

use crate::events::{FIELDS, each};

#[test]
fn everything_is_kept() {
    let before = SystemTime::now();
    each(|event| {
        let owned = OwnedEvent::from(event);
        assert_eq!((owned.component(), owned.kind()), (event.component(), event.kind()));
        assert_eq!(owned.error(), event.error().map(ToString::to_string).as_deref());
        assert_eq!(owned.error_kind(), event.error().map(Error::kind));
        assert_eq!(owned.ledger(), event.ledger());
        let mut fields = Vec::new();
        event.each_field(|name, field| fields.push((name, Value::from(field))));
        assert_eq!(owned.fields(), fields);
        assert!(owned.at() >= before);
    });
}

#[test]
fn fields_are_found_by_name() {
    let after = Duration::from_millis(5);
    let error = Error::new(ErrorKind::Io, "reading");
    let event = Event::Retrying { component: "price", attempt: 2, after, error: &error };
    let owned = OwnedEvent::from(&event);
    assert_eq!(owned.number("attempt"), Some(2));
    assert_eq!(owned.number("after"), None);
    assert_eq!(owned.field("after"), Some(&Value::Duration(after)));
    assert_eq!(owned.field("nothing"), None);
    assert_eq!(owned.to_string(), format!("price retrying attempt=2 after=5ms: {error}"));
    let edge = Event::Edge { component: "in", kind: "kafka.assigned", error: None, fields: FIELDS };
    let owned = OwnedEvent::from(&edge).to_string();
    assert_eq!(owned, "in kafka.assigned partition=3 topic=strikes");
}

/// An error whose text never ends unless it is stopped.
#[derive(Debug)]
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        loop {
            f.write_str("and so on ")?;
        }
    }
}

impl std::error::Error for Endless {}

#[test]
fn no_text_is_longer_than_it_may_be() {
    let error = Error::failed(BoxError::from(Endless));
    let long = "ä".repeat(1000);
    let fields = [("text", Field::Text(&long))];
    let event =
        Event::Edge { component: &long, kind: "s3.put", error: Some(&error), fields: &fields };
    let owned = OwnedEvent::from(&event);
    assert_eq!(owned.component(), "ä".repeat(128) + "…");
    let text = owned.error().unwrap();
    assert_eq!(text.len(), 1024 + '…'.len_utf8());
    assert!(text.ends_with('…'), "{text}");
    assert_eq!(owned.field("text"), Some(&Value::Text(("ä".repeat(128) + "…").into())));
    let exact = "x".repeat(256);
    let event = Event::Reset { component: &exact };
    assert_eq!(OwnedEvent::from(&event).component(), exact);
}
