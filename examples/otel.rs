//! Shows the spans of items on their way through a pipeline, as OpenTelemetry has them.
//!
//! ```sh
//! cargo run --release --example otel --features otel
//! cargo run --release --example otel --features otel -- --endpoint http://127.0.0.1:4317
//! ```
//!
//! Without an endpoint it starts a collector of its own, which prints each trace as a tree. One
//! order comes with the context of the shop that sent it, one begins a trace here, and one is
//! malformed, which is an error at its stage:
//!
//! ```text
//! trace 0af7651916cd43dda3ce929d0e0e4736
//!   parse                      17.2µs  1 of 1 items failed
//! trace 7e62ab9baa05ee7518fd5b0002605ffd
//!   parse end to end            2.0ms
//!     parse                    38.6µs
//!     price                    32.7µs
//!     store                    11.5µs
//! 8 spans, 0 dropped, 52 metrics
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use electrician::otel::{TRACEPARENT, extract};
use electrician::{Conduit, Item, Meter, Otel, Receipt, Wire, sink_fn};
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::trace::v1 as trace;
use opentelemetry_proto::tonic::trace::v1::Span;
use tonic::transport::{Server, server::TcpIncoming};
use tonic::{Request, Response, Status, async_trait};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let collector = Collector::default();
    let mut arguments = std::env::args().skip_while(|argument| argument != "--endpoint");
    let endpoint = match arguments.nth(1) {
        Some(endpoint) => endpoint,
        None => collector.listen()?,
    };
    let meter = Meter::new("orders");
    let otel = Otel::builder()
        .with_endpoint(endpoint)
        .with_service_name("orders")
        .with_meter(&meter)
        .build()?;

    let parse = Wire::new("parse", |order: &str| {
        let (count, what) = order.split_once(' ').unwrap_or((order, ""));
        count.parse::<u64>().map(|count| (count, what))
    });
    let price = Wire::map("price", |(count, what): (u64, &'static str)| (what, 3 * count));
    let conduit = Conduit::from(parse)
        .then(price)
        .sink("store", sink_fn(|_: &(&str, u64)| Ok::<_, io::Error>(())))
        .with_observer((meter, otel.observer()))
        .build()?;
    let running = conduit.start()?;
    running.submit("3 pears").await?;
    for (order, parent) in [("7 apples", "4bf92f3577b34da6"), ("many plums", "0af7651916cd43dd")] {
        // What a server would find in the headers of a request.
        let header = format!("00-{parent}a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let headers = HashMap::from([(TRACEPARENT.to_owned(), header)]);
        let context = extract(&headers)?.ok_or("there is one")?;
        let receipt = Receipt::none().with_trace(context);
        running.submit_item(Item::with_receipt(order, receipt)).await?;
    }
    let stopped = running.finish().await;
    assert_eq!(stopped.ledger.failed, 1);

    let stats = otel.shutdown(Duration::from_secs(5)).await;
    collector.print();
    let metrics = collector.arrived(|arrived| arrived.metrics);
    println!("{} spans, {} dropped, {metrics} metrics", stats.spans, stats.dropped());
    if let Some(error) = stats.last_error {
        println!("not everything was taken: {error}");
    }
    Ok(())
}

/// A collector for one process.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Arrived>>);

#[derive(Default)]
struct Arrived {
    spans: Vec<Span>,
    metrics: usize,
}

impl Collector {
    /// Listens on a loopback port until the process ends; the address.
    fn listen(&self) -> Result<String, Box<dyn Error>> {
        let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into())?;
        let address = format!("http://{}", incoming.local_addr()?);
        let server = Server::builder()
            .add_service(trace::trace_service_server::TraceServiceServer::new(self.clone()))
            .add_service(metrics::metrics_service_server::MetricsServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(incoming));
        Ok(address)
    }

    fn arrived<R>(&self, look: impl FnOnce(&mut Arrived) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn print(&self) {
        let mut spans = self.arrived(|arrived| std::mem::take(&mut arrived.spans));
        spans.sort_by_key(|span| (span.trace_id.clone(), span.start_time_unix_nano));
        let is_known = |id: &[u8]| spans.iter().any(|span| span.span_id == id);
        let mut trace: &[u8] = &[];
        for span in spans.iter().filter(|span| !is_known(&span.parent_span_id)) {
            if span.trace_id != trace {
                trace = &span.trace_id;
                let id =
                    trace.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
                println!("trace {id}");
            }
            print_with_children(span, &spans, 1);
        }
    }
}

fn print_with_children(span: &Span, spans: &[Span], depth: usize) {
    let took = Duration::from_nanos(span.end_time_unix_nano - span.start_time_unix_nano);
    let error = span.status.as_ref().map_or("", |status| &status.message);
    let name = format!("{:1$}{2}", "", 2 * depth, span.name);
    println!("{name:<24} {took:>10.1?}  {error}");
    for child in spans.iter().filter(|child| child.parent_span_id == span.span_id) {
        print_with_children(child, spans, depth + 1);
    }
}

#[async_trait]
impl trace::trace_service_server::TraceService for Collector {
    async fn export(
        &self,
        request: Request<trace::ExportTraceServiceRequest>,
    ) -> Result<Response<trace::ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans;
        let scopes = resources.into_iter().flat_map(|resource| resource.scope_spans);
        self.arrived(|arrived| arrived.spans.extend(scopes.flat_map(|scope| scope.spans)));
        Ok(Response::new(trace::ExportTraceServiceResponse::default()))
    }
}

#[async_trait]
impl metrics::metrics_service_server::MetricsService for Collector {
    async fn export(
        &self,
        request: Request<metrics::ExportMetricsServiceRequest>,
    ) -> Result<Response<metrics::ExportMetricsServiceResponse>, Status> {
        let resources = request.into_inner().resource_metrics;
        let scopes = resources.iter().flat_map(|resource| &resource.scope_metrics);
        let metrics = scopes.map(|scope| scope.metrics.len()).sum::<usize>();
        self.arrived(|arrived| arrived.metrics += metrics);
        Ok(Response::new(metrics::ExportMetricsServiceResponse::default()))
    }
}
