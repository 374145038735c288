//! Whatever the values: one line, one object.

use std::fmt;

use electrician_logger::{FieldValue, Logger, MemoryLog};
use proptest::prelude::*;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tracing::{info, info_span};

use crate::support::{Bench, LONG, install, queue};

/// Any text, often with what needs an escape.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\x00-\\x1f\"\\\\/{}:,żѣ🐢 ]{0,200}"]
}

fn any_value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        any::<bool>().prop_map(FieldValue::Bool),
        any::<i64>().prop_map(FieldValue::Integer),
        any::<f64>().prop_map(FieldValue::Float),
        any_text().prop_map(FieldValue::Text),
    ]
}

/// An object whose keys are each there once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Once;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
                let mut all = serde_json::Map::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if let Some(old) = all.insert(key, value) {
                        return Err(A::Error::custom(format!("a key twice, first with {old}")));
                    }
                }
                Ok(Once(all.into()))
            }
        }
        from.deserialize_map(Keys)
    }
}

/// Reads a line; every key must be there once.
fn read(line: &str) -> Result<Value, TestCaseError> {
    let read = serde_json::from_str(line).map(|Once(value)| value);
    read.map_err(|error| TestCaseError::fail(format!("{error}: {line}")))
}

proptest! {
    #[test]
    fn every_line_is_one_object(
        statics in proptest::collection::btree_map("[\\x00-\\x7fż]{1,12}", any_value(), 0..6),
        text in any_text(),
        shown in any_text(),
        name in any_text(),
        float: f64,
        max_record in 1024_usize..4096,
        max_value in 64_usize..512,
    ) {
        let log = MemoryLog::default();
        let mut builder = Logger::builder()
            .with_queued_sink("memory", log.sink(), queue())
            .with_max_record_bytes(max_record)
            .with_max_value_bytes(max_value);
        for (name, value) in statics {
            builder = builder.with_field(name, value);
        }
        let logger = builder.build().unwrap();
        {
            let _default = install(&logger);
            let _span = info_span!("s", in_span = %shown, float, component.id = name).entered();
            info!(text, shown = ?shown, event = name, component = %name, error = %text, float, "{text}");
        }
        logger.close(LONG).unwrap();
        let lines = log.take();
        prop_assert_eq!(lines.len(), 1);
        prop_assert!(lines[0].len() < max_record, "{} of {max_record}: {}", lines[0].len(), lines[0]);
        let value = read(&lines[0])?;
        prop_assert_eq!(&value["level"], "info");
        for key in ["ts", "msg", "logger", "caller", "event", "error"] {
            prop_assert!(value[key].is_string());
        }
    }
}

#[test]
fn a_huge_value_is_cut_and_marked() {
    let bench = Bench::new(|builder| builder);
    info!(huge = %"é".repeat(1 << 20), after = 1, "text");
    let json = bench.json();
    let huge = json["huge"].as_str().unwrap();
    let missing = (2 << 20) - 8192;
    assert!(huge.ends_with(&format!("é…[cut {missing} bytes]")), "{}", &huge[8000..]);
    assert_eq!(json["after"], 1);
}

#[test]
fn fields_without_room_are_left_out_and_counted() {
    let bench = Bench::new(|builder| builder.with_max_record_bytes(1024).with_max_value_bytes(600));
    let text = "x".repeat(590);
    info!(a = text, b = text, c = text, small = 1);
    let line = bench.line();
    assert!(line.len() < 1024, "{}", line.len());
    let json: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["fields_cut"], 2);
    assert_eq!(json["small"], 1);
}

/// A value that cannot be shown.
enum Bad {
    Fails,
    Panics,
    Logs,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("before ")?;
        match self {
            Self::Fails => Err(fmt::Error),
            Self::Panics => panic!("a value that panics"),
            Self::Logs => {
                info!("from within");
                f.write_str("after")
            }
        }
    }
}

#[test]
fn a_value_that_cannot_be_shown_harms_nothing() {
    let bench = Bench::new(|builder| builder);
    info!(a = %Bad::Fails, b = %Bad::Panics, c = 1, "text");
    let json = bench.json();
    assert_eq!(json["a"], "before [its Display failed]");
    assert_eq!(json["b"], "before [its Display panicked]");
    assert_eq!((json["c"].as_i64(), json["msg"].as_str()), (Some(1), Some("text")));
}

#[test]
fn a_value_may_log_while_it_is_logged() {
    let bench = Bench::new(|builder| builder);
    let _span = info_span!("s", x = %Bad::Logs).entered();
    info!(y = %Bad::Logs, "outside");
    // Whether `tracing` passes on what is logged within depends on how the subscriber was set.
    let line = bench.take().pop().unwrap();
    assert!(
        line.contains(r#""msg":"outside""#) && line.contains(r#""y":"before after""#),
        "{line}"
    );
}
