//! Shows publish and subscribe among processes: thermometers publish, an alarm may miss nothing, a
//! display wants the latest, and all readings go through a pipeline into an archive.
//!
//! ```sh
//! cargo run --release --example mesh --features relays
//! ```
//!
//! All peers are in one process here; each would work as well in one of its own. Prints what each of
//! them got, how far the clocks are apart, and the account of the mesh; it fails when the alarm or the
//! archive missed a reading.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician::auth::Authenticator;
use electrician::forwardrelay::{MeshClient, MeshInbox, MeshPeer};
use electrician::receivingrelay::Mesh;
use electrician::relay::StreamDefaults;
use electrician::relay::mesh::{Exchange, Filter};
use electrician::relay::proto::{DropPolicy, SubscriptionSpec};
use electrician::{
    About, BoxError, Conduit, ConfigError, EnvelopeReader, EnvelopeWriter, Generator, RawPayload,
    ReceivingRelay, Wire, sink_fn,
};
use serde::{Deserialize, Serialize};

/// How many readings there are of each room.
const READINGS: u64 = 500;
const ROOMS: [&str; 2] = ["cellar", "attic"];
const ALL: u64 = READINGS * ROOMS.len() as u64;

const PATIENCE: Duration = Duration::from_secs(10);

/// What is published, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Reading {
    number: u64,
    degrees: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The relay that serves the mesh. Real ones say `with_tls` and who may publish what.
    let exchange = Exchange::builder().with_outbox(64, 1 << 20);
    let mesh = Mesh::new().with_exchange(exchange).with_pipeline_for([Filter::prefix("rooms/")]);
    let relay = ReceivingRelay::builder("127.0.0.1:0")
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .with_reader(EnvelopeReader::json)
        .with_mesh(mesh)
        .build()?;
    let handle = relay.handle();
    let archived = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&archived);
    let archive = sink_fn(move |_: &Reading| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, String>(())
    });
    let running = Conduit::from(Wire::map("check", |reading: Reading| reading))
        .sink("archive", archive)
        .with_source(Generator::new("relay", relay))
        .build()?
        .start()?;
    let address = handle.bound().await.to_string();

    let (alarm, alarms) = peer(&address)?;
    let nothing_lost = SubscriptionSpec {
        drop_policy: DropPolicy::DropNone.into(),
        ..Filter::prefix("rooms/").subscription("alarm")
    };
    alarm.subscribe_to(nothing_lost).await?;
    let alarms = tokio::spawn(too_warm(alarms));

    let (display, shown) = peer(&address)?;
    let now_and_then = SubscriptionSpec {
        max_updates_per_second: 100,
        ..Filter::channel("rooms/attic").subscription("display")
    };
    display.subscribe_to(now_and_then).await?;
    let shown = tokio::spawn(latest(shown));
    let clock = display.clock().await?;
    println!("clocks: {} ns apart, {:?} on the way", clock.offset_ns, clock.delay);

    let thermometers = ROOMS.map(|room| tokio::spawn(measure(address.clone(), room)));
    for thermometer in thermometers {
        thermometer.await?.map_err(|error| error.to_string())?;
    }
    let (heard, warm) = alarms.await?;
    println!("alarm:   {heard} readings, {warm} of them too warm");
    display.close(PATIENCE).await;
    let (seen, last) = shown.await?;
    println!("display: {seen} readings, the number of the last is {last}");
    let stopped = running.stop(PATIENCE).await;
    println!("archive: {}", stopped.ledger);
    let stats = handle.mesh_stats().ok_or("it serves a mesh")?;
    println!(
        "mesh:    {} published, {} deliveries: {} done, {} beyond the rate, {} dropped",
        stats.published, stats.matched, stats.delivered, stats.limited, stats.dropped
    );
    let is_whole = heard == ALL && archived.load(Ordering::Relaxed) == ALL && stats.is_balanced();
    if is_whole { Ok(()) } else { Err("a reading is missing".into()) }
}

/// Real ones say `with_tls` and `with_token_source`.
fn peer(address: &str) -> Result<(MeshPeer, MeshInbox), ConfigError> {
    let client = MeshClient::builder(address)
        .with_relay(electrician::ForwardRelayBuilder::dangerously_in_plaintext);
    Ok(client.build()?.start())
}

/// Publishes the readings of a room, and waits until the archive has them.
async fn measure(address: String, room: &str) -> Result<(), BoxError> {
    let (peer, _) = peer(&address)?;
    let mut writer = EnvelopeWriter::json().with_metadata_in_each();
    let channel = format!("rooms/{room}");
    let mut tickets = Vec::new();
    for number in 1..=READINGS {
        let reading = Reading { number, degrees: 20.0 + (number % 10) as f64 };
        let about = About { channel: &channel, ..About::default() };
        tickets.push(peer.submit(writer.write(&reading, &about)?).await?);
    }
    for ticket in tickets {
        ticket.await?;
    }
    peer.close(PATIENCE).await;
    Ok(())
}

/// All readings, and how many are too warm.
async fn too_warm(mut inbox: MeshInbox) -> (u64, u64) {
    let (mut heard, mut warm) = (0, 0);
    while heard < ALL
        && let Some(payload) = inbox.recv().await
    {
        heard += 1;
        warm += u64::from(read(&payload).is_some_and(|reading| reading.degrees > 28.0));
    }
    (heard, warm)
}

/// How many readings were shown, and the last number.
async fn latest(mut inbox: MeshInbox) -> (u64, u64) {
    let (mut seen, mut last) = (0, 0);
    while let Some(payload) = inbox.recv().await {
        seen += 1;
        last = read(&payload).map_or(last, |reading| reading.number);
    }
    (seen, last)
}

fn read(payload: &RawPayload) -> Option<Reading> {
    EnvelopeReader::json().read(payload, &StreamDefaults::default()).ok()
}
