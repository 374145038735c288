//! Shows times in which nothing is admitted: one with an end, and one that lasts while something is
//! the case. Items that come meanwhile wait in a queue.
//!
//! ```sh
//! cargo run --release --example blackout --features surgeprotector
//! ```
//!
//! Prints the state of the entrance each time it changes, and how many items were let through and
//! how many wait by then. All nine arrive in the end, in order.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use electrician::surgeprotector::Fifo;
use electrician::{Blackout, Guarded, Inlet, Item, Overflow, Submit, SurgeProtector, Wire};

type Entrance = Guarded<u32, Inlet<u32>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let running = Wire::map("work", |n: u32| n).ordered().build()?.start()?;

    // Maintenance that is under way already, and a neighbour that may be busy. There are also
    // daily ones: `Blackout::daily("23:30".parse()?, "00:15".parse()?)`, in UTC.
    let (hour, moment) = (Duration::from_hours(1), Duration::from_millis(300));
    let maintenance = Blackout::between(SystemTime::now() - hour, SystemTime::now() + moment);
    let is_busy = Arc::new(AtomicBool::new(false));
    let neighbour = Blackout::when({
        let is_busy = Arc::clone(&is_busy);
        move || is_busy.load(Ordering::Relaxed)
    });
    let protector = SurgeProtector::builder()
        .with_blackout(maintenance)
        .with_blackout(neighbour.every(Duration::from_millis(5)))
        .build()?;

    let queue = Arc::new(Fifo::new(NonZeroUsize::new(100).ok_or("not zero")?));
    let entrance = Guarded::new(protector.clone(), running.inlet(), Overflow::Queue(queue));

    // Nothing runs in the background: the watch looks when something may change.
    let mut watch = protector.watch();
    report(&entrance, 1..=3).await?;
    watch.changed().await;
    entrance.drain().await?;
    report(&entrance, 4..=6).await?;

    is_busy.store(true, Ordering::Relaxed);
    watch.changed().await;
    report(&entrance, 7..=9).await?;
    is_busy.store(false, Ordering::Relaxed);
    watch.changed().await;
    entrance.drain().await?;
    report(&entrance, 0..0).await?;

    let stopped = running.stop(Duration::from_secs(5)).await;
    let arrived: Vec<u32> = stopped.outputs.into_iter().map(Item::accept).collect();
    println!("arrived: {arrived:?}");
    if arrived.is_sorted() && arrived.len() == 9 { Ok(()) } else { Err("not all arrived".into()) }
}

/// Submits, and says what became of it.
async fn report(
    entrance: &Entrance,
    items: impl Iterator<Item = u32>,
) -> Result<(), Box<dyn Error>> {
    for item in items {
        entrance.submit(item).await?;
    }
    println!("{}: {}", entrance.protector().state(), entrance.account());
    Ok(())
}
