//! Flights: all three million if a file is given, the excerpt over and over if not.

use std::env;
use std::path::PathBuf;

use electrician_parquet::{ParquetReader, TimestampMicros};
use serde::{Deserialize, Serialize};

/// How many flights there are without a file.
const COUNT: usize = 3_000_000;

/// A file of flights, instead of the excerpt.
const FILE: &str = "FLIGHTS";

const EXCERPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/flights.parquet");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Flight {
    pub(super) date: TimestampMicros,
    pub(super) delay: i64,
    pub(super) distance: i64,
    pub(super) origin: String,
    pub(super) destination: String,
}

pub(super) fn flights() -> Vec<Flight> {
    if let Some(given) = env::var_os(FILE) {
        return read(PathBuf::from(given));
    }
    excerpt().into_iter().cycle().take(COUNT).collect()
}

pub(super) fn excerpt() -> Vec<Flight> {
    read(EXCERPT.into())
}

fn read(path: PathBuf) -> Vec<Flight> {
    let reader = ParquetReader::<Flight>::open(path).expect("a file of flights");
    reader.map(|flight| flight.expect("a flight")).collect()
}
