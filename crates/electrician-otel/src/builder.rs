//! Building an export: settings, validated once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_meter::Meter;
use electrician_types::ConfigError;
use opentelemetry::KeyValue;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;
use tonic::metadata::{AsciiMetadataKey, MetadataMap};
use tonic::transport::{Channel, Endpoint};

use crate::error::OtelError;
use crate::exporter::{MetricTask, SpanTask, start};
use crate::metrics::Encoder;
use crate::otel::Otel;
use crate::queue::Queue;
use crate::record::Spans;
use crate::traces::{Setting, SpanPer, Traces};

/// The most spans that a queue holds.
const MAX: usize = 1 << 20;

/// Where a collector listens by default.
const LOCAL: &str = "http://localhost:4317";

/// An export in the making. [`Otel::builder`] begins one, [`build`](Self::build) ends it.
#[must_use = "a builder does nothing until it is built"]
pub struct OtelBuilder {
    endpoint: Option<String>,
    headers: Vec<(String, String)>,
    service_name: Option<String>,
    attributes: Vec<KeyValue>,
    meter: Option<Meter>,
    setting: Setting,
    queue: usize,
    batch: usize,
    spans_every: Duration,
    metrics_every: Duration,
    timeout: Duration,
}

// === impl OtelBuilder ===

impl OtelBuilder {
    pub(crate) const fn new() -> Self {
        Self {
            endpoint: None,
            headers: Vec::new(),
            service_name: None,
            attributes: Vec::new(),
            meter: None,
            setting: Setting {
                span_per: SpanPer::Item,
                roots_every: Some(Duration::from_millis(100)),
            },
            queue: 8_192,
            batch: 512,
            spans_every: Duration::from_secs(1),
            metrics_every: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
        }
    }

    /// Exports to the OTLP endpoint for gRPC at this address, such as `http://127.0.0.1:4317`.
    /// Nothing need listen there yet. Default: what `OTEL_EXPORTER_OTLP_ENDPOINT` says, or
    /// `http://localhost:4317`.
    pub fn with_endpoint(mut self, address: impl Into<String>) -> Self {
        self.endpoint = Some(address.into());
        self
    }

    /// Sends a header along with each request.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Names the service that spans and metrics are of: `service.name`. Default: what
    /// `OTEL_SERVICE_NAME` says, or `unknown_service`.
    pub fn with_service_name(mut self, name: impl Into<String>) -> Self {
        self.service_name = Some(name.into());
        self
    }

