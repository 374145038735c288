//! Shows three observers of one conduit, as one sensor: a callback that counts, a log of one problem
//! in a hundred, and a reader so slow that it loses most events, which slows nothing down.
//!
//! ```sh
//! cargo run --release --example sensor --features sensor
//! ```
//!
//! Prints what the callback saw, how many problems were noted, what became of the events of the
//! slow reader, and the ledger, whose failures are those that the callback counted.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use electrician::sensor::events;
use electrician::{
    Conduit, Event, EventKind, Filter, ObserverExt, Retry, Sampling, Sensor, Wire, sink_fn,
};

const ORDERS: u64 = 100_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let counts = Arc::<Counts>::default();
    let (feed, mut stream) = events(64);
    let sensor = Sensor::new()
        .with_callback([EventKind::Failed, EventKind::Recovered], counting(&counts))
        .with_observer(noting(&counts).sampled(Sampling::one_in(100)).filtered(Filter::problems()))
        .with_observer(feed)
        .with_panic_limit(3);
    let health = sensor.health();

    // A reader on a thread of its own, which looks at one event in a while.
    let reader = thread::spawn(move || {
        let mut last = None;
        while let Some(event) = stream.blocking_recv() {
            last = Some(event.to_string());
            thread::park_timeout(Duration::from_millis(1));
        }
        (last, stream.counts())
    });

    let conduit =
        Conduit::from(Wire::by_ref("price", price).with_retry(Retry::fixed(1, Duration::ZERO)))
            .sink("book", sink_fn(|_: &u64| Ok::<_, std::io::Error>(())))
            .with_observer(sensor)
            .build()?;
    let running = conduit.start()?;
    let mut orders = (0..ORDERS).collect();
    running.submit_batch(&mut orders).await?;
    let stopped = running.stop(Duration::from_secs(30)).await;

    let (failed, recovered) = (counts.failed(), counts.recovered.load(Ordering::Relaxed));
    println!("callback     {failed} failed, {recovered} recovered at the second attempt");
    println!("noted        {} of one in a hundred problems", counts.noted.load(Ordering::Relaxed));
    println!("panics       {} of observers", health.panics());
    println!("ledger       {}", stopped.ledger);
    assert_eq!(failed, stopped.ledger.failed);

    // The conduit could be started again, so it keeps its observers; the stream ends with it.
    drop(stopped);
    let (last, counts) = reader.join().expect("a reader that does not panic");
    println!("slow reader  read {}, lost {}", counts.received, counts.dropped);
    println!("its last     {}", last.unwrap_or_default());
    assert_eq!(counts.given, counts.received + counts.dropped);
    Ok(())
}

/// Every thousandth order fails once, every five-thousandth for good.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "an order that failed is tried again")]
fn price(order: &u64) -> Result<u64, &'static str> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    match order % 5000 {
        0 => Err("no such article"),
        n if n % 1000 == 0 && CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
            Err("the price list is busy")
        }
        _ => Ok(order * 3),
    }
}

#[derive(Default)]
struct Counts {
    failed: AtomicU64,
    recovered: AtomicU64,
    noted: AtomicU64,
}

// === impl Counts ===

impl Counts {
    fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}

fn counting(counts: &Arc<Counts>) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
    let counts = Arc::clone(counts);
    move |event| {
        let count = match event {
            Event::Recovered { .. } => &counts.recovered,
            _ => &counts.failed,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

fn noting(counts: &Arc<Counts>) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
    let counts = Arc::clone(counts);
    move |event| {
        counts.noted.fetch_add(1, Ordering::Relaxed);
        println!("problem      {} {}", event.component(), event.kind());
    }
}
