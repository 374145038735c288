//! Shows a process in the middle that passes payloads on without being able to read them: it has no
//! key, decodes nothing, and loses nothing that it does not know.
//!
//! ```sh
//! cargo run --release --example relay_passthrough_hop --features relays
//! ```
//!
//! ```text
//! orders ── pack ── relay ══▶ relay ── count ── relay ══▶ relay ── unpack ── book
//!      (has the key)                (has none)              (has the key)
//! ```
//!
//! Orders are encrypted, and say something in a field that this version of the contract does not
//! have. An order counts as delivered when the last process has booked it: an acknowledgement comes
//! all the way back. All three are played in one process here.
//!
//! Prints the ledgers of the three, what the hop makes of an order when it tries to read it, and what
//! arrived: all orders, each with its unknown field.

use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use electrician::auth::Authenticator;
use electrician::codec::seal::{KeyRing, SealKey};
use electrician::relay::StreamDefaults;
use electrician::{
    About, Conduit, ConfigError, Ended, EnvelopeReader, EnvelopeWriter, ForwardRelay, Generator,
    Plug, RawPayload, ReceivingRelay, Wire, sink_fn,
};
use serde::{Deserialize, Serialize};

/// How many orders there are.
const ORDERS: u64 = 2000;

/// On the wire: a field with the number 1000 and a text of seven letters. No version of the contract
/// has it yet.
const UNKNOWN: &[u8] = b"\xc2\x3e\x07foundry";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    metal: String,
}

/// What was booked at the end, in the order in which it came.
type Book = Arc<Mutex<Vec<Order>>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay_passthrough_hop: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let book = Book::default();
    let relay = receiver("127.0.0.1:0")?;
    let behind = relay.handle();
    let last = last(relay, &book)?.start()?;
    let behind = behind.bound().await.to_string();

    let relay = receiver("127.0.0.1:0")?;
    let middle = relay.handle();
    let glimpse = Arc::<Mutex<Option<String>>>::default();
    let hop = hop(relay, &behind, &glimpse)?.start()?;
    let middle = middle.bound().await.to_string();

    let sent = first(&middle)?.start()?.finish().await;
    let passed = hop.stop(Duration::from_secs(5)).await;
    let arrived = last.stop(Duration::from_secs(5)).await;

    println!("sender: {}", sent.ledger);
    println!("hop:    {}", passed.ledger);
    println!("last:   {}", arrived.ledger);
    let glimpse = lock(&glimpse).take().unwrap_or_default();
    println!("the hop tries to read one: {glimpse}");
    let booked = lock(&book);
    println!("booked {} orders, each with its unknown field", booked.len());
    let is_whole = booked.iter().cloned().eq((0..ORDERS).map(order));
    if is_whole && sent.ledger.delivered == ORDERS {
        Ok(())
    } else {
        Err("an order is missing, came twice or in another order".into())
    }
}

/// Packs orders, and sends payloads that have something in them that nobody here knows.
fn first(hop: &str) -> Result<Conduit<u64, Ended>, Box<dyn Error>> {
    let keys = keys()?;
    let pack = Wire::per_worker("pack", move || {
        let writer = EnvelopeWriter::json().with_keys(Arc::clone(&keys));
        let mut writer = writer.with_metadata_in_each();
        move |id: u64| pack(&mut writer, id)
    });
    let conduit = Conduit::from(pack.ordered())
        .sink("relay", sender(hop)?)
        .with_source(Generator::new("orders", Plug::iter(|| 0..ORDERS)))
        .build()?;
    Ok(conduit)
}

/// Counts payloads, and keeps what came of trying to read the first.
fn hop(
    relay: ReceivingRelay<RawPayload>,
    target: &str,
    glimpse: &Arc<Mutex<Option<String>>>,
) -> Result<Conduit<RawPayload, Ended>, ConfigError> {
    let glimpse = Arc::clone(glimpse);
    let count = Wire::map("count", move |payload: RawPayload| {
        lock(&glimpse).get_or_insert_with(|| {
            let mut reader = EnvelopeReader::<Order>::json();
            match reader.read(&payload, &StreamDefaults::default()) {
                Ok(order) => format!("{order:?}, which it should not have been able to"),
                Err(error) => error.to_string(),
            }
        });
        payload
    });
    Conduit::from(count.ordered())
        .sink("relay", sender(target)?)
        .with_source(Generator::new("relay", relay))
        .build()
}

/// Unpacks orders, and books them.
fn last(
    relay: ReceivingRelay<RawPayload>,
    book: &Book,
) -> Result<Conduit<RawPayload, Ended>, Box<dyn Error>> {
    let keys = keys()?;
    let unpack = Wire::per_worker("unpack", move || {
        let mut reader = EnvelopeReader::json().with_keys(Arc::clone(&keys));
        move |payload: RawPayload| unpack(&mut reader, &payload)
    });
    let book = Arc::clone(book);
    let booking = sink_fn(move |order: &Order| {
        lock(&book).push(order.clone());
        Ok::<_, String>(())
    });
    let conduit = Conduit::from(unpack.ordered())
        .sink("book", booking)
        .with_source(Generator::new("relay", relay))
        .build()?;
    Ok(conduit)
}

fn pack(
    writer: &mut EnvelopeWriter<Order>,
    id: u64,
) -> Result<RawPayload, Box<dyn Error + Send + Sync>> {
    let payload = writer.write(&order(id), &About::default())?;
    let mut bytes = payload.to_bytes().to_vec();
    bytes.extend_from_slice(UNKNOWN);
    Ok(RawPayload::parse(bytes.into())?)
}

fn unpack(
    reader: &mut EnvelopeReader<Order>,
    payload: &RawPayload,
) -> Result<Order, Box<dyn Error + Send + Sync>> {
    let bytes = payload.to_bytes();
    if !bytes.windows(UNKNOWN.len()).any(|part| part == UNKNOWN) {
        return Err("the unknown field is gone".into());
    }
    Ok(reader.read(payload, &StreamDefaults::default())?)
}

fn order(id: u64) -> Order {
    Order { id, metal: "copper".to_owned() }
}

/// What the ends share. Real ones read it from where secrets are kept.
fn keys() -> Result<Arc<KeyRing>, Box<dyn Error>> {
    Ok(Arc::new(SealKey::from_bytes(b"sixteen letters!")?.into()))
}

/// Real ones say `with_tls` and `with_token_source`.
fn sender(address: &str) -> Result<ForwardRelay<RawPayload>, ConfigError> {
    ForwardRelay::builder()
        .with_target(address)
        .dangerously_in_plaintext()
        .passing_through()
        .build()
}

/// Real ones say `with_tls` and who may send.
fn receiver(address: &str) -> Result<ReceivingRelay<RawPayload>, ConfigError> {
    ReceivingRelay::builder(address)
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .passing_through()
        .build()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
