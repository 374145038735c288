//! Shows a meter on a pipeline: rates, queues, errors, latencies, progress and an ETA while it runs,
//! and what is left of that when it is over.
//!
//! ```sh
//! cargo run --release --example meter --features meter-terminal
//! ```
//!
//! Draws a bar and a table on standard error if that is a terminal, and writes lines if not. Then
//! prints how long each stage took for its items, and one count of the application's own:
//!
//! ```text
//! parse: 20000 in, p50 0.1 µs, p99 0.4 µs, busy 1 %
//! price: 19000 in, p50 1.1 ms, p99 1.3 ms, busy 98 %
//! prices above 9000: 1001
//! ```

use std::error::Error;
use std::io;
use std::time::Duration;

use electrician::meter::terminal::Terminal;
use electrician::types::ComponentKind;
use electrician::{Conduit, Generator, Meter, Plug, Wire, sink_fn};

const ORDERS: u64 = 20_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let meter = Meter::builder("orders").with_total(ORDERS).build()?;
    let dear = meter.counter("dear_orders")?;

    let parse = Wire::new("parse", |n: u64| {
        // Every twentieth is not usable.
        if n % 20 == 7 { Err("no number") } else { Ok(n % 10_000) }
    });
    let price = Wire::new_async("price", async |n: u64| {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok::<_, io::Error>(n)
    });
    let conduit = Conduit::from(parse)
        .then(price.with_concurrency(16))
        .sink(
            "store",
            sink_fn(move |price: &u64| {
                if *price > 9_000 {
                    dear.increment();
                }
                Ok::<_, io::Error>(())
            }),
        )
        .with_source(Generator::new("orders", Plug::iter(|| 0..ORDERS)))
        .with_observer(meter.clone()) // the one line
        .build()?;

    // The view takes the readings that rates are made of.
    let running = conduit.start()?;
    let stopped = Terminal::new(&meter).show(running.finish()).await;

    let snapshot = meter.snapshot();
    for stage in snapshot.stages.iter().filter(|stage| stage.kind == ComponentKind::Wire) {
        let (service, time) = (&stage.latency.service, stage.running.as_secs_f64());
        let busy = 100.0 * stage.worked.as_secs_f64() / time / stage.workers as f64;
        println!(
            "{}: {} in, p50 {:.1?}, p99 {:.1?}, busy {busy:.0} %",
            stage.name, stage.ledger.accepted, service.p50, service.p99
        );
    }
    println!("prices above 9000: {}", meter.counter("dear_orders")?.value());
    assert_eq!(snapshot.total.ledger, stopped.ledger, "what the meter shows is the ledger");
    Ok(())
}
