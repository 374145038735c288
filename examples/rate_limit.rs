//! Shows a rate limit in front of a wire, what a trip and a reset do, and a backup for the time
//! between.
//!
//! ```sh
//! cargo run --release --example rate_limit --features surgeprotector
//! ```
//!
//! Prints how twelve orders went through: the first three at once, the next ones as the rate
//! allows, those that came during the trip through the backup, one rejected, and none lost. It
//! fails when the twelve took less time than the rate demands.

use std::error::Error;
use std::time::{Duration, Instant};

use electrician::surgeprotector::State;
use electrician::{Backup, Burst, Guarded, Overflow, Submit, SurgeProtector, Wire};

/// How long a stop may take; it takes microseconds.
const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let work = Wire::map("orders", |order: u32| format!("order {order}")).build()?.start()?;
    let spare =
        Wire::map("spare", |order: u32| format!("order {order}, spare")).build()?.start()?;

    // One every 20 ms, three at once after a pause. What is too much waits, and so does whoever
    // submits it; while the way is closed, orders go to the spare wire.
    let protector = SurgeProtector::builder().with_rate("50/s".parse()?, Burst::new(3)?).build()?;
    let backup = Backup::failover(spare.inlet());
    let entrance = Guarded::with_backup(protector.clone(), work.inlet(), Overflow::Wait, backup);

    let start = now();
    for order in 1..=6 {
        entrance.submit(order).await?;
    }
    protector.trip();
    println!("{} at order 7", protector.state());
    for order in 7..=9 {
        entrance.submit(order).await?;
    }
    protector.reset();
    println!("{} at order 10", open(protector.state()));
    for order in 10..=11 {
        entrance.submit(order).await?;
    }
    let took = start.elapsed();
    // Another entrance to the same limit, with another policy.
    let strict = Guarded::new(protector.clone(), work.inlet(), Overflow::Reject);
    protector.trip();
    if let Err(refused) = strict.submit(12).await {
        println!("order {} rejected: {}", refused.item, refused.reason);
    }

    println!("waiting entrance: {}", entrance.account());
    println!("strict entrance:  {}", strict.account());
    for (name, wire) in [("orders", work), ("spare", spare)] {
        let stopped = wire.stop(DEADLINE).await;
        println!("{name}: {}", stopped.outputs.len());
    }
    // Eight paid for a token, three of them with the burst.
    let least = Duration::from_millis(5 * 20);
    if took < least {
        return Err(format!("eight orders in {took:?}, but the rate demands {least:?}").into());
    }
    Ok(())
}

/// Whether it is rate limited just now depends on how fast this machine is.
fn open(state: State) -> &'static str {
    if state.is_closed() { "closed" } else { "open" }
}

#[expect(clippy::disallowed_methods, reason = "an example may look at the time")]
fn now() -> Instant {
    Instant::now()
}
