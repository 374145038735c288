//! Shows the three orders in which a wire can give its outputs: as they are done, as they came,
//! and as they came for each key.
//!
//! ```sh
//! cargo run --release --example ordered
//! ```
//!
//! Prints, for each of the three, eighteen parcels in the order in which they come out, and whether
//! all of them, or those of one truck, are still in the order in which they went in.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use electrician::{Item, Wire};

const TRUCKS: [char; 6] = ['a', 'b', 'c', 'd', 'e', 'f'];

/// The third parcel of truck a is `a3`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Parcel {
    number: u64,
    truck: char,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A parcel comes out as soon as it is done: lowest latency.
    show("unordered", Wire::new_async("unordered", handle).with_concurrency(8).build()?).await?;

    // All at work at once just the same, but a parcel waits for those that came before it.
    let ordered = Wire::new_async("ordered", handle).with_concurrency(8).ordered();
    show("ordered", ordered.build()?).await?;

    // A truck's parcels are handled one after the other, those of other trucks meanwhile.
    let by_truck = Wire::new_async("by truck", handle)
        .with_concurrency(8)
        .ordered_by_key(|parcel: &Parcel| parcel.truck);
    show("ordered_by_key", by_truck.build()?).await?;
    Ok(())
}

/// Takes between 2 and 26 milliseconds, as if by chance.
async fn handle(parcel: Parcel) -> Result<Parcel, Infallible> {
    let jitter = parcel.number * 7 % 5 * 6;
    tokio::time::sleep(Duration::from_millis(2 + jitter)).await;
    Ok(parcel)
}

async fn show(order: &str, wire: Wire<Parcel, Parcel>) -> Result<(), Box<dyn Error>> {
    let running = wire.start()?;
    for number in 0..18 {
        let truck = TRUCKS[usize::try_from(number)? % TRUCKS.len()];
        running.submit(Parcel { number, truck }).await?;
    }
    let stopped = running.stop(Duration::from_secs(5)).await;
    let parcels: Vec<Parcel> = stopped.outputs.into_iter().map(Item::accept).collect();

    let list: Vec<String> = parcels.iter().map(ToString::to_string).collect();
    let of_truck = |truck| parcels.iter().filter(move |parcel| parcel.truck == truck);
    let each_truck = TRUCKS.into_iter().all(|truck| of_truck(truck).is_sorted());
    println!("{order:<15} {}", list.join(" "));
    println!("{:<15} in order: {}", "", yes_or_no(parcels.is_sorted()));
    println!("{:<15} in order for each truck: {}", "", yes_or_no(each_truck));
    Ok(())
}

fn yes_or_no(answer: bool) -> &'static str {
    if answer { "yes" } else { "no" }
}

// === impl Parcel ===

impl fmt::Display for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.truck, self.number / TRUCKS.len() as u64 + 1)
    }
}
