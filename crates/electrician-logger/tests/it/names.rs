//! Names that the schema has another use for.

use serde_json::json;
use tracing::info;

use crate::support::Bench;

#[test]
fn a_free_field_with_a_key_of_the_schema_is_renamed() {
    let bench = Bench::new(|builder| builder.with_field("caller", "static"));
    info!(ts = 1, level = "x", msg = "y", logger = true, log_schema = 2, fields_cut = 3, "text");
    let line = bench.line();
    for key in ["ts", "level", "msg", "logger", "log_schema", "caller"] {
        assert_eq!(line.matches(&format!("\"{key}\":")).count(), 1, "{line}");
    }
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["field.ts"], 1);
    assert_eq!(json["field.level"], "x");
    assert_eq!(json["field.msg"], "y");
    assert_eq!(json["field.logger"], true);
    assert_eq!(json["field.log_schema"], 2);
    assert_eq!(json["field.fields_cut"], 3);
    assert_eq!(json["field.caller"], "static");
    assert_eq!((&json["msg"], &json["level"]), (&json!("text"), &json!("info")));
}

#[test]
fn keys_of_the_schema_are_always_text() {
    let bench = Bench::new(|builder| builder);
    info!(
        event = 1,
        result = true,
        error = 1.5,
        trace_id = u128::MAX,
        span_id = 7,
        stack = -1,
        component = 9
    );
    let json = bench.json();
    for key in ["event", "result", "error", "trace_id", "span_id", "stack"] {
        assert!(json[key].is_string(), "{key}: {json}");
    }
    assert_eq!(json["component"]["name"], "9");
}

#[test]
fn a_name_is_there_once() {
    let bench = Bench::new(|builder| builder.with_field("field.ts", 1));
    info!({ x = 1, x = 2, ts = 2 }, "text");
    let line = bench.line();
    assert_eq!(line.matches("\"x\":").count(), 1, "{line}");
    assert_eq!(line.matches("\"field.ts\":").count(), 1, "{line}");
}
