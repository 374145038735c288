//! Shows Parquet at both ends of a pipeline: flights are read from a file, judged by two workers,
//! summed up by route, and written to a directory with a part for each month.
//!
//! ```sh
//! cargo run --release --example flights --features parquet
//! cargo run --release --example flights --features parquet -- FILE [DIRECTORY]
//! ```
//!
//! ```text
//! flights.parquet ── check ── judge ─┬─ routes: mean delay, share of late flights
//!                      │             └─ archive: departures/month=2001-01/part-….parquet …
//!                      └── dead letters
//! ```
//!
//! The file is 120,000 US domestic flights of 2001 unless another one is named, with columns `date`,
//! `delay` (minutes), `distance` (miles), `origin` and `destination`. The directory is
//! `target/flights` unless named.
//!
//! Prints the busiest routes, the most delayed of them, what was written, rows per second, and the
//! ledger. The summary of all routes is in the directory, too, as `routes.parquet`. It ends with 0
//! only if every row is accounted for.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use electrician::parquet::{
    Compression, DatasetOptions, ParquetFile, ParquetSink, ParquetWriter, ReadOptions, WholeFile,
    WriteOptions,
};
use electrician::{Conduit, Generator, SinkStage, Wire, dead_letters};
use electrician_examples::flights::{Departure, Flight, Route, RouteSink, print_routes};

const EXCERPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/flights.parquet");

/// How many rows that cannot be true wait to be counted at most; then the stage waits.
const LETTERS: usize = 256;

#[tokio::main]
async fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let input = args.next().unwrap_or_else(|| EXCERPT.into());
    let output = args.next().unwrap_or_else(|| "target/flights".into());
    match run(&input, &output).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: not every row is accounted for");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every row is accounted for.
#[expect(clippy::disallowed_methods, reason = "how long a run took is for its user to see")]
async fn run(input: &Path, output: &Path) -> Result<bool, Box<dyn Error>> {
    let (port, mut letters) = dead_letters(LETTERS);
    let check = Wire::by_ref("check", |flight: &Flight| flight.check()).with_dead_letters(port);
    let judge = Wire::map("judge", Departure::from).with_workers(2);

    // A file is complete or not there; an acknowledged row is on the disk.
    let files = WriteOptions::new().with_compression(Compression::Zstd(3));
    let archive = DatasetOptions::new(output.join("departures"))
        .with_files(files)
        .with_partition("month", |departure: &Departure| departure.month());
    let archive = SinkStage::new("archive", ParquetSink::new(archive)?);
    let (routes, summary) = RouteSink::new();
    let written = archive.handle();

    let conduit = Conduit::from(check)
        .then(judge)
        .broadcast([
            Conduit::from(Wire::map("to routes", |departure: Departure| departure))
                .sink("routes", routes),
            Conduit::from(Wire::map("to archive", |departure: Departure| departure))
                .sink_stage(archive),
        ])
        .with_source(Generator::new("flights", ParquetFile::new(input, ReadOptions::new())))
        .named("flights")
        .build()?;

    let start = Instant::now();
    let running = conduit.start()?;
    let unbelievable = tokio::spawn(async move {
        let mut count = 0_u64;
        while let Some(letter) = letters.recv().await {
            count += 1;
            if count <= 3 {
                eprintln!("rejected: {}", letter.error);
            }
            letter.item.accept();
        }
        count
    });
    let stopped = running.finish().await;
    let seconds = start.elapsed().as_secs_f64();
    for error in stopped.source_errors.iter().chain(&stopped.sink_errors).chain(&stopped.failures) {
        eprintln!("error: {error}");
    }
    // With it goes the last port, and so the letters end.
    drop(stopped.component);

    let routes = summary.take();
    print_routes(&routes);
    save(&routes, output)?;
    if let Some(sink) = written.take() {
        let sum = sink.written();
        println!(
            "\n{} files, {} rows, {} bytes in {}",
            sum.files,
            sum.rows,
            sum.bytes,
            output.display()
        );
    }
    let rows = stopped.ledger.accepted;
    println!("{} rows rejected", unbelievable.await?);
    println!("{rows} rows in {seconds:.2} s: {:.0} rows/s", rows as f64 / seconds);
    println!("{}", stopped.ledger);
    let is_clean = stopped.source_errors.is_empty() && stopped.sink_errors.is_empty();
    Ok(is_clean && stopped.ledger.is_balanced() && stopped.ledger.failed == 0)
}

/// Writes the summary as a file that appears whole or not at all.
fn save(routes: &[Route], folder: &Path) -> Result<(), Box<dyn Error>> {
    let file = WholeFile::create(folder.join("routes.parquet"))?;
    let mut writer = ParquetWriter::new(file, &WriteOptions::new())?;
    writer.write_all(routes)?;
    let (file, _) = writer.finish()?;
    Ok(file.publish()?)
}
