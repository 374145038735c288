//! Shows a pipeline that branches and comes together again: two sources, a partition by key, a
//! route, a broadcast to two sinks.
//!
//! ```sh
//! cargo run --release --example fan_out
//! ```
//!
//! ```text
//! north ─┐            ┌─ mean ─┐          ┌─ frost ──┐              ┌─ console
//!        ├─ plausible ┤        ├─ (route) ┼─ heat ───┼─ (broadcast) ┤
//! south ─┘            └─ mean ─┘          └─ mild ───┘              └─ totals
//! ```
//!
//! Prints each reading of a weather station with what was made of it, how many there were of each
//! kind, what every stage did, and the ledger.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use electrician::{Conduit, ConduitBuilder, Generator, Plug, Routes, Wire, sink_fn};

/// A temperature in degrees Celsius.
#[derive(Clone, Debug)]
struct Reading {
    station: &'static str,
    degrees: f64,
    /// The mean of the station's readings so far.
    mean: f64,
}

/// What a reading means.
#[derive(Clone, Debug)]
struct Note {
    kind: &'static str,
    text: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let plausible =
        Wire::filter("plausible", |reading: &Reading| (-60.0..60.0).contains(&reading.degrees));

    // All readings of a station go to the same branch, so its mean needs no lock.
    let means = [mean(), mean()];

    // The first condition that is met decides. Without `otherwise` a reading that meets none fails.
    let routes = Routes::new()
        .when(|reading: &Reading| reading.degrees < 0.0, note("frost"))
        .when(|reading: &Reading| reading.degrees > 30.0, note("heat"))
        .otherwise(note("mild"));

    // Every note goes to both sinks; only then is it done with.
    let totals = Arc::new(Mutex::new(BTreeMap::new()));
    let console = sink_fn(|note: &Note| {
        println!("{:<6} {}", note.kind, note.text);
        Ok::<_, Infallible>(())
    });
    let count = sink_fn({
        let totals = Arc::clone(&totals);
        move |note: &Note| {
            let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
            *totals.entry(note.kind).or_insert(0) += 1;
            Ok::<_, Infallible>(())
        }
    });

    let conduit = Conduit::from(plausible)
        .partition_by_key(|reading| reading.station, means)
        .route(routes)
        .broadcast([
            Conduit::from(Wire::map("to console", |note: Note| note)).sink("console", console),
            Conduit::from(Wire::map("to totals", |note: Note| note)).sink("totals", count),
        ])
        // Two sources feed the head; the run ends when both have.
        .with_source(Generator::new("north", Plug::iter(|| readings("Tromsø", [-4.0, -2.0, 3.0]))))
        .with_source(Generator::new("south", Plug::iter(|| readings("Sevilla", [31.0, 900.0, 29.0]))))
        .named("weather")
        .build()?;

    let stopped = conduit.start()?.finish().await;

    println!("\ntotals {:?}\n", totals.lock().unwrap_or_else(PoisonError::into_inner));
    for stage in &stopped.stages {
        println!("{:<10} {}", stage.name, stage.ledger);
    }
    println!("{:<10} {}", "all", stopped.ledger);
    Ok(())
}

/// A branch that knows the mean of each of its stations.
fn mean() -> ConduitBuilder<Reading, Reading> {
    Conduit::from(
        Wire::per_worker("mean", || {
            let mut sums: HashMap<&str, (f64, f64)> = HashMap::new();
            move |mut reading: Reading| {
                let (sum, count) = sums.entry(reading.station).or_default();
                *sum += reading.degrees;
                *count += 1.0;
                reading.mean = *sum / *count;
                Ok::<_, Infallible>(reading)
            }
        })
        .with_workers(1),
    )
}

/// A branch that makes notes of one kind.
fn note(kind: &'static str) -> ConduitBuilder<Reading, Note> {
    Conduit::from(Wire::map(kind, move |reading: Reading| {
        let Reading { station, degrees, mean } = reading;
        Note { kind, text: format!("{station:<8} {degrees:>5.1} °C, mean {mean:>5.1}") }
    }))
}

fn readings(station: &'static str, degrees: [f64; 3]) -> impl Iterator<Item = Reading> {
    degrees.into_iter().map(move |degrees| Reading { station, degrees, mean: f64::NAN })
}
