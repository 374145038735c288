//! Shows the log of a pipeline: JSON lines on the console and in a rotated file. Orders are charged
//! to cards; the bank refuses some, and at the third refusal in a row charging is off for a while.
//! Halfway the level is changed for the pipeline's own target, and secrets never get out.
//!
//! ```sh
//! cargo run --release --example logging --features logger
//! ```
//!
//! Prints the lines, then what became of them in each sink, and the files. It fails when a line is
//! missing or a secret is in a file.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use electrician::logger::ConsoleSink;
use electrician::{FileSink, Logger, Wire};
use tracing::{debug, info, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const CARD: &str = "4000 1234 5678 9010";
const TOKEN: &str = "kWq3-not-for-you";

/// How long the log may take for its last lines.
const PATIENCE: Duration = Duration::from_secs(5);

/// Charges orders, and gives up for a while when the bank keeps refusing.
#[derive(Default)]
struct Charger {
    refused_in_a_row: u32,
    /// Orders that are not charged before the bank is asked again.
    pause: u32,
}

/// The bank said no.
#[derive(Debug)]
struct Refused;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("electrician-logging-{}", std::process::id()));
    let file = FileSink::builder(folder.join("app.log")).with_max_bytes(4096).with_keep(5);
    let logger = Logger::builder()
        .with_filter("info".parse::<electrician::LogFilter>()?)
        .with_field("service", "orders")
        .with_secret("card number")
        .with_sink("console", ConsoleSink::stdout())
        .with_sink("file", file.build()?)
        .build()?;
    tracing_subscriber::registry().with(logger.layer()).try_init()?;
    let guard = logger.guard(PATIENCE);

    info!(component = "charge", event = "Start", api_token = TOKEN, card_number = CARD, "starts");
    let charge = Wire::per_worker("charge", || {
        let mut charger = Charger::default();
        move |order: u32| charger.charge(order)
    });
    let charge = charge.with_workers(1).build()?;
    let running = charge.start()?;
    for order in 1..=12 {
        running.submit(order).await?;
    }
    // Each order was charged, or failed: from here on with more detail, for this target alone.
    let first = running.stop(PATIENCE).await;
    logger.set_filter_text("info,logging=debug")?;
    if let Err(error) = logger.set_filter_text("chatty") {
        warn!(%error, "the level stays");
    }
    let running = first.component.start()?;
    for order in 13..=24 {
        running.submit(order).await?;
    }
    let second = running.stop(PATIENCE).await;
    info!(component = "charge", event = "Stop", result = "SUCCESS", ledger = %second.ledger);

    logger.flush(PATIENCE)?;
    let health = logger.health();
    guard.close()?;
    for sink in &health.sinks {
        let (id, lines) = (&sink.id, sink.written);
        println!("\n{id}: {lines} lines, {} dropped, {} failed", sink.dropped, sink.failed);
        if sink.submitted != sink.written {
            return Err("a line is missing".into());
        }
    }
    let lines = read(&folder)?;
    std::fs::remove_dir_all(&folder)?;
    let is_whole = health.sink("file").is_some_and(|file| file.written == lines);
    if is_whole { Ok(()) } else { Err("the files have other lines".into()) }
}

/// Counts the lines of the files, and looks for secrets.
fn read(folder: &Path) -> Result<u64, Box<dyn Error>> {
    let mut lines = 0;
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path)?;
        if text.contains(CARD) || text.contains(TOKEN) {
            return Err("a secret is in the log".into());
        }
        lines += text.lines().count() as u64;
        println!("{}: {} bytes", path.file_name().unwrap_or_default().display(), text.len());
    }
    Ok(lines)
}

// === impl Charger ===

impl Charger {
    fn charge(&mut self, order: u32) -> Result<u32, Refused> {
        if self.pause > 0 {
            self.pause -= 1;
            debug!(component = "charge", event = "Submit", result = "DROPPED", order);
            return Err(Refused);
        }
        let header = format!("Authorization: Bearer {TOKEN}");
        debug!(component = "charge", event = "Submit", result = "PENDING", order, header);
        // The bank is away for the orders 5 to 9 and 17 to 19.
        if !(5..=9).contains(&order) && !(17..=19).contains(&order) {
            self.refused_in_a_row = 0;
            info!(component = "charge", event = "Complete", result = "SUCCESS", order);
            return Ok(order);
        }
        self.refused_in_a_row += 1;
        warn!(component = "charge", event = "ElementProcessError", result = "FAILURE", order);
        if self.refused_in_a_row == 3 {
            (self.refused_in_a_row, self.pause) = (0, 2);
            let pause = self.pause;
            warn!(
                component = "charge",
                event = "CircuitBreakerTrip",
                pause,
                "no calls for a while"
            );
        }
        Err(Refused)
    }
}

// === impl Refused ===

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bank refused the charge")
    }
}

impl Error for Refused {}
