//! Shows the log of one process as the source of a pipeline in another: JSON lines travel over gRPC,
//! and a line counts as written when the other has processed it.
//!
//! ```sh
//! cargo run --release --example log_relay --features logger,relays
//! ```
//!
//! plays both ends in one process. In two:
//!
//! ```sh
//! cargo run --release --example log_relay --features logger,relays -- receive 127.0.0.1:50090
//! cargo run --release --example log_relay --features logger,relays -- send 127.0.0.1:50090
//! ```
//!
//! The receiver comes late, and the lines wait. Prints how many lines of each level arrived, the
//! last of them, and what the logger counted; it fails when a line is missing, or was lost.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use electrician::auth::Authenticator;
use electrician::forwardrelay::LogRelay;
use electrician::{
    Conduit, ConfigError, Ended, EnvelopeReader, Generator, LogFilter, Logger, ReceivingRelay,
    Wire, sink_fn,
};
use serde::Deserialize;
use tracing::{debug, info, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How many orders are charged; each is a line or two.
const ORDERS: u32 = 200;

/// How long the log may take for its last lines.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the receiver looks at in a line; there is more.
#[derive(Clone, Debug, Deserialize)]
struct Line {
    ts: String,
    level: String,
    msg: String,
    order: Option<u32>,
}

/// The lines that arrived.
type Book = Arc<Mutex<Vec<Line>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => both().await,
        ["receive", address] => receive(address).await,
        ["send", address] => send(address).await,
        _ => Err("give nothing, or `receive ADDRESS`, or `send ADDRESS`".into()),
    }
}

/// Both ends, and a receiver that comes late.
async fn both() -> Result<(), Box<dyn Error>> {
    // A port that is free now.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let sending = tokio::spawn({
        let address = address.clone();
        async move { send(&address).await.map_err(|error| error.to_string()) }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;

    let book = Book::default();
    let receiving = receiver(&address, &book)?.start()?;
    sending.await??;
    let stopped = receiving.stop(PATIENCE).await;
    println!("receiver: {}", stopped.ledger);
    report(&book);
    let orders: Vec<u32> = lock(&book).iter().filter_map(|line| line.order).collect();
    let is_whole = (1..=ORDERS).all(|order| orders.contains(&order));
    if is_whole { Ok(()) } else { Err("a line is missing".into()) }
}

/// Until Ctrl-C.
async fn receive(address: &str) -> Result<(), Box<dyn Error>> {
    let book = Book::default();
    let running = receiver(address, &book)?.start()?;
    println!("listening at {address}; Ctrl-C stops");
    tokio::signal::ctrl_c().await?;
    println!("{}", running.stop(PATIENCE).await.ledger);
    report(&book);
    Ok(())
}

/// A process that logs to the receiver, and to nothing else.
async fn send(address: &str) -> Result<(), Box<dyn Error>> {
    // Real ones say `with_tls` and `with_token_source` instead.
    let sink = LogRelay::builder(address)
        .with_relay(|relay| {
            let backoff = (Duration::from_millis(5), Duration::from_millis(100));
            relay.dangerously_in_plaintext().with_backoff(backoff.0, backoff.1)
        })
        .build()?;
    let logger = Logger::builder()
        .with_filter("info,log_relay=debug".parse::<LogFilter>()?)
        .with_field("service", "orders")
        .with_sink("relay", sink)
        .build()?;
    tracing_subscriber::registry().with(logger.layer()).try_init()?;
    let guard = logger.guard(PATIENCE);
    info!("the sender starts");
    for order in 1..=ORDERS {
        debug!(component = "charge", order, "charging");
        if order % 50 == 0 {
            warn!(component = "charge", order, "the bank is slow today");
        }
    }
    // Blocks until the receiver has acknowledged them all.
    let health = tokio::task::spawn_blocking(move || {
        logger.flush(PATIENCE)?;
        let health = logger.health();
        guard.close().map(|()| health)
    });
    let health = health.await??;
    let sink = &health.sinks[0];
    println!("sender: {} lines logged, {} acknowledged", sink.submitted, sink.written);
    println!("sender: {} dropped, {} of them failed", sink.dropped, sink.failed);
    if sink.dropped == 0 { Ok(()) } else { Err("a line was lost".into()) }
}

/// The pipeline of the receiver. Real ones say `with_tls` and who may send.
fn receiver(address: &str, book: &Book) -> Result<Conduit<Line, Ended>, ConfigError> {
    let relay = ReceivingRelay::builder(address)
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .with_reader(EnvelopeReader::json)
        .build()?;
    let book = Arc::clone(book);
    let keep = sink_fn(move |line: &Line| {
        lock(&book).push(line.clone());
        Ok::<_, String>(())
    });
    Conduit::from(Wire::map("line", |line: Line| line))
        .sink("book", keep)
        .with_source(Generator::new("relay", relay))
        .build()
}

fn report(book: &Book) {
    let lines = lock(book);
    let mut levels = BTreeMap::<&str, u32>::new();
    for line in &*lines {
        *levels.entry(&line.level).or_default() += 1;
    }
    println!("receiver: {levels:?}");
    if let Some(last) = lines.last() {
        println!("receiver, the last line: {} {} {}", last.ts, last.level, last.msg);
    }
}

fn lock(book: &Book) -> MutexGuard<'_, Vec<Line>> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}
