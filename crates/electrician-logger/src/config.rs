//! Configuration of a logger as data.

mod duration;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use electrician_types::ConfigError;
use serde::{Deserialize, Serialize};
use tracing::Level;

use crate::filter::level_of;
use crate::line::SCHEMA;
use crate::{ConsoleSink, FileSink, LogFilter, Logger, LoggerBuilder, QueueSettings};

/// A logger as data, for a file in any format that `serde` reads. Unknown keys are errors, what is
/// left out has its default, and durations are text such as `"2s"` or `"1h 30m"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LoggerConfig {
    /// What is logged; default `"info"`.
    pub filter: LogFilter,
    /// The id in `log_schema`; default `"electrician.log.v1"`.
    pub schema: String,
    /// Fields on every record.
    pub fields: BTreeMap<String, FieldValue>,
    /// More names of secrets, see [`LoggerBuilder::with_secret`].
    pub secrets: Vec<String>,
    /// The bound of a value, in bytes; default 8192.
    pub max_value_bytes: usize,
    /// The bound of a line, in bytes; default 65536.
    pub max_record_bytes: usize,
    /// The least severe level with a stack, such as `"error"`; default none.
    pub stack: Option<String>,
    /// Where lines go. The default is nowhere.
    pub sinks: Vec<SinkConfig>,
}

/// A sink as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SinkConfig {
    /// Its id.
    pub id: String,
    /// What it is.
    pub to: SinkKind,
    /// Bytes that may wait; default 1 MiB.
    #[serde(default = "queue_bytes")]
    pub queue_bytes: usize,
    /// For how long lines are collected before they are written; default `"2ms"`.
    #[serde(default = "delay", with = "duration")]
    pub delay: Duration,
}

/// The kinds of sink: `"stdout"`, `"stderr"`, `{"file": {"path": …}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SinkKind {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file.
    File(FileConfig),
}

/// A file as data, see [`FileSink`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FileConfig {
    /// Where it is.
    pub path: PathBuf,
    /// The most bytes in a file; default no bound.
    #[serde(default)]
    pub max_bytes: Option<u64>,
    /// How old a file becomes; default no bound.
    #[serde(default, with = "duration::option")]
    pub max_age: Option<Duration>,
    /// A file for each day, UTC; default no.
    #[serde(default)]
    pub daily: bool,
    /// Files beside the one that is written; default 7.
    #[serde(default = "keep")]
    pub keep: u32,
}

/// The value of a field on every record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
}

// === impl LoggerConfig ===

impl LoggerConfig {
    /// The builder with all of this, for what data cannot say: other sinks, the trace context.
    /// Opens the files; problems come with [`LoggerBuilder::build`].
    pub fn builder(&self) -> LoggerBuilder {
        let mut builder = Logger::builder()
            .with_filter(self.filter.clone())
            .with_schema(&self.schema)
            .with_max_value_bytes(self.max_value_bytes)
            .with_max_record_bytes(self.max_record_bytes);
        for (name, value) in &self.fields {
            builder = builder.with_field(name, value.clone());
        }
        for name in &self.secrets {
            builder = builder.with_secret(name);
        }
        if let Some(name) = &self.stack {
            builder = match level_of(name).map(tracing::level_filters::LevelFilter::into_level) {
                Some(Some(level)) => builder.with_stack(level),
                Some(None) => builder,
                None => builder.with_problems(&[format!(
                    "stack is {name:?}, expected off, error, warn, info, debug or trace"
                )]),
            };
        }
        self.sinks.iter().fold(builder, |builder, sink| sink.add_to(builder))
    }

    /// Starts the logger.
    pub fn build(&self) -> Result<Logger, ConfigError> {
        self.builder().build()
    }

    /// The same with a sink more.
    #[must_use]
    pub fn with_sink(mut self, sink: SinkConfig) -> Self {
        self.sinks.push(sink);
        self
    }
}

impl Default for LoggerConfig {
    fn default() -> Self {
        Self {
            filter: LogFilter::from(Level::INFO),
            schema: SCHEMA.into(),
            fields: BTreeMap::new(),
            secrets: Vec::new(),
            max_value_bytes: 8 << 10,
            max_record_bytes: 64 << 10,
            stack: None,
            sinks: Vec::new(),
        }
    }
}

// === impl SinkConfig ===

impl SinkConfig {
    /// A sink with the default queue.
    pub fn new(id: impl Into<String>, to: SinkKind) -> Self {
        Self { id: id.into(), to, queue_bytes: queue_bytes(), delay: delay() }
    }

    fn add_to(&self, builder: LoggerBuilder) -> LoggerBuilder {
        let queue = QueueSettings::default().with_bytes(self.queue_bytes).with_delay(self.delay);
        match &self.to {
            SinkKind::Stdout => builder.with_queued_sink(&self.id, ConsoleSink::stdout(), queue),
            SinkKind::Stderr => builder.with_queued_sink(&self.id, ConsoleSink::stderr(), queue),
            SinkKind::File(file) => match file.open() {
                Ok(sink) => builder.with_queued_sink(&self.id, sink, queue),
                Err(error) => {
                    let of = |problem: &String| format!("sink {:?}: {problem}", self.id);
                    let problems: Vec<_> = error.problems().iter().map(of).collect();
                    builder.with_problems(&problems)
                }
            },
        }
    }
}

// === impl FileConfig ===

impl FileConfig {
    /// A file without bounds.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), max_bytes: None, max_age: None, daily: false, keep: keep() }
    }

    /// Opens the file.
    pub fn open(&self) -> Result<FileSink, ConfigError> {
        let mut builder = FileSink::builder(&self.path).with_keep(self.keep);
        if let Some(bytes) = self.max_bytes {
            builder = builder.with_max_bytes(bytes);
        }
        if let Some(age) = self.max_age {
            builder = builder.with_max_age(age);
        }
        if self.daily {
            builder = builder.with_daily();
        }
        builder.build()
    }
}

// === impl FieldValue ===

impl From<bool> for FieldValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for FieldValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for FieldValue {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for FieldValue {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for FieldValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

fn queue_bytes() -> usize {
    QueueSettings::default().bytes
}

fn delay() -> Duration {
    QueueSettings::default().delay
}

const fn keep() -> u32 {
    7
}
