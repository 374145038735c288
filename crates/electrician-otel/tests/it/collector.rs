//! A collector: takes everything and keeps it.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use tokio::net::TcpListener;
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// What arrived.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Arrived>>);

#[derive(Default)]
struct Arrived {
    spans: Vec<ResourceSpans>,
    metrics: Vec<ResourceMetrics>,
    headers: Vec<MetadataMap>,
}

impl Collector {
    /// Listens on a port of its own until the runtime ends; the address as well.
    pub(crate) async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let server = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()))
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(server);
        (collector, address)
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let arrived = self.0.lock().unwrap();
        let scopes = arrived.spans.iter().flat_map(|spans| &spans.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    pub(crate) fn requests(&self) -> Vec<ResourceSpans> {
        self.0.lock().unwrap().spans.clone()
    }

    pub(crate) fn metrics(&self) -> Vec<ResourceMetrics> {
        self.0.lock().unwrap().metrics.clone()
    }

    /// A metric as it arrived last.
    pub(crate) fn metric(&self, name: &str) -> Option<Metric> {
        let all = self.metrics();
        let scopes = all.iter().flat_map(|metrics| &metrics.scope_metrics);
        scopes.flat_map(|scope| &scope.metrics).rfind(|it| it.name == name).cloned()
    }

    /// What the requests had for this header, one for each.
    pub(crate) fn headers(&self, name: &str) -> Vec<Option<String>> {
        let value = |headers: &MetadataMap| {
            headers.get(name).map(|value| value.to_str().unwrap().to_owned())
        };
        self.0.lock().unwrap().headers.iter().map(value).collect()
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut arrived = self.0.lock().unwrap();
        arrived.headers.push(request.metadata().clone());
        arrived.spans.extend(request.into_inner().resource_spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let mut arrived = self.0.lock().unwrap();
        arrived.headers.push(request.metadata().clone());
        arrived.metrics.extend(request.into_inner().resource_metrics);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// The text or the number of an attribute.
pub(crate) fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{name} is {other:?}"),
    }
}