    /// Says more about the service, such as `service.version` or `service.instance.id`. What
    /// `OTEL_RESOURCE_ATTRIBUTES` says comes along, too.
    pub fn with_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push(KeyValue::new(name.into(), value.into()));
        self
    }

    /// Exports what `meter` shows as well. Default: no metrics.
    pub fn with_meter(mut self, meter: &Meter) -> Self {
        self.meter = Some(meter.clone());
        self
    }

    /// Has a span for each of these. Default: [`SpanPer::Item`].
    pub fn with_span_per(mut self, per: SpanPer) -> Self {
        self.setting.span_per = per;
        self
    }

    /// Lets an item that belongs to no trace begin one, at most once in this time for each stage
    /// that items enter at; zero lets every sampled item. Default: 100 ms.
    pub fn with_roots_every(mut self, time: Duration) -> Self {
        self.setting.roots_every = Some(time);
        self
    }

    /// Lets no item begin a trace: only those have spans that come with a context.
    pub fn without_roots(mut self) -> Self {
        self.setting.roots_every = None;
        self
    }

    /// Holds at most so many spans that have not been sent, 1 to 1,048,576. Default: 8,192.
    pub fn with_queue(mut self, spans: usize) -> Self {
        self.queue = spans;
        self
    }

    /// Sends at most so many spans in a request. Default: 512.
    pub fn with_batch(mut self, spans: usize) -> Self {
        self.batch = spans;
        self
    }

    /// Sends spans this often, and when the queue is half full. Default: 1 s.
    pub fn with_spans_every(mut self, time: Duration) -> Self {
        self.spans_every = time;
        self
    }

    /// Sends metrics this often. Default: 10 s.
    pub fn with_metrics_every(mut self, time: Duration) -> Self {
        self.metrics_every = time;
        self
    }

    /// Gives up a request after this time, other attempts included. Default: 10 s.
    pub fn with_timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Validates the configuration, reporting every problem at once, and starts the exporter's
    /// thread. Needs no runtime around it.
    pub fn build(self) -> Result<Otel, OtelError> {
        let mut problems = self.problems();
        let endpoint = self.parse_endpoint(&mut problems);
        let headers = self.parse_headers(&mut problems);
        let named = problems.into_iter().map(|problem| format!("otel: {problem}"));
        ConfigError::check(named.collect())?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        self.start(runtime, endpoint, headers)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=MAX).contains(&self.queue) {
            problems.push(format!("a queue of {} spans: give 1 to {MAX}", self.queue));
        }
        if self.batch == 0 {
            problems.push("a batch of 0 spans: give 1 or more".to_owned());
        }
        let times = [
            ("spans every", self.spans_every),
            ("metrics every", self.metrics_every),
            ("a timeout of", self.timeout),
        ];
        let zeros = times.iter().filter(|(_, time)| time.is_zero());
        problems.extend(zeros.map(|(what, _)| format!("{what} 0 s: give more")));
        if self.service_name.as_ref().is_some_and(String::is_empty) {
            problems.push("an empty service name: give one, or leave it out".to_owned());
        }
        problems
    }

    /// Where there is a problem, the endpoint is any.
    fn parse_endpoint(&self, problems: &mut Vec<String>) -> Endpoint {
        let from_environment = || std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok();
        let address = self.endpoint.clone().or_else(from_environment);
        let address = address.unwrap_or_else(|| LOCAL.to_owned());
        let endpoint = Endpoint::from_shared(address.clone()).ok();
        let scheme = endpoint.as_ref().and_then(|endpoint| endpoint.uri().scheme_str());
        match scheme {
            Some("http") => {}
            Some("https") => problems.push(format!(
                "the endpoint {address:?} wants TLS, which is not built in: give a collector \
                 nearby, http://HOST:PORT"
            )),
            _ => problems.push(format!("the endpoint {address:?}: give http://HOST:PORT")),
        }
        endpoint.unwrap_or_else(|| Endpoint::from_static(LOCAL))
    }

    fn parse_headers(&self, problems: &mut Vec<String>) -> MetadataMap {
        let mut headers = MetadataMap::new();
        for (name, value) in &self.headers {
            match (name.parse::<AsciiMetadataKey>(), value.parse()) {
                (Ok(name), Ok(value)) => drop(headers.insert(name, value)),
                // The value may be a secret.
                _ => problems.push(format!(
                    "the header {name:?}: give a name of lower-case ASCII that does not end in \
                     -bin, and a value of visible ASCII"
                )),
            }
        }
        headers
    }

    fn start(
        self,
        runtime: Runtime,
        endpoint: Endpoint,
        headers: MetadataMap,
    ) -> Result<Otel, OtelError> {
        let channel = {
            let _in_runtime = runtime.enter();
            endpoint.connect_timeout(self.timeout).connect_lazy()
        };
        let mut exporter = match span_exporter(&channel, &headers, self.timeout) {
            Ok(exporter) => exporter,
            Err(error) => {
                runtime.shutdown_background();
                return Err(OtelError::Environment(error.into()));
            }
        };
        let mut resource = Resource::builder();
        if let Some(name) = self.service_name {
            resource = resource.with_service_name(name);
        }
        let resource = resource.with_attributes(self.attributes).build();
        exporter.set_resource(&resource);

        let (queue, records) = Queue::new(self.queue);
        let queue = Arc::new(queue);
        let (stop, deadline) = watch::channel(None);
        let spans = SpanTask {
            queue: Arc::clone(&queue),
            records,
            exporter,
            spans: Spans::new(),
            batch: self.batch,
            every: self.spans_every,
            timeout: self.timeout,
            deadline: deadline.clone(),
        };
        let metrics = self.meter.map(|meter| MetricTask {
            queue: Arc::clone(&queue),
            meter,
            encoder: Encoder::new(resource),
            client: MetricsServiceClient::new(channel),
            headers,
            every: self.metrics_every,
            timeout: self.timeout,
            deadline,
        });
        let is_done = start(runtime, spans, metrics)?;
        let traces = Traces::new(Arc::clone(&queue), self.setting);
        Ok(Otel::new(queue, traces, stop, is_done))
    }
}

fn span_exporter(
    channel: &Channel,
    headers: &MetadataMap,
    timeout: Duration,
) -> Result<SpanExporter, ExporterBuildError> {
    SpanExporter::builder()
        .with_tonic()
        .with_channel(channel.clone())
        .with_metadata(headers.clone())
        .with_timeout(timeout)
        .build()
}

impl fmt::Debug for OtelBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the headers, which may be secrets.
        let mut debug = f.debug_struct("OtelBuilder");
        debug.field("endpoint", &self.endpoint).field("service_name", &self.service_name);
        debug.finish_non_exhaustive()
    }
}
