//! For Prometheus: its text format, and an endpoint that serves it.
//!
//! Names are those of [`Metric::ALL`], counters with `_total` behind; histograms are histograms,
//! with bounds from 1 µs to 60 s in seconds. Labels are `pipeline`, `stage`, `kind`, and `nth` for
//! stages of one name; `guard` and `guard_kind` for guards; `meter` for what is about all. The
//! user's metrics have the names that they were given, and the label `meter`.

mod endpoint;

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabel, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet,
    prometheus_text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::custom::{CustomSnapshot, CustomValue};
use crate::latency::Latency;
use crate::metric::{Metric, MetricKind, Subject, Value};
use crate::snapshot::Snapshot;

pub use endpoint::Endpoint;

/// What HTTP says of the text format.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Snapshots in Prometheus' text format, version 0.0.4.
pub fn encode(snapshot: Snapshot) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Shown(snapshot)));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _: fmt::Result = prometheus_text::encode(&mut text, &registry);
    text
}

#[derive(Debug)]
struct Shown(Snapshot);

/// The labels of a value, as the encoder wants them.
#[derive(Debug)]
struct Labels<'a>(Subject<'a>);

// === impl Shown ===

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for metric in Metric::ALL {
            let samples = metric.samples(&self.0);
            if samples.is_empty() {
                continue;
            }
            let kind = match metric.kind() {
                MetricKind::Counter => MetricType::Counter,
                MetricKind::Gauge => MetricType::Gauge,
                MetricKind::Histogram => MetricType::Histogram,
            };
            let mut family = encoder.encode_descriptor(metric.name(), metric.help(), None, kind)?;
            for sample in samples {
                let labels = Labels(sample.subject);
                write(family.encode_family(&labels)?, metric.kind(), sample.value)?;
            }
        }
        self.0.custom.iter().try_for_each(|custom| self.write_custom(custom, &mut encoder))
    }
}

impl Shown {
    fn write_custom(
        &self,
        CustomSnapshot { name, value }: &CustomSnapshot,
        encoder: &mut DescriptorEncoder<'_>,
    ) -> fmt::Result {
        const HELP: &str = "A metric of the application.";
        let labels = Labels(Subject::Meter(&self.0));
        let kind = match value {
            CustomValue::Counter(_) => MetricType::Counter,
            CustomValue::Gauge(_) => MetricType::Gauge,
            CustomValue::Histogram(_) | CustomValue::Timer { .. } => MetricType::Histogram,
        };
        let mut family = encoder.encode_descriptor(name, HELP, None, kind)?;
        let mut metric = family.encode_family(&labels)?;
        match value {
            CustomValue::Counter(count) => write(metric, MetricKind::Counter, Value::Count(*count)),
            CustomValue::Gauge(value) => metric.encode_gauge(value),
            CustomValue::Timer { latency, .. } => write_times(metric, latency),
            CustomValue::Histogram(spread) => {
                let bounds = spread.buckets.iter().map(|(bound, count)| (*bound as f64, *count));
                write_buckets(metric, spread.sum as f64, spread.count, bounds)
            }
        }
    }
}

fn write(mut metric: MetricEncoder<'_>, kind: MetricKind, value: Value<'_>) -> fmt::Result {
    match (kind, value) {
        (MetricKind::Counter, Value::Count(count)) => {
            metric.encode_counter::<NoLabelSet, u64, f64>(&count, None)
        }
        (MetricKind::Counter, Value::Number(number)) => {
            metric.encode_counter::<NoLabelSet, f64, f64>(&number, None)
        }
        (_, Value::Count(count)) => metric.encode_gauge(&(count as f64)),
        (_, Value::Number(number)) => metric.encode_gauge(&number),
        (_, Value::Times(latency)) => write_times(metric, latency),
    }
}

fn write_times(metric: MetricEncoder<'_>, latency: &Latency) -> fmt::Result {
    let bounds = latency.buckets.iter().map(|bucket| (bucket.bound.as_secs_f64(), bucket.count));
    write_buckets(metric, latency.sum.as_secs_f64(), latency.count, bounds)
}

/// The encoder adds the buckets up itself.
fn write_buckets(
    mut metric: MetricEncoder<'_>,
    sum: f64,
    count: u64,
    bounds: impl Iterator<Item = (f64, u64)>,
) -> fmt::Result {
    let mut before = 0;
    let buckets: Vec<_> = bounds
        .map(|(bound, below)| {
            let own = below.saturating_sub(before);
            before = below;
            (bound, own)
        })
        .collect();
    metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}

// === impl Labels ===

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.0.labels(|name, value| {
            if result.is_ok() {
                result = (name, value).encode(encoder.encode_label());
            }
        });
        result
    }
}
