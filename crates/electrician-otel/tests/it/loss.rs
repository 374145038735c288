//! Endpoints that are not there, or do not answer.

use std::time::Duration;

use electrician_meter::Meter;
use electrician_otel::Otel;
use tokio::net::TcpListener;

use crate::collector::Collector;
use crate::spans::SOON;
use crate::support::run;

pub(crate) const FOREVER: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_endpoint_does_not_take_is_counted() {
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let meter = Meter::new("strikes");
    let otel = Otel::builder().with_endpoint(format!("http://{gone}")).with_meter(&meter);
    let otel = otel.with_queue(64).with_metrics_every(FOREVER).build().unwrap();
    run(1_000, (meter, otel.observer())).await;
    let stats = otel.shutdown(SOON).await;
    assert!(stats.spans > 2_000);
    assert_eq!((stats.exported, stats.dropped()), (0, stats.spans));
    assert!(stats.dropped_failed > 0);
    assert_eq!(stats.dropped_late, 0);
    assert_eq!((stats.metric_exports, stats.metric_failures), (0, 1));
    let error = stats.last_error.unwrap();
    assert!(error.contains("Unavailable"), "{error}");
}

/// Any wait for the endpoint would last an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_does_not_answer_holds_up_neither_pipeline_nor_shutdown() {
    // Connections come into being without anybody here.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let meter = Meter::new("strikes");
    let otel = Otel::builder().with_endpoint(address).with_timeout(FOREVER).with_meter(&meter);
    let otel = otel.with_metrics_every(FOREVER).with_queue(64).with_batch(8).build().unwrap();
    run(5_000, otel.observer()).await;
    assert!(otel.stats().dropped_full > 0);
    let stats = otel.shutdown(Duration::ZERO).await;
    assert_eq!(stats.exported, 0);
    assert_eq!(stats.dropped_full + stats.dropped_late, stats.spans);
    assert!(stats.dropped_late > 0);
    assert_eq!(stats.metric_failures, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_goes_on_when_the_export_has_ended() {
    let (collector, address) = Collector::start().await;
    let otel = Otel::builder().with_endpoint(address).build().unwrap();
    let observer = otel.observer();
    assert_eq!(otel.shutdown(SOON).await.spans, 0);
    run(100, observer).await;
    assert_eq!(collector.spans(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_too_small_loses_the_rest_and_says_how_many() {
    let (collector, address) = Collector::start().await;
    let otel = Otel::builder().with_endpoint(address).with_queue(1).build().unwrap();
    run(2_000, otel.observer()).await;
    let stats = otel.shutdown(SOON).await;
    assert!(stats.dropped_full > 0);
    assert_eq!(stats.exported + stats.dropped_full, stats.spans);
    assert_eq!(collector.spans().len() as u64, stats.exported);
}
