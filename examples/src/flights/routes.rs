//! Departures, summed up by route: a sink.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use electrician::{Batch, Result, Sink};
use serde::{Deserialize, Serialize};

use super::{Airport, Departure};

/// How many routes are printed.
const PRINTED: usize = 8;

/// Of fewer flights, a mean says little.
const ENOUGH: u64 = 50;

/// A row of the summary.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Route {
    /// From where.
    pub origin: Airport,
    /// To where.
    pub destination: Airport,
    /// How many flights.
    pub flights: u64,
    /// How many of them were late.
    pub late: u64,
    /// The mean delay, minutes; negative is early.
    pub mean_delay: f64,
    /// The longest delay, minutes.
    pub worst_delay: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    flights: u64,
    late: u64,
    delay: i64,
    worst: i64,
}

/// Sums departures up. The one task that writes to it owns the sums, so summing takes no lock; they
/// are given away once, at the end of the run.
#[derive(Debug, Default)]
pub struct RouteSink {
    tallies: HashMap<(Airport, Airport), Tally>,
    summary: Summary,
}

/// Where a [`RouteSink`] leaves its sums.
#[derive(Clone, Debug, Default)]
pub struct Summary(Arc<Mutex<Vec<Route>>>);

// === impl RouteSink ===

impl RouteSink {
    /// A sink, and where its sums will be.
    pub fn new() -> (Self, Summary) {
        let sink = Self::default();
        let summary = sink.summary.clone();
        (sink, summary)
    }
}

impl Sink<Departure> for RouteSink {
    async fn write(&mut self, batch: &mut Batch<Departure>) -> Result<()> {
        while let Some(departure) = batch.accept() {
            let route = (departure.origin, departure.destination);
            let tally = self.tallies.entry(route).or_default();
            tally.worst =
                if tally.flights == 0 { departure.delay } else { tally.worst.max(departure.delay) };
            tally.flights += 1;
            tally.late += u64::from(departure.is_late);
            tally.delay += departure.delay;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        let routes = self.tallies.drain().map(|((origin, destination), tally)| Route {
            origin,
            destination,
            flights: tally.flights,
            late: tally.late,
            mean_delay: tally.delay as f64 / tally.flights as f64,
            worst_delay: tally.worst,
        });
        let mut routes: Vec<Route> = routes.collect();
        routes.sort_by_key(|route| {
            (std::cmp::Reverse(route.flights), route.origin, route.destination)
        });
        *self.summary.0.lock().unwrap_or_else(PoisonError::into_inner) = routes;
        Ok(())
    }
}

// === impl Summary ===

impl Summary {
    /// The routes, the busiest first; once.
    pub fn take(&self) -> Vec<Route> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Prints the busiest routes, and the most delayed of those that are flown often.
pub fn print_routes(routes: &[Route]) {
    print("busiest routes", routes.iter());
    let mut often: Vec<&Route> = routes.iter().filter(|route| route.flights >= ENOUGH).collect();
    often.sort_by(|one, other| other.mean_delay.total_cmp(&one.mean_delay));
    print("most delayed", often.into_iter());
    println!("{} routes", routes.len());
}

fn print<'a>(title: &str, routes: impl Iterator<Item = &'a Route>) {
    println!("{title:<16} flights   mean delay   late   worst delay");
    for route in routes.take(PRINTED) {
        let Route { origin, destination, flights, late, mean_delay, worst_delay } = route;
        let share = *late as f64 * 100.0 / *flights as f64;
        println!(
            "{origin} → {destination}      {flights:>9} {mean_delay:>8.1} min {share:>4.0} % {worst_delay:>9} min"
        );
    }
    println!();
}
