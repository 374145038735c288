//! What arrives of a meter.

use std::time::Duration;

use electrician_meter::{Meter, Metric};
use electrician_otel::Otel;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, HistogramDataPoint, NumberDataPoint, metric::Data,
};

use crate::collector::{Collector, attribute};
use crate::loss::FOREVER;
use crate::spans::SOON;
use crate::support::run;

const ITEMS: u64 = 700;

async fn export() -> (Meter, Collector) {
    let (collector, address) = Collector::start().await;
    let meter = Meter::builder("strikes").with_total(ITEMS).build().unwrap();
    let otel = Otel::builder().with_endpoint(address).with_service_name("birds");
    let otel = otel.with_meter(&meter).with_metrics_every(FOREVER).with_header("x-team", "birds");
    let otel = otel.build().unwrap();
    meter.counter("rows").unwrap().add(7);
    meter.gauge("level").unwrap().set(-3);
    meter.histogram("sizes").unwrap().record(5);
    meter.timer("lookup").unwrap().record(Duration::from_millis(2));
    run(ITEMS, (meter.clone(), otel.observer())).await;
    let stats = otel.shutdown(SOON).await;
    assert_eq!((stats.metric_exports, stats.metric_failures), (1, 0));
    assert!(stats.exported > 0, "both of the tuple are served");
    (meter, collector)
}

fn data(collector: &Collector, name: &str) -> Data {
    collector.metric(name).unwrap_or_else(|| panic!("no {name}")).data.unwrap()
}

/// The point of a stage; the only one, if there is no stage of this name.
fn at<'a, P>(points: &'a [P], stage: &str, labels: impl Fn(&P) -> Option<String>) -> &'a P {
    points.iter().find(|it| labels(it).is_none_or(|name| name == stage)).unwrap()
}

fn sum(collector: &Collector, name: &str, stage: &str) -> NumberDataPoint {
    let Data::Sum(sum) = data(collector, name) else { panic!("{name} is no sum") };
    assert!(sum.is_monotonic);
    assert_eq!(sum.aggregation_temporality(), AggregationTemporality::Cumulative);
    at(&sum.data_points, stage, |it| attribute(&it.attributes, "stage")).clone()
}

fn gauge(collector: &Collector, name: &str) -> Option<Value> {
    let Data::Gauge(gauge) = data(collector, name) else { panic!("{name} is no gauge") };
    gauge.data_points[0].value
}

fn histogram(collector: &Collector, name: &str, stage: &str) -> HistogramDataPoint {
    let Data::Histogram(histogram) = data(collector, name) else { panic!("{name} is none") };
    assert_eq!(histogram.aggregation_temporality(), AggregationTemporality::Cumulative);
    let points = &histogram.data_points;
    let point = at(points, stage, |it| attribute(&it.attributes, "stage")).clone();
    assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
    assert!(point.explicit_bounds.is_sorted());
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
    point
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_gauges_and_histograms_are_those_of_the_meter() {
    let (meter, collector) = export().await;
    let accepted = sum(&collector, "electrician_items_accepted", "parse");
    assert_eq!(accepted.value, Some(Value::AsInt(700)));
    assert_eq!(attribute(&accepted.attributes, "pipeline").as_deref(), Some("strikes"));
    assert!(0 < accepted.start_time_unix_nano);
    assert!(accepted.start_time_unix_nano <= accepted.time_unix_nano);
    let failed = sum(&collector, "electrician_items_failed", "check");
    assert_eq!(failed.value, Some(Value::AsInt(100)));
    assert_eq!(gauge(&collector, "electrician_complete"), Some(Value::AsDouble(1.0)));
    assert_eq!(gauge(&collector, "electrician_progress_ratio"), Some(Value::AsDouble(1.0)));

    let snapshot = meter.snapshot();
    let parse = snapshot.stages.iter().find(|stage| &*stage.name == "parse").unwrap();
    let service = histogram(&collector, "electrician_service_seconds", "parse");
    assert_eq!(service.count, 700);
    assert_eq!(service.sum, Some(parse.latency.service.sum.as_secs_f64()));
    assert_eq!(service.max, Some(parse.latency.service.max.as_secs_f64()));
    let cumulative = service.bucket_counts.iter().scan(0, |sum, count| {
        *sum += count;
        Some(*sum)
    });
    let expected: Vec<_> = parse.latency.service.buckets.iter().map(|it| it.count).collect();
    assert_eq!(cumulative.take(expected.len()).collect::<Vec<_>>(), expected);
    assert_eq!(collector.metric("electrician_service_seconds").unwrap().unit, "s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_of_the_users_own_arrive() {
    let (_, collector) = export().await;
    assert_eq!(sum(&collector, "rows", "").value, Some(Value::AsInt(7)));
    assert_eq!(gauge(&collector, "level"), Some(Value::AsInt(-3)));
    let sizes = histogram(&collector, "sizes", "");
    assert_eq!((sizes.count, sizes.sum, sizes.max), (1, Some(5.0), Some(5.0)));
    let name = meter_name(&collector, "lookup");
    let lookup = histogram(&collector, &name, "");
    assert_eq!((lookup.count, lookup.sum), (1, Some(0.002)));
}

/// The name by which a timer goes.
fn meter_name(collector: &Collector, begin: &str) -> String {
    let metrics = collector.metrics();
    let all = metrics.iter().flat_map(|it| &it.scope_metrics).flat_map(|it| &it.metrics);
    all.map(|metric| &metric.name).find(|name| name.starts_with(begin)).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_that_has_a_value_arrives_once() {
    let (meter, collector) = export().await;
    let snapshot = meter.snapshot();
    // How long it will take is known only while something moves.
    for metric in Metric::ALL.iter().filter(|metric| metric.name() != "electrician_eta_seconds") {
        let samples = metric.samples(&snapshot).len();
        let points = collector.metric(metric.name()).map_or(0, |it| match it.data.unwrap() {
            Data::Gauge(gauge) => gauge.data_points.len(),
            Data::Sum(sum) => sum.data_points.len(),
            Data::Histogram(histogram) => histogram.data_points.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!(points, samples, "{}", metric.name());
    }
    let metrics = collector.metrics();
    let [request] = &metrics[..] else { panic!("{} requests", metrics.len()) };
    let resource = &request.resource.as_ref().unwrap().attributes;
    assert_eq!(attribute(resource, "service.name").as_deref(), Some("birds"));
    let names: Vec<_> = request.scope_metrics[0].metrics.iter().map(|it| &it.name).collect();
    let distinct: std::collections::HashSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    assert!(collector.headers("x-team").iter().all(Option::is_some));
}
