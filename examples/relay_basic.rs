//! Shows a pipeline that spans two processes: one sends orders over gRPC, the other processes them,
//! and an order counts as delivered when the other has processed it.
//!
//! ```sh
//! cargo run --release --example relay_basic --features relays
//! ```
//!
//! plays both ends in one process. In two:
//!
//! ```sh
//! cargo run --release --example relay_basic --features relays -- receive 127.0.0.1:50051
//! cargo run --release --example relay_basic --features relays -- send 127.0.0.1:50051
//! ```
//!
//! The sender begins while nobody listens, and the receiver is stopped in the middle and started
//! again. Prints the ledger of each run, and what the sender counted: all orders are acknowledged,
//! some were sent again, and none was processed twice.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::future::pending;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use electrician::auth::Authenticator;
use electrician::{
    Conduit, ConfigError, Ended, EnvelopeReader, EnvelopeWriter, ForwardRelay, Generator, Plug,
    ReceivingRelay, Wire, sink_fn,
};
use serde::{Deserialize, Serialize};

/// How many orders there are.
const ORDERS: u64 = 2000;

/// What goes over the wire, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    id: u64,
    metal: String,
}

/// How often each order was processed.
type Book = Arc<Mutex<BTreeMap<u64, u32>>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay_basic: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => both().await,
        ["receive", address] => receive(address).await,
        ["send", address] => send(address).await,
        _ => Err("give nothing, or `receive ADDRESS`, or `send ADDRESS`".into()),
    }
}

/// Both ends, and a receiver that comes late and goes away for a while.
async fn both() -> Result<(), Box<dyn Error>> {
    // A port that is free now.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let (sink, book) = (sender(&address)?, Book::default());
    let stats = sink.stats();
    let sending = Conduit::from(Wire::map("order", order))
        .sink("relay", sink)
        .with_source(Generator::new("orders", Plug::iter(|| 0..ORDERS)))
        .build()?
        .start()?;

    let receiving = receiver(&address, &book)?.start()?;
    while processed(&book) < 500 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stopped = receiving.stop(Duration::from_secs(5)).await;
    println!("receiver, first run:  {}", stopped.ledger);

    let receiving = stopped.component.start()?;
    let sent = sending.finish().await;
    let stopped = receiving.stop(Duration::from_secs(5)).await;
    println!("receiver, second run: {}", stopped.ledger);
    println!("sender:               {}", sent.ledger);

    let link = &stats.links()[0];
    let twice = lock(&book).values().filter(|&&times| times > 1).count();
    println!("acknowledged {}, sent again {}, processed twice {twice}", link.acked, link.resent);
    let is_whole = processed(&book) == ORDERS && link.acked == ORDERS && twice == 0;
    if is_whole { Ok(()) } else { Err("an order is missing, or came twice".into()) }
}

/// Until Ctrl-C.
async fn receive(address: &str) -> Result<(), Box<dyn Error>> {
    let book = Book::default();
    let running = receiver(address, &book)?.start()?;
    println!("listening at {address}; Ctrl-C stops");
    tokio::signal::ctrl_c().await?;
    let stopped = running.stop(Duration::from_secs(5)).await;
    println!("{}\n{} orders", stopped.ledger, processed(&book));
    Ok(())
}

async fn send(address: &str) -> Result<(), Box<dyn Error>> {
    let sink = sender(address)?;
    let stats = sink.stats();
    let conduit = Conduit::from(Wire::map("order", order))
        .sink("relay", sink)
        .with_source(Generator::new("orders", Plug::iter(|| 0..ORDERS)))
        .build()?;
    let stopped = conduit.start()?.finish_or_stop(pending::<()>(), Duration::ZERO).await;
    let link = &stats.links()[0];
    println!("{}\nacknowledged {}, sent again {}", stopped.ledger, link.acked, link.resent);
    match &link.last_error {
        Some(error) if link.acked < ORDERS => Err(error.to_string().into()),
        _ => Ok(()),
    }
}

fn order(id: u64) -> Order {
    Order { id, metal: "copper".to_owned() }
}

/// The sink of one process. Real ones say `with_tls` and `with_token_source`.
fn sender(address: &str) -> Result<ForwardRelay<Order>, ConfigError> {
    ForwardRelay::builder()
        .with_target(address)
        .dangerously_in_plaintext()
        .with_writer(EnvelopeWriter::json())
        .with_backoff(Duration::from_millis(5), Duration::from_millis(100))
        .build()
}

/// The pipeline of the other. Real ones say `with_tls` and who may send.
fn receiver(address: &str, book: &Book) -> Result<Conduit<Order, Ended>, ConfigError> {
    let relay = ReceivingRelay::builder(address)
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .with_reader(EnvelopeReader::json)
        .build()?;
    let book = Arc::clone(book);
    let process = sink_fn(move |order: &Order| {
        *lock(&book).entry(order.id).or_default() += 1;
        Ok::<_, String>(())
    });
    Conduit::from(Wire::map("check", |order: Order| order))
        .sink("book", process)
        .with_source(Generator::new("relay", relay))
        .build()
}

fn processed(book: &Book) -> u64 {
    lock(book).len() as u64
}

fn lock(book: &Book) -> std::sync::MutexGuard<'_, BTreeMap<u64, u32>> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}
