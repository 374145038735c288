//! Shows at-least-once delivery from a source that commits, such as a Kafka partition: stages work
//! out of order, and still nothing is committed before it was acknowledged.
//!
//! ```sh
//! cargo run --release --example receipts
//! ```
//!
//! A first run is stopped in the middle; a second one takes up where the first one's commits end.
//! Prints each commit, each message that is delivered again and each one that is given up, then how
//! often the messages were stored: none less than once, some twice.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use electrician::{
    Batch, Conduit, ConfigError, DeadLetters, Ended, Generator, Next, Plug, Retry, Source,
    Watermark, Wire, dead_letters, sink_fn,
};

/// How many messages there are.
const MESSAGES: u64 = 60;

/// What exists outside of the process: a topic with the offset that its consumer committed, and a
/// table that the pipeline writes to.
#[derive(Default)]
struct World {
    /// The first offset that is not committed.
    committed: u64,
    /// How often each message was stored.
    stored: BTreeMap<u64, u32>,
    /// Messages that were put aside for a person to look at.
    given_up: Vec<u64>,
}

type Shared = Arc<Mutex<World>>;

/// The pipeline, and the letters of what fails in it.
type Pipeline = (Conduit<u64, Ended>, DeadLetters<u64>);

/// Why a message cannot be worked on.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the message makes no sense")]
    Nonsense,
    #[error("the service is away")]
    Away,
}

/// A consumer of the topic, which remembers what it gave and what became of it.
struct Consumer {
    world: Shared,
    watermark: Watermark,
    next: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = Shared::default();
    let (conduit, letters) = pipeline(&world)?;
    let deciding = tokio::spawn(decide(letters, Arc::clone(&world)));

    println!("first run, ended without grace");
    let middle = tokio::time::sleep(Duration::from_millis(40));
    let stopped = conduit.start()?.finish_or_stop(middle, Duration::ZERO).await;
    println!("  {}", stopped.ledger);
    // What came back is dropped here with its receipts, which were not acknowledged.
    let conduit = stopped.component;

    println!("second run, from offset {}", lock(&world).committed);
    let stopped = conduit.start()?.finish().await;
    println!("  {}", stopped.ledger);
    // The dead-letter port goes with the conduit; then the letters end.
    drop(stopped);
    deciding.await?;

    let world = lock(&world);
    let twice = world.stored.values().filter(|&&times| times > 1).count();
    println!("\ncommitted  all before offset {}", world.committed);
    println!("stored     {} messages, {twice} of them more than once", world.stored.len());
    println!("given up   {:?}", world.given_up);
    let is_safe = |offset| world.stored.contains_key(&offset) || world.given_up.contains(&offset);
    if world.committed != MESSAGES || !(0..MESSAGES).all(is_safe) {
        return Err("a message is missing".into());
    }
    Ok(())
}

/// From the topic to the table.
fn pipeline(world: &Shared) -> Result<Pipeline, ConfigError> {
    let (port, letters) = dead_letters(16);
    // Eight at a time, unordered: message 3 is done long before message 2.
    let work = Wire::async_by_ref("work", work)
        .with_concurrency(8)
        .with_capacity(16)
        .with_retry(Retry::fixed(2, Duration::from_millis(1)))
        .with_dead_letters(port);
    // The sink acknowledges a message when it is stored.
    let store = sink_fn({
        let world = Arc::clone(world);
        move |offset: &u64| {
            *lock(&world).stored.entry(*offset).or_default() += 1;
            Ok::<_, String>(())
        }
    });
    let topic = Plug::source({
        let world = Arc::clone(world);
        move || Ok(Consumer::open(&world))
    });
    let conduit = Conduit::from(work)
        .sink("store", store)
        .with_source(Generator::new("topic", topic))
        .build()?;
    Ok((conduit, letters))
}

/// Takes between 1 and 13 milliseconds, and has its troubles with two of the messages.
async fn work(offset: &u64) -> Result<u64, Trouble> {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    tokio::time::sleep(Duration::from_millis(1 + offset * 5 % 4 * 4)).await;
    match offset {
        11 => Err(Trouble::Nonsense),
        // Away for all of the three attempts that the stage makes.
        45 if CALLS.fetch_add(1, Ordering::Relaxed) < 3 => Err(Trouble::Away),
        _ => Ok(*offset),
    }
}

/// Decides about messages that failed for good. A letter that is accepted counts as acknowledged;
/// the message of one that is dropped goes back to its source.
async fn decide(mut letters: DeadLetters<u64>, world: Shared) {
    while let Some(letter) = letters.recv().await {
        let (offset, error) = (*letter.item.value(), &letter.error);
        if matches!(error.cause(), Some(Trouble::Away)) {
            println!("  {offset} goes back: {error}");
            drop(letter);
        } else {
            println!("  {offset} is given up: {error}");
            lock(&world).given_up.push(letter.accept());
        }
    }
}

// === impl Consumer ===

impl Consumer {
    /// Takes up where the last commit was. At most 32 messages are out without a verdict.
    fn open(world: &Shared) -> Self {
        let next = lock(world).committed;
        Self { world: Arc::clone(world), watermark: Watermark::new(32), next }
    }

    /// Commits up to the first message that is not acknowledged yet.
    fn commit(&mut self) {
        if let Some(offset) = self.watermark.advance() {
            println!("  commit: all up to {offset}");
            lock(&self.world).committed = offset + 1;
        }
    }

    /// Gives what was nacked once more, then new messages while the window has room.
    fn give(&mut self, batch: &mut Batch<u64>, demand: usize) {
        let nacked: Vec<u64> = self.watermark.nacked().map(|nacked| nacked.offset).collect();
        for offset in nacked.into_iter().take(demand) {
            if let Some(receipt) = self.watermark.retry(offset) {
                println!("  {offset} is delivered again");
                batch.push_tracked(offset, receipt);
            }
        }
        while batch.len() < demand && self.next < MESSAGES {
            let Some(receipt) = self.watermark.track(self.next) else {
                return;
            };
            batch.push_tracked(self.next, receipt);
            self.next += 1;
        }
    }
}

impl Source for Consumer {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> electrician::Result<Next> {
        loop {
            self.commit();
            self.give(batch, demand);
            if !batch.is_empty() {
                return Ok(Next::More);
            }
            if self.next == MESSAGES && self.watermark.in_flight() == 0 {
                return Ok(Next::End);
            }
            // The window is full, or all is out: wait for a verdict.
            poll_fn(|cx| self.watermark.poll_settled(cx)).await;
        }
    }

    /// What is still being worked on may be acknowledged yet.
    async fn close(&mut self) -> electrician::Result<()> {
        self.watermark.drained().await;
        self.commit();
        Ok(())
    }
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
