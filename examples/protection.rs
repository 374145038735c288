//! Shows a conduit under protection: a circuit breaker and a rate limit guard the stage that calls
//! a service, which goes away in the middle. First its orders wait until the service is back, then
//! they go into a queue and are worked on later.
//!
//! ```sh
//! cargo run --release --example protection --features circuitbreaker,surgeprotector,resister-disk
//! ```
//!
//! Prints, for both, the changes of the breaker, how many calls were made in vain, the ledgers and
//! the dead letters. It fails when a ledger does not balance, or when one of the 2,000 orders was
//! neither delivered once nor became a dead letter.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use electrician::wire::Component;
use electrician::{
    Burst, CircuitBreaker, Conduit, ConduitBuilder, ConfigError, DeadLetters, Ended, Event,
    Generator, Plug, Resister, Retry, RetryBudget, Stopped, SurgeProtector, WhenDenied, Wire,
    dead_letters, sink_fn,
};

/// How many orders there are.
const ORDERS: u64 = 2000;

/// The service goes away with this call.
const LAST_STRAW: u64 = 701;

/// The pipeline, but for its source, and the letters of what fails in it.
type Pipeline = (ConduitBuilder<u64, Ended>, DeadLetters<u64>);

/// Why an order has no price.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("nobody can price it")]
    Poison,
    #[error("the service is away")]
    Away,
}

/// A service that prices orders, and what it has seen.
#[derive(Default)]
struct Service {
    calls: u64,
    is_away: bool,
    /// Calls that were made while it was away.
    in_vain: u32,
    /// The changes of the breaker in front of it.
    changes: Vec<&'static str>,
}

/// One story: the service, and how often each order was delivered.
#[derive(Clone, Default)]
struct Story {
    service: Arc<Mutex<Service>>,
    delivered: Arc<Mutex<BTreeMap<u64, u32>>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("orders wait while the service is away");
    wait().await?;
    println!("\norders go into a queue while the service is away");
    queue().await
}

/// The source pauses. The breaker lets a probe through every 40 ms; the service is back for the
/// fourth of them.
async fn wait() -> Result<(), Box<dyn Error>> {
    let story = Story::default();
    let breaker = story.breaker(Duration::from_millis(40))?;
    let (conduit, letters) = story.conduit(&breaker, WhenDenied::Pause)?;
    let orders = Generator::new("orders", Plug::iter(|| 1..=ORDERS));
    let stopped = conduit.with_source(orders).build()?.start()?.finish().await;
    report("ledger", &stopped)?;
    story.check([letters])
}

/// The source goes on, and so does the next stage. The breaker stays open until someone who knows
/// that the service is back resets it; then a second conduit takes the orders from the queue.
async fn queue() -> Result<(), Box<dyn Error>> {
    let story = Story::default();
    let breaker = story.breaker(Duration::from_mins(10))?;
    let queue = Resister::builder(2000).build()?;
    let (conduit, first_letters) = story.conduit(&breaker, WhenDenied::divert(queue.clone()))?;
    let orders = Generator::new("orders", Plug::iter(|| 1..=ORDERS));
    let stopped = conduit.with_source(orders).build()?.start()?.finish().await;
    report("ledger", &stopped)?;

    lock(&story.service).is_away = false;
    breaker.reset();
    // The source of a queue ends when it is closed and empty.
    queue.close();
    let (conduit, letters) = story.conduit(&breaker, WhenDenied::Pause)?;
    let queued = Generator::new("queue", queue.source());
    let stopped = conduit.with_source(queued).build()?.start()?.finish().await;
    report("later", &stopped)?;
    story.check([first_letters, letters])
}

/// Tells how a run ended.
fn report<C: Component>(title: &str, stopped: &Stopped<C>) -> Result<(), Box<dyn Error>> {
    println!("  {title:8}  {}", stopped.ledger);
    if stopped.ledger.is_balanced() { Ok(()) } else { Err("an order is lost".into()) }
}

// === impl Story ===

impl Story {
    /// Opens after three failures in a row.
    fn breaker(&self, open_for: Duration) -> Result<CircuitBreaker, ConfigError> {
        let service = Arc::clone(&self.service);
        CircuitBreaker::builder("pricing")
            .with_consecutive_failures(3)
            .with_open_for(open_for)
            .with_observer(move |event: &Event<'_>| lock(&service).see(event))
            .build()
    }

    /// One stage and a sink.
    fn conduit(
        &self,
        breaker: &CircuitBreaker,
        when: WhenDenied<u64>,
    ) -> Result<Pipeline, Box<dyn Error>> {
        let limit = SurgeProtector::builder().with_rate("4000/s".parse()?, Burst::new(200)?);
        let (port, letters) = dead_letters(16);
        let service = Arc::clone(&self.service);
        // By reference, so that an order can be tried again.
        let price = Wire::by_ref("price", move |order: &u64| lock(&service).price(*order))
            .with_workers(1)
            // What failed waits beside the worker. A retry costs a token; ten successes bring one.
            .with_retry(
                Retry::fixed(9, Duration::from_millis(5))
                    .only_if(|error| matches!(error.cause(), Some(Trouble::Away)))
                    .with_budget(RetryBudget::new(10, 50)),
            )
            .with_dead_letters(port)
            .with_guard(breaker.clone(), when)
            // Last: a token of a rate cannot be given back when another guard refuses.
            .with_guard(limit.build()?, WhenDenied::Pause);
        let delivered = Arc::clone(&self.delivered);
        let deliver = sink_fn(move |(order, _price): &(u64, u64)| {
            *lock(&delivered).entry(*order).or_default() += 1;
            Ok::<_, String>(())
        });
        Ok((Conduit::from(price).sink("deliver", deliver), letters))
    }

    /// Each order was delivered once, or is a dead letter.
    fn check<const N: usize>(&self, letters: [DeadLetters<u64>; N]) -> Result<(), Box<dyn Error>> {
        {
            let service = lock(&self.service);
            println!("  breaker   {}", service.changes.join(", "));
            println!("  in vain   {} of {} calls", service.in_vain, service.calls);
        }
        let mut times = lock(&self.delivered).clone();
        for mut letters in letters {
            while let Some(letter) = letters.try_recv() {
                println!("  dead      order {}: {}", letter.item.value(), letter.error);
                *times.entry(letter.accept()).or_default() += 1;
            }
        }
        if (1..=ORDERS).all(|order| times.get(&order) == Some(&1)) {
            Ok(())
        } else {
            Err("an order is neither delivered nor dead, or both".into())
        }
    }
}

// === impl Service ===

impl Service {
    fn price(&mut self, order: u64) -> Result<(u64, u64), Trouble> {
        self.calls += 1;
        self.is_away |= self.calls == LAST_STRAW;
        if self.is_away {
            self.in_vain += 1;
            Err(Trouble::Away)
        } else if order % 500 == 250 {
            Err(Trouble::Poison)
        } else {
            Ok((order, order % 97 * 100))
        }
    }

    /// What the breaker does is our clock here: the service is back for the fourth probe.
    fn see(&mut self, event: &Event<'_>) {
        self.changes.push(match event {
            Event::Tripped { .. } => "open",
            Event::HalfOpened { .. } => "half-open",
            Event::Reset { .. } => "closed",
            _ => return,
        });
        if self.changes.iter().filter(|change| **change == "half-open").count() == 4 {
            self.is_away = false;
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
