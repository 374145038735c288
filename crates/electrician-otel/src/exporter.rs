//! The thread that sends spans and metrics to the endpoint.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use electrician_meter::Meter;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::Receiver;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Extensions, Request};

use crate::anchor::Anchor;
use crate::metrics::Encoder;
use crate::queue::Queue;
use crate::record::{Record, Spans};

/// Says until when the exporter may go on; `None` while nobody wants it to end.
pub(crate) type Deadline = watch::Receiver<Option<Instant>>;

/// Sends spans in batches.
#[derive(Debug)]
pub(crate) struct SpanTask {
    pub(crate) queue: Arc<Queue>,
    pub(crate) records: Receiver<Record>,
    pub(crate) exporter: SpanExporter,
    pub(crate) spans: Spans,
    pub(crate) batch: usize,
    pub(crate) every: Duration,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Deadline,
}

/// Sends what a meter shows.
#[derive(Debug)]
pub(crate) struct MetricTask {
    pub(crate) queue: Arc<Queue>,
    pub(crate) meter: Meter,
    pub(crate) encoder: Encoder,
    pub(crate) client: MetricsServiceClient<Channel>,
    pub(crate) headers: MetadataMap,
    pub(crate) every: Duration,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Deadline,
}

/// Runs both on a thread of their own, so that a pipeline that takes all of its runtime's threads
/// does not keep them from their work, and they do not keep the pipeline from its own. Says so when
/// they have ended.
pub(crate) fn start(
    runtime: Runtime,
    spans: SpanTask,
    metrics: Option<MetricTask>,
) -> io::Result<oneshot::Receiver<()>> {
    let (done, is_done) = oneshot::channel();
    let work = move || {
        runtime.block_on(async {
            let metrics = async {
                if let Some(metrics) = metrics {
                    metrics.run().await;
                }
            };
            tokio::join!(spans.run(), metrics);
        });
        // Nobody need be waiting.
        let _: Result<(), ()> = done.send(());
        // Not waiting for a name that is still being looked up.
        runtime.shutdown_background();
    };
    thread::Builder::new().name("electrician-otel".to_owned()).spawn(work)?;
    Ok(is_done)
}

// === impl SpanTask ===

impl SpanTask {
    async fn run(mut self) {
        loop {
            tokio::select! {
                () = sleep(self.every) => {}
                () = self.queue.half_full() => {}
                _ = self.deadline.wait_for(Option::is_some) => break,
            }
            self.queue.answer();
            self.spans.anchor = self.spans.anchor.renewed(Anchor::now());
            while !self.records.is_empty() && self.send_some().await {}
        }
        self.records.close();
        while !self.records.is_empty() && self.send_some().await {}
        while self.records.recv().await.is_some() {
            self.queue.counts.late.add(1);
        }
    }

    /// Sends a batch; whether there is time for more.
    async fn send_some(&mut self) -> bool {
        let mut records = Vec::new();
        self.records.recv_many(&mut records, self.batch).await;
        let count = records.len();
        let spans = records.into_iter().map(|record| self.spans.make(record)).collect();
        let sending = timeout(self.timeout, self.exporter.export(spans));
        let outcome = tokio::select! {
            outcome = sending => outcome,
            () = passed(&mut self.deadline) => {
                self.queue.counts.late.add(count);
                return false;
            }
        };
        let error = match outcome {
            Ok(Ok(())) => {
                self.queue.counts.exported.add(count);
                return true;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {:?}", self.timeout),
        };
        self.queue.counts.failed.add(count);
        self.queue.counts.note(format!("spans: {error}"));
        true
    }
}

// === impl MetricTask ===

impl MetricTask {
    async fn run(mut self) {
        let mut is_last = false;
        while !is_last {
            tokio::select! {
                () = sleep(self.every) => {}
                _ = self.deadline.wait_for(Option::is_some) => is_last = true,
            }
            self.send().await;
        }
    }

    async fn send(&mut self) {
        let body = self.encoder.encode(&self.meter.snapshot(), Anchor::now().time);
        let request = Request::from_parts(self.headers.clone(), Extensions::default(), body);
        let sending = timeout(self.timeout, self.client.export(request));
        let outcome = tokio::select! {
            outcome = sending => outcome,
            () = passed(&mut self.deadline) => {
                self.queue.counts.metric_failures.add(1);
                return;
            }
        };
        let error = match outcome {
            Ok(Ok(response)) => match response.into_inner().partial_success {
                Some(partial) if partial.rejected_data_points > 0 => {
                    format!("{} points rejected", partial.rejected_data_points)
                }
                _ => {
                    self.queue.counts.metric_exports.add(1);
                    return;
                }
            },
            Ok(Err(status)) => format!("gRPC code {:?}", status.code()),
            Err(_) => format!("no answer within {:?}", self.timeout),
        };
        self.queue.counts.metric_failures.add(1);
        self.queue.counts.note(format!("metrics: {error}"));
    }
}

/// Ready when the deadline is set and has passed, or whoever sets it is gone.
async fn passed(deadline: &mut Deadline) {
    let until = deadline.wait_for(Option::is_some).await.ok().and_then(|until| *until);
    if let Some(until) = until {
        sleep_until(until).await;
    }
}
