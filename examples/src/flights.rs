//! Flights, and what is said of their routes.
//!
//! `examples/data/flights.parquet` is each 25th flight of US domestic flights of the first half of
//! 2001 (on-time records of the US Bureau of Transportation Statistics, which are works of the US
//! government, as packaged in `flights-3m.parquet` of npm's `vega-datasets` 3.2.1). It was made by
//!
//! ```text
//! python -c "
//! import pyarrow as pa, pyarrow.parquet as pq
//! t = pq.read_table('flights-3m.parquet')
//! t = t.take(pa.array(range(0, len(t), 25)))
//! pq.write_table(t, 'examples/data/flights.parquet', compression='zstd', compression_level=19, row_group_size=20000)
//! "
//! ```

mod airport;
mod routes;

use std::fmt;

use electrician::parquet::TimestampMicros;
use serde::{Deserialize, Serialize};

pub use airport::Airport;
pub use routes::{Route, RouteSink, Summary, print_routes};

/// A delay from which a flight counts as late, minutes.
const LATE: i64 = 15;

/// A row of the file.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Flight {
    date: TimestampMicros,
    delay: i64,
    distance: i64,
    origin: Airport,
    destination: Airport,
}

/// A flight and what was made of it: a row of the archive.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Departure {
    date: TimestampMicros,
    origin: Airport,
    destination: Airport,
    delay: i64,
    distance: i64,
    is_late: bool,
}

/// Why a row cannot be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbelievable {
    /// It goes nowhere.
    #[error("a flight from {0} to itself")]
    Circle(Airport),
    /// It is too short, or longer than any.
    #[error("a flight of {0} miles")]
    Distance(i64),
    /// More than two days, early or late.
    #[error("a delay of {0} minutes")]
    Delay(i64),
}

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    year: i64,
    month: i64,
}

// === impl Flight ===

impl Flight {
    /// The flight, if it can be true.
    pub fn check(&self) -> Result<Self, Unbelievable> {
        if self.origin == self.destination {
            return Err(Unbelievable::Circle(self.origin));
        }
        if !(1..=5500).contains(&self.distance) {
            return Err(Unbelievable::Distance(self.distance));
        }
        if self.delay.abs() > 2 * 24 * 60 {
            return Err(Unbelievable::Delay(self.delay));
        }
        Ok(*self)
    }
}

// === impl Departure ===

impl Departure {
    /// The month of its date.
    pub fn month(&self) -> Month {
        Month::of(self.date)
    }
}

impl From<Flight> for Departure {
    fn from(flight: Flight) -> Self {
        let Flight { date, delay, distance, origin, destination } = flight;
        Self { date, origin, destination, delay, distance, is_late: delay >= LATE }
    }
}

// === impl Month ===

impl Month {
    /// The month of a point in time, by the proleptic Gregorian calendar. Counted in years that begin
    /// with March, so that the odd day comes last: a year of them has 365.2425 days, 400 years have
    /// 146,097, and its months from the first on begin with day (153 m + 2) / 5.
    pub fn of(time: TimestampMicros) -> Self {
        let days = time.0.div_euclid(24 * 60 * 60 * 1_000_000) + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self { year: era * 400 + year + carry, month }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests;
