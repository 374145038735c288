//! The configuration as data.

use std::time::Duration;

use electrician_logger::{
    FieldValue, FileConfig, Logger, LoggerConfig, MemoryLog, SinkConfig, SinkKind,
};
use serde_json::json;
use tempfile::TempDir;
use tracing::info;

use crate::support::{LONG, install};

fn problem(config: serde_json::Value) -> String {
    serde_json::from_value::<LoggerConfig>(config).unwrap_err().to_string()
}

#[test]
fn everything_can_be_said_and_is_written_back() {
    let config = json!({
        "filter": "info,electrician_wire=debug",
        "schema": "mine",
        "fields": {"host": "a", "shard": 3, "canary": true, "weight": 0.5},
        "secrets": ["card number"],
        "max_value_bytes": 100,
        "max_record_bytes": 2000,
        "stack": "error",
        "sinks": [
            {"id": "out", "to": "stdout", "queue_bytes": 5000, "delay": "10ms"},
            {"id": "file", "to": {"file": {
                "path": "a/b.log", "max_bytes": 1000, "max_age": "1h 30m", "daily": true, "keep": 3
            }}},
        ],
    });
    let config: LoggerConfig = serde_json::from_value(config).unwrap();
    assert_eq!(config.fields["shard"], FieldValue::Integer(3));
    assert_eq!(config.sinks[0].delay, Duration::from_millis(10));
    let SinkKind::File(file) = &config.sinks[1].to else { panic!("{config:?}") };
    assert_eq!(file.max_age, Some(Duration::from_mins(90)));
    let back = serde_json::to_value(&config).unwrap();
    assert_eq!(serde_json::from_value::<LoggerConfig>(back).unwrap(), config);
}

#[test]
fn nothing_said_is_the_default() {
    let config: LoggerConfig = serde_json::from_str("{}").unwrap();
    assert_eq!(config, LoggerConfig::default());
    let file: FileConfig = serde_json::from_str(r#"{"path": "x"}"#).unwrap();
    assert_eq!(file, FileConfig::new("x"));
}

#[test]
fn what_is_wrong_is_told_with_what_would_be_right() {
    assert!(
        problem(json!({"lvl": "info"})).contains("unknown field `lvl`, expected one of `filter`")
    );
    assert!(problem(json!({"filter": "loud"})).contains("expected off, error"));
    let sink = |key: &str, value: serde_json::Value| {
        let mut sink = json!({"id": "x", "to": "stdout"});
        sink[key] = value;
        problem(json!({"sinks": [sink]}))
    };
    assert!(sink("delay", json!(5)).contains("expected a duration with its unit"));
    assert!(sink("delay", json!("5")).contains("expected a duration with its unit"));
    assert!(sink("delay", json!("-5s")).contains("expected a duration with its unit"));
    assert!(sink("size", json!(5)).contains("unknown field `size`"));
    assert!(
        sink("to", json!("syslog")).contains("unknown variant `syslog`, expected one of `stdout`")
    );
    assert!(sink("to", json!({"file": {"path": "x", "kep": 1}})).contains("unknown field `kep`"));
    assert!(sink("to", json!({"file": {}})).contains("missing field `path`"));
}

#[test]
fn every_problem_is_told_at_once() {
    let folder = TempDir::new().unwrap();
    let file = |id: &str| SinkConfig::new(id, SinkKind::File(FileConfig::new(folder.path())));
    let mut config = LoggerConfig::default()
        .with_sink(SinkConfig::new("same", SinkKind::Stdout))
        .with_sink(SinkConfig::new("same", SinkKind::Stderr))
        .with_sink(SinkConfig::new("", SinkKind::Stderr))
        .with_sink(file("file"));
    config.schema = String::new();
    config.max_value_bytes = 1;
    config.max_record_bytes = 1;
    config.secrets = vec!["--".into()];
    config.stack = Some("loud".into());
    config.fields.insert(String::new(), FieldValue::Bool(true));
    let error = config.build().unwrap_err();
    assert_eq!(error.problems().len(), 9, "{error}");
    let two = Logger::builder().with_field("a", 1).with_field("a", 2).build().unwrap_err();
    assert!(two.to_string().contains("two fields have the name \"a\""));
}

#[test]
fn a_configuration_logs() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    let config = LoggerConfig::default()
        .with_sink(SinkConfig::new("file", SinkKind::File(FileConfig::new(&path))));
    let log = MemoryLog::default();
    let logger = config.builder().with_sink("memory", log.sink()).build().unwrap();
    assert_eq!(logger.sinks(), ["file", "memory"]);
    let _default = install(&logger);
    info!("x");
    logger.close(LONG).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap().trim_end(), log.take()[0]);
}
