//! Shows a web page that sends to a pipeline: a relay that also speaks gRPC-Web, and a page without
//! any library, which writes its messages and frames itself.
//!
//! ```sh
//! cargo run --release --example relay_grpc_web --features relay-web
//! cargo run --release --example relay_grpc_web --features relay-web -- --for 60
//! ```
//!
//! Prints the address to open, each order that the page sends, and the ledger at the end: after
//! Ctrl-C, or the time of `--for`, in seconds. What to look for: the page shows an order as processed
//! when the pipeline has processed it, and only then. The same page opened as `localhost` instead of
//! `127.0.0.1` is of another origin, and may not send.

use std::error::Error;
use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use electrician::auth::Authenticator;
use electrician::receivingrelay::GrpcWeb;
use electrician::{
    Conduit, ConfigError, Ended, EnvelopeReader, Generator, ReceivingRelay, Wire, sink_fn,
};
use serde::Deserialize;
use tokio::net::TcpListener;

const PAGE: &str = include_str!("pages/relay_grpc_web.html");

/// What the page sends, as JSON.
#[derive(Clone, Debug, Deserialize)]
struct Order {
    id: u64,
    metal: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let limit = limit(std::env::args().skip(1))?;
    let pages = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", pages.local_addr()?);

    // The relay listens at a port of its own: to a browser, that is another origin than the page's.
    let relay = ReceivingRelay::builder("127.0.0.1:0")
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .with_reader(EnvelopeReader::json)
        .with_grpc_web(GrpcWeb::from_origins([&*origin]))
        .build()?;
    let handle = relay.handle();
    let running = pipeline(relay)?.start()?;

    let page = page(handle.bound().await);
    let serving = axum::serve(pages, Router::new().route("/", get(|| async { Html(page) })));
    println!("open {origin}");
    tokio::select! {
        served = serving => served?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        () = wait(limit) => {}
    }
    let stopped = running.stop(Duration::from_secs(5)).await;
    println!("{}", stopped.ledger);
    Ok(())
}

fn pipeline(relay: ReceivingRelay<Order>) -> Result<Conduit<Order, Ended>, ConfigError> {
    let show = |order: &Order| {
        println!("order {}: {}", order.id, order.metal);
        Ok::<_, std::convert::Infallible>(())
    };
    Conduit::from(Wire::map("order", |order: Order| order))
        .sink("show", sink_fn(show))
        .with_source(Generator::new("relay", relay))
        .build()
}

/// The page, which is told where the relay is.
fn page(relay: SocketAddr) -> String {
    PAGE.replace("RELAY_ADDRESS", &format!("http://{relay}"))
}

async fn wait(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => pending().await,
    }
}

/// How long to run: `--for SECONDS`, or until Ctrl-C.
fn limit(mut arguments: impl Iterator<Item = String>) -> Result<Option<Duration>, String> {
    let Some(first) = arguments.next() else { return Ok(None) };
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok());
    match (&*first, seconds, arguments.next()) {
        ("--for", Some(seconds), None) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err("give nothing, or `--for SECONDS`".to_owned()),
    }
}
