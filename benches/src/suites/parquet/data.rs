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
    let given = env::var_os(FILE).map(PathBuf::from);
    let path = given.clone().unwrap_or_else(|| EXCERPT.into());
    let reader = ParquetReader::<Flight>::open(path).expect("a file of flights");
    let mut flights: Vec<Flight> = reader.map(|flight| flight.expect("a flight")).collect();
    if given.is_none() {
        let excerpt = flights.clone();
        let missing = COUNT.saturating_sub(excerpt.len());
        flights.extend(excerpt.into_iter().cycle().take(missing));
    }
    flights
}
