//! Shows a pipeline in a browser: strikes of wildlife in slow motion, an office that goes away every
//! now and then, a breaker in front of it, retries, and rows that end as dead letters.
//!
//! ```sh
//! cargo run --release --example panel --features panel
//! cargo run --release --example panel --features panel -- --for 60
//! ```
//!
//! ```text
//!                                    ┌─ assess ─┐
//! records ── parse ── validate ── (route)       ├── ledger
//!              │          │          └─ file ───┘
//!              └──────────┴── dead letters
//! ```
//!
//! Prints the address to open, and the ledger at the end: after Ctrl-C, or the time of `--for`, in
//! seconds. What to look for: the stages from left to right, with what flows between them; the one
//! that holds the others up, marked and explained; the breaker, when the office is away; the curves;
//! and the dead letters, which can be searched. A click on a stage opens its details.

use std::error::Error;
use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use electrician::panel::LetterBook;
use electrician::plug::BlockingSource;
use electrician::{
    Burst, CircuitBreaker, Conduit, DeadLetter, DeadLetters, Generator, Meter, Panel, Plug, Retry,
    Routes, SurgeProtector, WhenDenied, Wire, dead_letters, sink_fn,
};
use electrician_examples::strikes::{Case, Progress, Row, Rows, Severity, Strike, parse, validate};
use tokio::time::{Instant, sleep};

/// The file is read this often.
const PASSES: u32 = 1_000;

/// The office is there for this long, and then away.
const THERE: Duration = Duration::from_secs(14);
const AWAY: Duration = Duration::from_secs(4);

#[derive(Debug, thiserror::Error)]
#[error("the office does not answer")]
struct NoAnswer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let limit = limit(std::env::args().skip(1))?;
    let meter = Meter::new("strikes");
    let panel = Panel::builder(meter.clone()).with_title("Bird strikes, in slow motion").build();
    let served = panel.serve("127.0.0.1:0").await?;
    println!("open {}", served.url());

    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/birdstrikes.csv");
    let rows = Rows::open(&input, PASSES, Arc::new(Progress::default()))?;
    let columns = rows.columns();
    let (bad_rows, row_letters) = dead_letters::<Row>(256);
    let (bad_strikes, strike_letters) = dead_letters::<Strike>(256);
    let noting = tokio::spawn(note_all(panel.letters().clone(), row_letters));
    let noting_too = tokio::spawn(note_all(panel.letters().clone(), strike_letters));

    // Slow motion: so many rows a second.
    let pace = SurgeProtector::builder()
        .with_name("pace")
        .with_rate("600/s".parse()?, Burst::new(30)?)
        .build()?;
    let parse = Wire::by_ref("parse", move |row: &Row| parse(row, &columns))
        .with_workers(2)
        .with_guard(pace, WhenDenied::Pause)
        .with_dead_letters(bad_rows);
    let validate = Wire::in_place("validate", validate).with_dead_letters(bad_strikes);

    let breaker = CircuitBreaker::builder("office")
        .with_consecutive_failures(5)
        .with_open_for(Duration::from_secs(1))
        .with_observer(meter.clone())
        .build()?;
    let start = now();
    let assess = Wire::async_by_ref("assess", move |_: &Case| ask_office(start))
        .with_concurrency(8)
        .with_capacity(128)
        .with_retry(Retry::fixed(100, Duration::from_millis(300)))
        .with_parked(64)
        .with_guard(breaker, WhenDenied::Pause);
    let file = Wire::async_by_ref("file", |_: &Case| file()).with_concurrency(8).with_capacity(128);
    let routes = Routes::new()
        .when(|case: &Case| is_grave(case.severity), Conduit::from(assess))
        .otherwise(Conduit::from(file));

    let conduit = Conduit::from(parse)
        .then(validate)
        .then(Wire::map("classify", Case::from))
        .route(routes)
        .sink("ledger", sink_fn(|(): &()| Ok::<_, io::Error>(())))
        .with_source(Generator::new("records", Plug::once(BlockingSource::try_new(|| rows))))
        .with_observer(meter)
        .named("strikes")
        .build()?;

    let end = async {
        tokio::select! {
            () = sleep(limit) => {}
            // Where Ctrl-C cannot be listened to, it ends the program as it always did.
            Ok(()) = tokio::signal::ctrl_c() => {}
        }
    };
    let stopped = conduit.start()?.finish_or_stop(end, Duration::from_secs(5)).await;
    served.stop().await;
    println!("ledger: {}", stopped.ledger);
    let is_balanced = stopped.ledger.is_balanced();
    drop(stopped);
    noting.await?;
    noting_too.await?;
    if is_balanced { Ok(()) } else { Err("a row is lost".into()) }
}

#[expect(clippy::disallowed_methods, reason = "an office has real hours")]
fn now() -> Instant {
    Instant::now()
}

/// The office takes its time, and is away at times.
async fn ask_office(start: Instant) -> Result<(), NoAnswer> {
    sleep(Duration::from_millis(40)).await;
    let at = start.elapsed().as_secs_f64() % (THERE + AWAY).as_secs_f64();
    if at < THERE.as_secs_f64() { Ok(()) } else { Err(NoAnswer) }
}

const fn is_grave(severity: Severity) -> bool {
    matches!(severity, Severity::Damaging | Severity::Severe)
}

async fn file() -> io::Result<()> {
    sleep(Duration::from_millis(6)).await;
    Ok(())
}

/// Shows each letter on the page, and has done with it.
async fn note_all<T: Debug>(book: LetterBook, mut letters: DeadLetters<T>) {
    while let Some(letter) = letters.recv().await {
        book.note(&letter);
        drop(DeadLetter::accept(letter));
    }
}

/// How long to go on.
fn limit(mut args: impl Iterator<Item = String>) -> Result<Duration, String> {
    let usage = "give nothing, or --for SECONDS";
    match (args.next().as_deref(), args.next(), args.next()) {
        (None, ..) => Ok(Duration::MAX),
        (Some("--for"), Some(seconds), None) => {
            let seconds = seconds.parse().map_err(|error| format!("{seconds:?}: {error}; {usage}"));
            seconds.map(Duration::from_secs)
        }
        (Some(other), ..) => Err(format!("{other:?}: {usage}")),
    }
}
