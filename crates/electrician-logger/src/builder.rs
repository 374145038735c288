//! Configuration of a logger in code.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use electrician_types::ConfigError;
use tracing::Level;

use crate::clock::WallClock;
use crate::context::Provider;
use crate::encode::escape;
use crate::fields::Fields;
use crate::layer::Core;
use crate::line::{MIN_RECORD, SCHEMA};
use crate::logger::Sinks;
use crate::record::{Recorder, Rules};
use crate::redact::Secrets;
use crate::scratch::Text;
use crate::{FieldValue, LogFilter, LogSink, Logger, QueueSettings, TraceContext};

/// Configures a [`Logger`].
#[must_use = "it does nothing until it is built"]
pub struct LoggerBuilder {
    filter: LogFilter,
    schema: String,
    fields: Vec<(String, FieldValue)>,
    secrets: Vec<String>,
    max_value: usize,
    max_record: usize,
    stack: Option<Level>,
    context: Option<Provider>,
    clock: WallClock,
    sinks: Vec<(String, Box<dyn LogSink>, QueueSettings)>,
    problems: Vec<String>,
}

/// The bound of a schema's id, in bytes.
const MAX_SCHEMA: usize = 128;

// === impl LoggerBuilder ===

impl LoggerBuilder {
    /// What is logged; default `info`. A [`Level`] stands for every target.
    pub fn with_filter(mut self, filter: impl Into<LogFilter>) -> Self {
        self.filter = filter.into();
        self
    }

    /// The id in `log_schema`, at most 128 bytes; default [`SCHEMA`].
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// A field on every record, unless a span or the event itself has one of that name.
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<FieldValue>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Fields whose name has this word, or these words side by side, are secret, too. `card number`
    /// fits `cardNumber`, `CARD_NUMBER` and `customer.card-number`.
    pub fn with_secret(mut self, name: impl Into<String>) -> Self {
        self.secrets.push(name.into());
        self
    }

    /// The bound of a value, in bytes as written, at least 64; default 8 KiB. What is longer is
    /// cut, and says how much is missing.
    pub fn with_max_value_bytes(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }

    /// The bound of a line, in bytes, at least 1 KiB; default 64 KiB. Free fields without room are
    /// left out; their number is in `fields_cut`.
    pub fn with_max_record_bytes(mut self, bytes: usize) -> Self {
        self.max_record = bytes;
        self
    }

    /// Records of this level and more severe ones get the stack of the thread. That takes long and
    /// allocates; by default there is none.
    pub fn with_stack(mut self, level: Level) -> Self {
        self.stack = Some(level);
        self
    }

    /// Where `trace_id` and `span_id` come from when no field tells them. It is called for each
    /// record, on the thread that logs.
    pub fn with_context(
        mut self,
        context: impl Fn() -> Option<TraceContext> + Send + Sync + 'static,
    ) -> Self {
        self.context = Some(Box::new(context));
        self
    }

    /// Takes the time of records from `now`; default the system's.
    pub fn with_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = WallClock::new(now);
        self
    }

    /// A sink, by an id of its own.
    pub fn with_sink(self, id: impl Into<String>, sink: impl LogSink) -> Self {
        self.with_queued_sink(id, sink, QueueSettings::default())
    }

    /// A sink, by an id of its own, with its queue.
    pub fn with_queued_sink(
        mut self,
        id: impl Into<String>,
        sink: impl LogSink,
        queue: QueueSettings,
    ) -> Self {
        self.sinks.push((id.into(), Box::new(sink), queue));
        self
    }

    pub(crate) fn with_problems(mut self, problems: &[String]) -> Self {
        self.problems.extend_from_slice(problems);
        self
    }

    /// Starts the logger: one thread for each sink. The error tells every problem.
    pub fn build(self) -> Result<Logger, ConfigError> {
        let Self { filter, schema, sinks, mut problems, max_value, max_record, .. } = self;
        if schema.is_empty() || schema.len() > MAX_SCHEMA {
            let length = schema.len();
            problems.push(format!("the schema has {length} bytes, expected 1 to {MAX_SCHEMA}"));
        }
        if max_value < 64 {
            problems.push(format!("max_value_bytes is {max_value}, expected at least 64"));
        }
        if max_record < MIN_RECORD {
            problems
                .push(format!("max_record_bytes is {max_record}, expected at least {MIN_RECORD}"));
        }
        let mut secrets = Secrets::default();
        for name in &self.secrets {
            if !secrets.add(name) {
                problems.push(format!("the secret name {name:?} has no letter and no digit"));
            }
        }
        let rules = Rules { logger: unique(), secrets, max_value };
        let statics = statics(&rules, &self.fields, &mut problems);
        for (at, (id, ..)) in sinks.iter().enumerate() {
            if id.is_empty() || id.contains('\0') {
                problems.push(format!("the sink id {id:?} is not one: expected some text"));
            }
            if sinks[..at].iter().any(|(other, ..)| other == id) {
                problems.push(format!("two sinks have the id {id:?}: expected one for each"));
            }
        }
        ConfigError::check(problems)?;

        let mut prefix = String::from("{\"log_schema\":\"");
        escape(&mut prefix, &schema, MAX_SCHEMA, 0);
        prefix.push_str("\",\"ts\":\"");
        let core = Core {
            rules,
            prefix,
            max_record,
            statics,
            stack: self.stack,
            context: self.context,
            clock: self.clock,
            sinks: Sinks::new(max_record),
        };
        let mut problems = Vec::new();
        for (id, sink, queue) in sinks {
            if let Err(error) = core.sinks.add(id.clone(), sink, queue) {
                problems.push(format!("sink {id:?}: {error}"));
            }
        }
        ConfigError::check(problems)?;
        Ok(Logger::new(core, filter))
    }
}

impl Default for LoggerBuilder {
    fn default() -> Self {
        Self {
            filter: LogFilter::default(),
            schema: SCHEMA.into(),
            fields: Vec::new(),
            secrets: Vec::new(),
            max_value: 8 << 10,
            max_record: 64 << 10,
            stack: None,
            context: None,
            clock: WallClock::SYSTEM,
            sinks: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl fmt::Debug for LoggerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sinks: Vec<_> = self.sinks.iter().map(|(id, ..)| id).collect();
        let fields: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("LoggerBuilder")
            .field("filter", &self.filter)
            .field("schema", &self.schema)
            .field("fields", &fields)
            .field("sinks", &sinks)
            .finish_non_exhaustive()
    }
}

fn statics(rules: &Rules, given: &[(String, FieldValue)], problems: &mut Vec<String>) -> Fields {
    let mut text = Text::default();
    let mut fields = Fields::default();
    for (at, (name, value)) in given.iter().enumerate() {
        if name.is_empty() {
            problems.push("a field has no name: expected one".into());
        }
        if given[..at].iter().any(|(other, _)| other == name) {
            problems.push(format!("two fields have the name {name:?}: expected one for each"));
        }
        Recorder { rules, text: &mut text, fields: &mut fields }.named(name, value);
    }
    fields
}

/// Tells loggers apart within the process.
fn unique() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}
