//! Shows a bulkhead: two wires and calls by hand share one database, which has three connections.
//! Each wire could make eight calls at once; together with the calls by hand that would be too much.
//!
//! ```sh
//! cargo run --release --example bulkhead --features surgeprotector
//! ```
//!
//! Prints how many calls the database saw at once, at most, and how many it turned away: first
//! without a bulkhead, then with one. It fails when, with it, one call was turned away or one item
//! was lost.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use electrician::{Bulkhead, ConfigError, Stopped, WhenDenied, Wire};

const CONNECTIONS: usize = 3;
const ITEMS: u32 = 200;

/// How long a stop may take.
const DEADLINE: Duration = Duration::from_secs(10);

type Query = Wire<u32, u32>;

/// Turns calls away when all connections are in use.
#[derive(Default)]
struct Database {
    in_use: AtomicUsize,
    most: AtomicUsize,
    turned_away: AtomicUsize,
}

#[derive(Debug, thiserror::Error)]
#[error("too many connections")]
struct TooMany;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("without: {}", story(None).await?);
    let places = NonZeroUsize::new(CONNECTIONS).ok_or("a bulkhead has places")?;
    let summary = story(Some(Bulkhead::new(places))).await?;
    println!("with:    {summary}");
    let is_kept = summary.ends_with(", 0 turned away");
    if is_kept { Ok(()) } else { Err("the bulkhead let too much through".into()) }
}

/// Two wires and calls by hand at the same time.
async fn story(bulkhead: Option<Bulkhead>) -> Result<String, Box<dyn Error>> {
    let database = Arc::<Database>::default();
    let orders = query("orders", &database, bulkhead.as_ref())?.start()?;
    let reports = query("reports", &database, bulkhead.as_ref())?.start()?;
    let feed = async {
        for item in 0..ITEMS {
            orders.submit(item).await?;
            reports.submit(item).await?;
        }
        Ok::<_, Box<dyn Error>>(())
    };
    let by_hand = async {
        for item in 0..ITEMS {
            // Held until the call is over. Without a bulkhead nobody asks.
            let _permit = match &bulkhead {
                Some(bulkhead) => Some(bulkhead.acquire().await),
                None => None,
            };
            // A failure is counted where it happens.
            database.call(item).await.ok();
        }
    };
    let (fed, ()) = tokio::join!(feed, by_hand);
    fed?;
    for stopped in [orders.stop(DEADLINE).await, reports.stop(DEADLINE).await] {
        check(&stopped)?;
    }
    let most = database.most.load(Ordering::Relaxed);
    let turned_away = database.turned_away.load(Ordering::Relaxed);
    Ok(format!("at most {most} calls at once, {turned_away} turned away"))
}

fn query(
    name: &'static str,
    database: &Arc<Database>,
    bulkhead: Option<&Bulkhead>,
) -> Result<Query, ConfigError> {
    let database = Arc::clone(database);
    let wire = Wire::new_async(name, move |item| {
        let database = Arc::clone(&database);
        async move { database.call(item).await }
    });
    let wire = wire.with_concurrency(8).with_output_capacity(ITEMS as usize);
    match bulkhead {
        Some(bulkhead) => wire.with_guard(bulkhead.clone(), WhenDenied::Pause).build(),
        None => wire.build(),
    }
}

fn check(stopped: &Stopped<Query>) -> Result<(), String> {
    let ledger = &stopped.ledger;
    if ledger.is_balanced() { Ok(()) } else { Err(format!("items were lost: {ledger}")) }
}

// === impl Database ===

impl Database {
    async fn call(&self, item: u32) -> Result<u32, TooMany> {
        let in_use = self.in_use.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(in_use, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.in_use.fetch_sub(1, Ordering::SeqCst);
        if in_use > CONNECTIONS {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
            return Err(TooMany);
        }
        Ok(item)
    }
}
