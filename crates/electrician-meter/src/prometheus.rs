//! For Prometheus: its text format, and an endpoint that serves it.
//!
//! Names are those of [`Metric::ALL`], counters with `_total` behind; histograms are histograms,
//! with bounds from 1 µs to 60 s in seconds. Labels are `pipeline`, `stage`, `kind`, and `nth` for
//! stages of one name; `guard` and `guard_kind` for guards; `meter` for what is about all. The
//! user's metrics have the names that they were given, and the label `meter`.

mod endpoint;

use std::fmt::{self, Write};

use crate::custom::{CustomSnapshot, CustomValue};
use crate::latency::Latency;
use crate::metric::{Metric, MetricKind, Subject, Value};
use crate::snapshot::Snapshot;

pub use endpoint::Endpoint;

/// What HTTP says of the text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Snapshots in Prometheus' text format, version 0.0.4.
#[expect(clippy::needless_pass_by_value, reason = "it is made for this")]
pub fn encode(snapshot: Snapshot) -> String {
    let mut page = Page { text: String::with_capacity(16 * 1024), labels: String::new() };
    for metric in Metric::ALL {
        let samples = metric.samples(&snapshot);
        if samples.is_empty() {
            continue;
        }
        let kind = metric.kind();
        page.begin(metric.name(), metric.help(), kind);
        for sample in samples {
            page.label(&sample.subject);
            match sample.value {
                Value::Count(count) => page.one(metric.name(), kind, count),
                Value::Number(number) => page.one(metric.name(), kind, Number(number)),
                Value::Times(latency) => page.times(metric.name(), latency),
            }
        }
    }
    for custom in &snapshot.custom {
        page.custom(custom, &snapshot);
    }
    page.text
}

/// What is written so far, and the labels of the line in hand: `name="value",…`.
struct Page {
    text: String,
    labels: String,
}

/// A number as the format has it.
struct Number(f64);

/// A text within quotes.
struct Quoted<'a>(&'a str);

// === impl Page ===

impl Page {
    /// The lines before the values of a metric.
    fn begin(&mut self, name: &str, help: &str, kind: MetricKind) {
        let (suffix, kind) = match kind {
            MetricKind::Counter => ("_total", "counter"),
            MetricKind::Gauge => ("", "gauge"),
            MetricKind::Histogram => ("", "histogram"),
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.put(format_args!("# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}\n"));
    }

    /// The labels of the lines that follow.
    fn label(&mut self, subject: &Subject<'_>) {
        let labels = &mut self.labels;
        labels.clear();
        subject.labels(|name, value| {
            let comma = if labels.is_empty() { "" } else { "," };
            // Writing to a string does not fail.
            let _: fmt::Result = write!(labels, "{comma}{name}=\"{}\"", Quoted(value));
        });
    }

    fn one(&mut self, name: &str, kind: MetricKind, value: impl fmt::Display) {
        let suffix = if kind == MetricKind::Counter { "_total" } else { "" };
        self.line(name, suffix, value);
    }

    fn line(&mut self, name: &str, suffix: &str, value: impl fmt::Display) {
        let Self { text, labels } = self;
        for part in [name, suffix, "{", labels, "} "] {
            text.push_str(part);
        }
        self.put(format_args!("{value}\n"));
    }

    fn times(&mut self, name: &str, latency: &Latency) {
        let seconds = |bucket: &crate::latency::Bucket| (bucket.bound.as_secs_f64(), bucket.count);
        let buckets = latency.buckets.iter().map(seconds);
        self.histogram(name, latency.sum.as_secs_f64(), latency.count, buckets);
    }

    fn histogram(
        &mut self,
        name: &str,
        sum: f64,
        count: u64,
        buckets: impl Iterator<Item = (f64, u64)>,
    ) {
        for (bound, below) in buckets.chain([(f64::INFINITY, count)]) {
            let Self { text, labels } = self;
            let comma = if labels.is_empty() { "" } else { "," };
            for part in [name, "_bucket{", labels, comma, "le=\""] {
                text.push_str(part);
            }
            self.put(format_args!("{}\"}} {below}\n", Number(bound)));
        }
        self.line(name, "_sum", Number(sum));
        self.line(name, "_count", count);
    }

    fn custom(&mut self, CustomSnapshot { name, value }: &CustomSnapshot, snapshot: &Snapshot) {
        let kind = match value {
            CustomValue::Counter(_) => MetricKind::Counter,
            CustomValue::Gauge(_) => MetricKind::Gauge,
            CustomValue::Histogram(_) | CustomValue::Timer { .. } => MetricKind::Histogram,
        };
        self.begin(name, "A metric of the application.", kind);
        self.label(&Subject::Meter(snapshot));
        match value {
            CustomValue::Counter(count) => self.one(name, kind, count),
            CustomValue::Gauge(value) => self.one(name, kind, value),
            CustomValue::Timer { latency, .. } => self.times(name, latency),
            CustomValue::Histogram(spread) => {
                let buckets = spread.buckets.iter().map(|(bound, count)| (*bound as f64, *count));
                self.histogram(name, spread.sum as f64, spread.count, buckets);
            }
        }
    }

    fn put(&mut self, arguments: fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _: fmt::Result = self.text.write_fmt(arguments);
    }
}

// === impl Number ===

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            number if number.is_nan() => f.write_str("NaN"),
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            number => write!(f, "{number}"),
        }
    }
}

// === impl Quoted ===

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            character => f.write_char(character),
        })
    }
}
