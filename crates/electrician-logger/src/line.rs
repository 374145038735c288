//! A record as a line.

use std::fmt::Write;

use tracing::{Level, Metadata};

use crate::TraceContext;
use crate::encode::{cut, escape};
use crate::fields::Fields;
use crate::names::Slot;

/// The id of the schema.
pub const SCHEMA: &str = "electrician.log.v1";

/// The keys of the schema, in the order in which they are written.
pub const RESERVED: [&str; 13] = [
    "log_schema",
    "ts",
    "level",
    "msg",
    "logger",
    "caller",
    "stack",
    "component",
    "event",
    "result",
    "error",
    "trace_id",
    "span_id",
];

/// Kept free for the end of the line: `,"fields_cut":12345}` and the line feed.
const TAIL: usize = 32;

/// Kept free for what the schema always writes, beside values.
const FRAME: usize = 448;

pub(crate) const COMPONENT: [Slot; 3] =
    [Slot::ComponentId, Slot::ComponentType, Slot::ComponentName];
pub(crate) const TRACE: [Slot; 2] = [Slot::TraceId, Slot::SpanId];

/// The bound of a record must leave room for the keys.
pub(crate) const MIN_RECORD: usize = 1024;

/// Writes one line.
pub(crate) struct LineWriter<'a> {
    line: &'a mut String,
    /// The bound of the line, in bytes.
    max: usize,
    /// Free fields without room.
    left_out: usize,
}

// === impl LineWriter ===

impl<'a> LineWriter<'a> {
    /// Begins with `prefix`, which ends in the middle of `ts`; the time comes next.
    pub(crate) fn begin(line: &'a mut String, prefix: &str, max: usize) -> Self {
        line.clear();
        line.push_str(prefix);
        Self { line, max, left_out: 0 }
    }

    pub(crate) fn line(&mut self) -> &mut String {
        self.line
    }

    /// `level`, `msg`, `logger`, `caller`.
    pub(crate) fn head(&mut self, metadata: &Metadata<'_>, fields: &Fields) {
        self.line.push_str("\",\"level\":\"");
        self.line.push_str(level_name(*metadata.level()));
        self.line.push_str("\",\"msg\":\"");
        self.push_cut(fields.slot(Slot::Message).unwrap_or_default());
        self.line.push_str("\",\"logger\":\"");
        let limit = self.room();
        escape(self.line, metadata.target(), limit, 0);
        self.line.push_str("\",\"caller\":\"");
        let limit = self.room();
        escape(self.line, short(metadata.file().unwrap_or("unknown")), limit, 0);
        // Writing into a string cannot fail.
        let _ = write!(self.line, ":{}\"", metadata.line().unwrap_or(0));
    }

    /// The other keys of the schema.
    pub(crate) fn middle(
        &mut self,
        fields: &Fields,
        context: impl FnOnce() -> Option<TraceContext>,
    ) {
        self.key("stack", fields.slot(Slot::Stack));
        if fields.has_any(&COMPONENT) {
            self.line.push_str(",\"component\":{\"id\":\"");
            self.push_cut(fields.slot(Slot::ComponentId).unwrap_or_default());
            self.line.push_str("\",\"type\":\"");
            self.push_cut(fields.slot(Slot::ComponentType).unwrap_or_default());
            self.line.push_str("\",\"name\":\"");
            self.push_cut(fields.slot(Slot::ComponentName).unwrap_or_default());
            self.line.push_str("\"}");
        }
        self.key("event", fields.slot(Slot::Event));
        self.key("result", fields.slot(Slot::Result));
        self.key("error", fields.slot(Slot::Error));
        if fields.has_any(&TRACE) {
            self.key("trace_id", fields.slot(Slot::TraceId));
            self.key("span_id", fields.slot(Slot::SpanId));
        } else if let Some(TraceContext { trace_id, span_id }) = context() {
            // Writing into a string cannot fail.
            let _ = write!(
                self.line,
                ",\"trace_id\":\"{trace_id:032x}\",\"span_id\":\"{span_id:016x}\""
            );
        }
    }

    /// The free fields, as many as there is room for.
    pub(crate) fn free(&mut self, fields: &Fields) {
        for (key, value) in fields.free() {
            if self.line.len() + key.len() + value.len() + 4 + TAIL > self.max {
                self.left_out += 1;
                continue;
            }
            self.line.push_str(",\"");
            self.line.push_str(key);
            self.line.push_str("\":");
            self.line.push_str(value);
        }
    }

    pub(crate) fn end(self) {
        if self.left_out > 0 {
            // Writing into a string cannot fail.
            let _ = write!(self.line, ",\"fields_cut\":{}", self.left_out);
        }
        self.line.push_str("}\n");
    }

    fn key(&mut self, key: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.line.push_str(",\"");
        self.line.push_str(key);
        self.line.push_str("\":\"");
        self.push_cut(value);
        self.line.push('"');
    }

    fn push_cut(&mut self, value: &str) {
        let limit = self.room();
        let kept = cut(value, limit);
        self.line.push_str(kept);
        if kept.len() < value.len() {
            self.line.push('…');
        }
    }

    /// Half of what is left, so that there is always some for the next.
    fn room(&self) -> usize {
        self.max.saturating_sub(self.line.len() + FRAME) / 2
    }
}

/// The last two parts of a path.
fn short(path: &str) -> &str {
    let mut slashes = path.rmatch_indices(['/', '\\']);
    slashes.nth(1).map_or(path, |(at, _)| &path[at + 1..])
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}
