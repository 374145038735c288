//! Lines, to the letter.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use electrician_logger::{Component, RESERVED, TraceContext};
use electrician_types::{ComponentKind, ErrorKind, Metadata};
use tracing::{debug, error, info, info_span, trace, warn};

use crate::support::Bench;

/// What every line of this file begins with and goes on with.
fn golden(level: &str, msg: &str, line: u32, rest: &str) -> String {
    format!(
        "{{\"log_schema\":\"electrician.log.v1\",\"ts\":\"2026-01-31T23:59:59.000000042Z\",\
         \"level\":\"{level}\",\"msg\":\"{msg}\",\"logger\":\"it::lines\",\
         \"caller\":\"it/lines.rs:{line}\"{rest}}}"
    )
}

#[test]
fn a_message_alone() {
    let bench = Bench::new(|builder| builder);
    let line = line!() + 1;
    info!("hello, {}", "world");
    assert_eq!(bench.line(), golden("info", "hello, world", line, ""));
}

#[test]
fn every_key_in_its_place() {
    let bench = Bench::new(|builder| builder.with_field("host", "a").with_field("shard", 7));
    let error = io::Error::other("refused");
    let line = line!() + 1;
    warn!(
        first = 1,
        span_id = "00f067aa0ba902b7",
        trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
        error = &error as &(dyn Error + 'static),
        result = "FAILURE",
        event = "Submit",
        component.name = "parse",
        component.r#type = "WIRE",
        component.id = "12",
        stack = "main",
        last = true,
        "text"
    );
    let rest = r#","stack":"main","component":{"id":"12","type":"WIRE","name":"parse"},"event":"Submit","result":"FAILURE","error":"refused","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","first":1,"last":true,"host":"a","shard":7"#;
    assert_eq!(bench.line(), golden("warn", "text", line, rest));
}

#[test]
fn keys_come_in_the_order_of_the_schema() {
    let bench = Bench::new(|builder| builder);
    error!(
        stack = "s",
        component = "c",
        event = "e",
        result = "r",
        error = "x",
        trace_id = "t",
        span_id = "i"
    );
    let line = bench.line();
    let places = RESERVED
        .map(|key| line.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key}: {line}")));
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn levels_are_lower_case() {
    let bench = Bench::new(|builder| builder.with_filter(tracing::Level::TRACE));
    (error!("x"), warn!("x"), info!("x"), debug!("x"), trace!("x"));
    let lines = bench.take();
    let found: Vec<_> = ["error", "warn", "info", "debug", "trace"]
        .iter()
        .zip(&lines)
        .map(|(level, line)| line.contains(&format!("\"level\":\"{level}\"")))
        .collect();
    assert_eq!(found, [true; 5]);
}

#[test]
fn values_keep_their_types() {
    let bench = Bench::new(|builder| builder);
    let text = "t";
    info!(
        negative = -1_i64,
        large = u64::MAX,
        huge = u128::MAX,
        float = 1.5,
        nan = f64::NAN,
        yes = true,
        text,
        shown = %text,
        debugged = ?Some(1),
        wait = ?Duration::from_millis(1500),
        nothing = None::<u8>,
    );
    let line = bench.line();
    let rest = r#""negative":-1,"large":18446744073709551615,"huge":"340282366920938463463374607431768211455","float":1.5,"nan":"NaN","yes":true,"text":"t","shown":"t","debugged":"Some(1)","wait":"1.5s"}"#;
    assert!(line.ends_with(rest), "{line}");
}

#[test]
fn a_component_is_an_object_however_it_is_told() {
    let bench = Bench::new(|builder| builder);
    let wire = Metadata::new(ComponentKind::Wire, "parse");
    let name = String::from("parse");
    info!(component = %name);
    info!(component = "parse");
    info!(component = %Component(&wire));
    info!(component.name = name, component.id = %wire.id, component.r#type = %wire.kind);
    let lines = bench.take();
    let alone = r#""component":{"id":"","type":"","name":"parse"}"#;
    let whole = format!(r#""component":{{"id":"{}","type":"WIRE","name":"parse"}}"#, wire.id);
    let expected = [alone, alone, whole.as_str(), whole.as_str()];
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(expected), "{line}");
    }
    assert_eq!(lines.len(), 4);
}

/// An error over another.
#[derive(Debug)]
struct Over(&'static str, Option<Box<Over>>);

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Over {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|error| error as _)
    }
}

#[test]
fn an_error_is_text_with_its_causes() {
    let bench = Bench::new(|builder| builder);
    let error = Over("top", Some(Box::new(Over("middle", Some(Box::new(Over("root", None)))))));
    error!(error = &error as &(dyn Error + 'static));
    assert_eq!(bench.json()["error"], "top: middle: root");
}

#[test]
fn a_cause_that_the_error_names_itself_is_not_said_twice() {
    let bench = Bench::new(|builder| builder);
    let error =
        electrician_types::Error::new(ErrorKind::Io, "write").with_source(Over("full", None));
    error!(error = &error as &(dyn Error + 'static));
    assert_eq!(bench.json()["error"], "write: full");
}

#[test]
fn spans_give_their_fields_and_the_inner_one_wins() {
    let bench = Bench::new(|builder| builder.with_field("a", "static").with_field("s", 1));
    let outer = info_span!(
        "outer",
        a = 1,
        b = 1,
        component.name = "x",
        component.id = "1",
        later = tracing::field::Empty
    );
    let _outer = outer.enter();
    let _inner = info_span!("inner", b = 2, c = 2, component = "y").entered();
    outer.record("later", "now");
    outer.record("later", "then");
    info!(c = 3);
    let json = bench.json();
    assert_eq!(json["a"], 1);
    assert_eq!(json["b"], 2);
    assert_eq!(json["c"], 3);
    assert_eq!(json["s"], 1);
    assert_eq!(json["later"], "then");
    // The id of one component does not stand beside the name of another.
    assert_eq!(json["component"], serde_json::json!({"id": "", "type": "", "name": "y"}));
}

#[test]
fn a_trace_comes_from_the_context_unless_a_field_tells_it() {
    let context = TraceContext { trace_id: 0xabc, span_id: 0xd };
    let bench = Bench::new(|builder| builder.with_context(move || Some(context)));
    info!("x");
    let json = bench.json();
    assert_eq!(json["trace_id"], "00000000000000000000000000000abc");
    assert_eq!(json["span_id"], "000000000000000d");
    info!(trace_id = "mine");
    let json = bench.json();
    assert_eq!(json["trace_id"], "mine");
    assert_eq!(json.get("span_id"), None);
}

#[test]
fn a_context_that_panics_is_none() {
    let bench = Bench::new(|builder| builder.with_context(|| panic!("no context")));
    info!("x");
    assert_eq!(bench.json().get("trace_id"), None);
}

#[test]
fn a_stack_on_demand() {
    let bench = Bench::new(|builder| builder.with_stack(tracing::Level::ERROR));
    (warn!("x"), error!("x"));
    let lines = bench.take();
    assert!(!lines[0].contains("\"stack\""));
    assert!(lines[1].contains("a_stack_on_demand"), "{}", lines[1]);
}

#[test]
fn another_schema_is_named() {
    let bench = Bench::new(|builder| builder.with_schema("mine.\"v2\""));
    info!("x");
    assert!(bench.line().starts_with(r#"{"log_schema":"mine.\"v2\"","ts":""#));
}
