//! What a meter shows, as OTLP has it.
//!
//! The SDK's instruments count for themselves and take no histogram that is made already. A meter
//! has counted: its snapshot becomes a request as it is, so what arrives is what it shows, and
//! histograms are histograms.

use std::time::SystemTime;

use electrician_meter::{
    CustomValue, Distribution, Latency, Metric, MetricKind, Snapshot, Subject, Value,
};
use opentelemetry::KeyValue;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue as Attribute};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric as OtlpMetric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
};
use opentelemetry_sdk::Resource;

use crate::anchor::unix_nanos;
use crate::record::scope;

/// Makes requests of snapshots.
#[derive(Debug)]
pub(crate) struct Encoder {
    resource: Resource,
    /// Since when the meter has counted; set once, because a counter's beginning does not move.
    began: Option<u64>,
}

/// The times that all points of a request have.
#[derive(Clone, Copy)]
struct Times {
    began: u64,
    now: u64,
}

// === impl Encoder ===

impl Encoder {
    pub(crate) const fn new(resource: Resource) -> Self {
        Self { resource, began: None }
    }

    /// The request that says what `snapshot`, taken at `now`, shows.
    pub(crate) fn encode(
        &mut self,
        snapshot: &Snapshot,
        now: SystemTime,
    ) -> ExportMetricsServiceRequest {
        let now = unix_nanos(now);
        let elapsed = u64::try_from(snapshot.elapsed.as_nanos()).unwrap_or(u64::MAX);
        let times = Times { began: *self.began.get_or_insert(now.saturating_sub(elapsed)), now };
        let ours = Metric::ALL.iter().filter_map(|metric| times.metric(metric, snapshot));
        let customs = times.customs(snapshot);
        let metrics = ours.chain(customs).collect();
        let scope = scope();
        let scope = InstrumentationScope {
            name: scope.name().to_owned(),
            version: scope.version().unwrap_or_default().to_owned(),
            ..InstrumentationScope::default()
        };
        let scope_metrics = ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() };
        let resource_metrics = ResourceMetrics {
            resource: Some((&self.resource).into()),
            scope_metrics: vec![scope_metrics],
            ..ResourceMetrics::default()
        };
        ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
    }
}

// === impl Times ===

impl Times {
    /// `None` when it has no value.
    fn metric(self, metric: &Metric, snapshot: &Snapshot) -> Option<OtlpMetric> {
        let samples = metric.samples(snapshot);
        if samples.is_empty() {
            return None;
        }
        let mut numbers = Vec::new();
        let mut spreads = Vec::new();
        for sample in samples {
            let about = attributes(&sample.subject);
            match sample.value {
                Value::Count(count) => numbers.push(self.number(about, whole(count))),
                Value::Number(number) => {
                    numbers.push(self.number(about, number_data_point::Value::AsDouble(number)));
                }
                Value::Times(latency) => spreads.push(self.latency(about, latency)),
                // A kind of value of which this version does not know.
                _ => {}
            }
        }
        let data = match metric.kind() {
            MetricKind::Counter => sum(numbers),
            MetricKind::Histogram => histogram(spreads),
            _ => Data::Gauge(Gauge { data_points: numbers }),
        };
        Some(named(metric.name(), metric.help(), data))
    }

    fn customs(self, snapshot: &Snapshot) -> Vec<OtlpMetric> {
        let mut metrics = Vec::new();
        for custom in &snapshot.custom {
            let about = attributes(&Subject::Meter(snapshot));
            let mut add = |name: &str, data| metrics.push(named(name, "", data));
            match &custom.value {
                CustomValue::Counter(count) => {
                    add(&custom.name, sum(vec![self.number(about, whole(*count))]));
                }
                CustomValue::Gauge(value) => {
                    let value = number_data_point::Value::AsInt(*value);
                    let data_points = vec![self.number(about, value)];
                    add(&custom.name, Data::Gauge(Gauge { data_points }));
                }
                CustomValue::Histogram(spread) => {
                    add(&custom.name, histogram(vec![self.spread(about, spread)]));
                }
                CustomValue::Timer { latency, .. } => {
                    add(&custom.name, histogram(vec![self.latency(about, latency)]));
                }
                _ => {}
            }
        }
        metrics
    }

    fn number(
        self,
        attributes: Vec<Attribute>,
        value: number_data_point::Value,
    ) -> NumberDataPoint {
        NumberDataPoint {
            attributes,
            start_time_unix_nano: self.began,
            time_unix_nano: self.now,
            value: Some(value),
            ..NumberDataPoint::default()
        }
    }

    fn latency(self, attributes: Vec<Attribute>, latency: &Latency) -> HistogramDataPoint {
        let below = latency.buckets.iter().map(|it| (it.bound.as_secs_f64(), it.count));
        let point = self.buckets(attributes, latency.count, below);
        HistogramDataPoint {
            sum: Some(latency.sum.as_secs_f64()),
            max: (latency.count > 0).then_some(latency.max.as_secs_f64()),
            ..point
        }
    }

    fn spread(self, attributes: Vec<Attribute>, spread: &Distribution) -> HistogramDataPoint {
        let below = spread.buckets.iter().map(|(bound, count)| (*bound as f64, *count));
        let point = self.buckets(attributes, spread.count, below);
        HistogramDataPoint {
            sum: Some(spread.sum as f64),
            max: (spread.count > 0).then_some(spread.max as f64),
            ..point
        }
    }

    /// A point with the buckets that `below` says: bounds, and how many are at most as large.
    fn buckets(
        self,
        attributes: Vec<Attribute>,
        count: u64,
        below: impl Iterator<Item = (f64, u64)>,
    ) -> HistogramDataPoint {
        let mut explicit_bounds = Vec::new();
        let mut bucket_counts = Vec::new();
        let mut before = 0;
        for (bound, cumulative) in below {
            explicit_bounds.push(bound);
            bucket_counts.push(cumulative.saturating_sub(before));
            before = before.max(cumulative);
        }
        // OTLP wants the buckets to be as many as the count says. Readers of a running meter may
        // see one part a little later than the other.
        let count = count.max(before);
        bucket_counts.push(count - before);
        HistogramDataPoint {
            attributes,
            start_time_unix_nano: self.began,
            time_unix_nano: self.now,
            count,
            bucket_counts,
            explicit_bounds,
            ..HistogramDataPoint::default()
        }
    }
}

fn named(name: &str, help: &str, data: Data) -> OtlpMetric {
    OtlpMetric {
        name: name.to_owned(),
        description: help.to_owned(),
        unit: unit(name).to_owned(),
        data: Some(data),
        ..OtlpMetric::default()
    }
}

/// The unit by [UCUM](https://ucum.org), which the names of the meter end with.
fn unit(name: &str) -> &'static str {
    match name.rsplit('_').next() {
        Some("seconds") => "s",
        Some("bytes") => "By",
        Some("ratio") => "1",
        _ => "",
    }
}

fn sum(data_points: Vec<NumberDataPoint>) -> Data {
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: true })
}

fn histogram(data_points: Vec<HistogramDataPoint>) -> Data {
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    Data::Histogram(Histogram { data_points, aggregation_temporality })
}

fn whole(count: u64) -> number_data_point::Value {
    number_data_point::Value::AsInt(i64::try_from(count).unwrap_or(i64::MAX))
}

fn attributes(subject: &Subject<'_>) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    subject.labels(|name, value| {
        attributes.push((&KeyValue::new(name, value.to_owned())).into());
    });
    attributes
}
