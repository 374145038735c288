//! Shows a circuit breaker in front of a service that goes away for a while: it trips, lets single
//! calls through as probes, and closes when enough of them succeed. What is not admitted goes to a
//! neutral wire meanwhile.
//!
//! ```sh
//! cargo run --release --example circuit_breaker --features circuitbreaker
//! ```
//!
//! Prints what became of each order: shipped by the service, failed in it, or diverted; then the
//! changes of the breaker in order, and how many orders the neutral wire kept.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use electrician::circuitbreaker::CircuitBreakerError;
use electrician::{CircuitBreaker, Event, Neutral, Wire};

/// A service that is away for the calls 4 to 7, counted from 1.
#[derive(Default)]
struct Shipping {
    calls: u32,
}

type Log = Arc<Mutex<Vec<String>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let log = Log::default();
    let breaker = CircuitBreaker::builder("shipping")
        .with_consecutive_failures(3)
        .with_open_for(Duration::from_millis(200))
        .with_open_growth(2, Duration::from_secs(1))
        .with_required_successes(2)
        .with_observer(observer(&log))
        .build()?;

    // Orders that cannot be shipped are kept on a shelf.
    let shelf = Wire::map("shelf", |order: u32| order).build()?.start()?;
    let neutral = Neutral::failover([shelf.inlet()])?;

    let mut shipping = Shipping::default();
    for order in 1..=20 {
        // Every fourth order comes after a pause: there is time for a probe.
        if order % 4 == 0 {
            breaker.until_admitting().await;
        }
        match breaker.call(|| shipping.ship(order)) {
            Ok(parcel) => println!("order {order:2}  {parcel}"),
            Err(CircuitBreakerError::Failed(why)) => println!("order {order:2}  failed: {why}"),
            Err(_) => {
                let wires = neutral.divert(order).await?.accepted;
                println!("order {order:2}  diverted to {wires} wire: breaker {}", breaker.state());
            }
        }
    }

    let changes = log.lock().unwrap_or_else(PoisonError::into_inner).join(", ");
    println!("\nbreaker  {changes}");
    let shelf = shelf.stop(Duration::from_secs(5)).await;
    println!("shelf    {} orders", shelf.outputs.len());
    Ok(())
}

/// Writes down what the breaker does.
fn observer(log: &Log) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
    let log = Arc::clone(log);
    move |event| {
        let change = match event {
            Event::Tripped { open_for: Some(time), .. } => format!("open for {time:?}"),
            Event::HalfOpened { .. } => "half-open".into(),
            Event::Reset { .. } => "closed".into(),
            _ => return,
        };
        log.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }
}

// === impl Shipping ===

impl Shipping {
    fn ship(&mut self, order: u32) -> Result<String, &'static str> {
        self.calls += 1;
        if (4..=7).contains(&self.calls) {
            Err("nobody there")
        } else {
            Ok(format!("shipped as parcel {}", order * 100))
        }
    }
}
