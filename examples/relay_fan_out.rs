//! Shows one process that reads and checks records, and two others that each answer a question about
//! all of them: every record goes to both, and counts as delivered when both have dealt with it.
//!
//! ```sh
//! cargo run --release --example relay_fan_out --features relays
//! ```
//!
//! ```text
//! records ── parse ── validate ── report ── relay ═╦═▶ relay ── strikes by state
//!                                                  ╚═▶ relay ── cost by species
//! ```
//!
//! The records are those of `bird_strikes`, and go over the wire as JSON, compressed. The second
//! responder is stopped in the middle and started again; the sender waits for it, and sends it again
//! what it had not dealt with. All three processes are played in one.
//!
//! Prints the ledgers (18 of the 10,000 records are rejected), what each link did, and the answers,
//! which are those of `bird_strikes`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use electrician::auth::Authenticator;
use electrician::codec::compress::{Compression, ZstdLevel};
use electrician::forwardrelay::Routing;
use electrician::plug::BlockingSource;
use electrician::{
    Conduit, ConfigError, Ended, EnvelopeReader, EnvelopeWriter, ForwardRelay, ForwardRelayBuilder,
    Generator, Plug, ReceivingRelay, Wire, sink_fn,
};
use electrician_examples::strikes::{Row, Rows, Strike, grouped, parse, validate};
use serde::{Deserialize, Serialize};

/// How many answers of each are printed.
const TOP: usize = 3;

/// What goes over the wire.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Report {
    state: String,
    species: String,
    dollars: u64,
}

/// An answer: strikes and their cost, for each name.
type Answer = Arc<Mutex<BTreeMap<String, (u64, u64)>>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay_fan_out: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    // Each has a listener that stays open while its responder is away.
    let [first, second] = [listener()?, listener()?];
    let targets = [first.local_addr()?.to_string(), second.local_addr()?.to_string()];
    let (states, species) = (Answer::default(), Answer::default());
    let by_state = |report: &Report| (report.state.clone(), report.dollars);
    let by_species = |report: &Report| (report.species.clone(), report.dollars);
    let first = responder(first, &states, by_state)?.start()?;
    let second = responder(second, &species, by_species)?.start()?;

    let relay = sender(&targets)?;
    let stats = relay.stats();
    let ingest = ingest(relay)?.start()?;

    while strikes(&species) < 2000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let away = second.stop(Duration::from_secs(5)).await;
    let second = away.component.start()?;

    let sent = ingest.finish().await;
    let first = first.stop(Duration::from_secs(5)).await;
    let second = second.stop(Duration::from_secs(5)).await;
    println!("ingest:          {}", sent.ledger);
    println!("states:          {}", first.ledger);
    println!("species, before: {}", away.ledger);
    println!("species, after:  {}", second.ledger);
    for (name, link) in ["states", "species"].iter().zip(stats.links()) {
        println!("to {name}: {} acknowledged, {} sent again", link.acked, link.resent);
    }
    show("most strikes", &states, |(_, (strikes, _))| *strikes);
    show("costliest", &species, |(_, (_, dollars))| *dollars);
    let dollars = lock(&species).values().map(|(_, dollars)| dollars).sum();
    println!("cost of all: {} $", grouped(dollars));

    let delivered = sent.ledger.delivered;
    let is_whole = stats.links().iter().all(|link| link.acked == delivered)
        && strikes(&states) == delivered
        && strikes(&species) == delivered;
    if is_whole { Ok(()) } else { Err("a record is missing, or came twice".into()) }
}

/// Reads and checks records, and sends reports.
fn ingest(relay: ForwardRelay<Report>) -> Result<Conduit<Row, Ended>, Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/birdstrikes.csv");
    let rows = Rows::open(&file, 1, Arc::default())?;
    let columns = rows.columns();
    let conduit = Conduit::from(Wire::by_ref("parse", move |row: &Row| parse(row, &columns)))
        .then(Wire::in_place("validate", validate))
        .then(Wire::map("report", Report::from))
        .sink("relay", relay)
        // Reading a file blocks, so it has a thread of its own.
        .with_source(Generator::new("records", Plug::once(BlockingSource::try_new(|| rows))))
        .build()?;
    Ok(conduit)
}

/// Counts and adds under the name that `about` gives.
fn responder(
    listener: TcpListener,
    answer: &Answer,
    about: fn(&Report) -> (String, u64),
) -> Result<Conduit<Report, Ended>, ConfigError> {
    let relay = ReceivingRelay::on(listener)
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .with_reader(EnvelopeReader::json)
        .build()?;
    let answer = Arc::clone(answer);
    let add = sink_fn(move |report: &Report| {
        let (name, dollars) = about(report);
        let mut answer = lock(&answer);
        let (strikes, cost) = answer.entry(name).or_default();
        (*strikes, *cost) = (*strikes + 1, *cost + dollars);
        Ok::<_, String>(())
    });
    Conduit::from(Wire::map("report", |report: Report| report))
        .sink("answer", add)
        .with_source(Generator::new("relay", relay))
        .build()
}

/// One link for each target. Real ones say `with_tls` and `with_token_source`.
fn sender(targets: &[String]) -> Result<ForwardRelay<Report>, ConfigError> {
    let zstd = Compression::Zstd(ZstdLevel::DEFAULT);
    let relay = ForwardRelay::builder()
        .with_routing(Routing::Broadcast)
        .dangerously_in_plaintext()
        .with_writer(EnvelopeWriter::json().with_compression(zstd))
        .with_backoff(Duration::from_millis(5), Duration::from_millis(100));
    targets.iter().fold(relay, ForwardRelayBuilder::with_target).build()
}

fn listener() -> io::Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0")
}

fn show(title: &str, answer: &Answer, by: impl Fn(&(&String, &(u64, u64))) -> u64) {
    let answer = lock(answer);
    let mut entries: Vec<_> = answer.iter().collect();
    entries.sort_by_key(|entry| Reverse(by(entry)));
    let top = entries.iter().take(TOP).map(|entry| format!("{} {}", entry.0, grouped(by(entry))));
    println!("{title}: {}", top.collect::<Vec<_>>().join(", "));
}

fn strikes(answer: &Answer) -> u64 {
    lock(answer).values().map(|(strikes, _)| strikes).sum()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Report ===

impl From<Strike> for Report {
    fn from(strike: Strike) -> Self {
        Self { state: strike.state, species: strike.species, dollars: u64::from(strike.cost) }
    }
}
