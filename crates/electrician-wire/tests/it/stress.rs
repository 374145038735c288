//! Several threads, several hands on either end, user code at its worst: everything adds up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_wire::types::Item;
use electrician_wire::{
    DeadLetterPort, DeadLetters, Inlet, Output, Retry, Stopped, Wire, dead_letters,
};
use fastrand::Rng;

use crate::support::{Record, ms, soon, values};

const PRODUCERS: u64 = 4;
const PER_PRODUCER: u64 = 3_000;
const ITEMS: u64 = PRODUCERS * PER_PRODUCER;

/// How the stage under stress is set up.
#[derive(Clone, Copy)]
enum Shape {
    Unordered,
    Ordered,
    Keyed,
    Weighed,
    Async,
}

/// A seed that is printed, so that a failure can be looked at again: give it in `STRESS_SEED`.
fn seed() -> u64 {
    let given = std::env::var("STRESS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("STRESS_SEED={seed}");
    seed
}

/// Passes a number on, fails one time in twelve, panics one time in fifty.
fn moody(fate: &AtomicU64, n: u64) -> Result<u64, String> {
    match Rng::with_seed(fate.fetch_add(1, Ordering::Relaxed)).u8(0..50) {
        0 => panic!("{n} met its fate"),
        1..5 => Err(format!("{n} had bad luck")),
        _ => Ok(n),
    }
}

fn wire(shape: Shape, rng: &mut Rng, port: DeadLetterPort<u64>) -> Wire<u64, u64> {
    static FATE: AtomicU64 = AtomicU64::new(0);
    FATE.store(rng.u64(..), Ordering::Relaxed);
    let (capacity, outputs) = (rng.usize(8..300), rng.usize(1..300));
    let retry = Retry::fixed(1, Duration::from_micros(10));
    if let Shape::Async = shape {
        let wire = Wire::async_by_ref("moody", async |n: &u64| {
            if n.is_multiple_of(3) {
                tokio::task::yield_now().await;
            }
            moody(&FATE, *n)
        });
        let wire = wire.with_concurrency(8).ordered().with_capacity(capacity).with_retry(retry);
        return wire.with_output_capacity(outputs).with_dead_letters(port).build().unwrap();
    }
    let wire = Wire::by_ref("moody", |n: &u64| moody(&FATE, *n))
        .with_workers(4)
        .with_capacity(capacity)
        .with_output_capacity(outputs)
        .with_retry(retry)
        .with_dead_letters(port);
    let wire = match shape {
        Shape::Ordered => wire.ordered(),
        Shape::Keyed => wire.ordered_by_key(|n| n % 17),
        Shape::Weighed => wire.with_byte_budget(500, |n| n % 20),
        Shape::Unordered | Shape::Async => wire,
    };
    wire.build().unwrap()
}

/// Submits in every way until all is accepted or the intake closes. Gives what was not accepted.
async fn produce(inlet: Inlet<u64>, record: Arc<Record>, mut rng: Rng, id: u64) -> Vec<u64> {
    let (mut next, end) = (id * PER_PRODUCER, (id + 1) * PER_PRODUCER);
    while next < end {
        let more = (end - next).min(rng.u64(1..200));
        if rng.bool() {
            let mut batch: Vec<_> = (next..next + more).collect();
            if inlet.submit_batch(&mut batch).await.is_err() {
                batch.extend(next + more..end);
                return batch;
            }
            next += more;
        } else {
            let item = record.item(next, next);
            let submitted = if rng.bool() {
                inlet.submit_item(item).await
            } else {
                inlet.try_submit_item(item)
            };
            match submitted {
                Ok(()) => next += 1,
                Err(refused) if refused.is_full() => {
                    // Its receipt has a verdict now; the item is tried again without one.
                    let n = refused.into_item().accept();
                    if inlet.submit(n).await.is_err() {
                        return (n..end).collect();
                    }
                    next += 1;
                }
                Err(refused) => return (refused.into_item().accept()..end).collect(),
            }
        }
    }
    Vec::new()
}

/// Reads in every way to the end, or until it has had enough.
async fn read(mut output: Output<u64>, mut rng: Rng, enough: usize) -> Vec<u64> {
    let mut all = Vec::new();
    while all.len() < enough {
        let before = all.len();
        match rng.u8(0..3) {
            0 => _ = output.recv_batch(&mut all, rng.usize(1..100)).await,
            1 => all.extend(output.recv_item().await.map(Item::accept)),
            _ => all.extend(output.recv().await),
        }
        if all.len() == before {
            break;
        }
    }
    all
}

async fn bury(mut letters: DeadLetters<u64>, enough: usize) -> Vec<u64> {
    let mut all = Vec::new();
    while all.len() < enough
        && let Some(letter) = letters.recv().await
    {
        all.push(letter.accept());
    }
    all
}

/// Runs a stage, stops it after about `stop_after` items were accepted, and checks that each item
/// is in exactly one place and has exactly one verdict.
///
/// A machine that is busy may leave a worker without a core for longer than its grace: that is
/// looked at again.
async fn conserve(shape: Shape, stop_after: u64, deadline: Duration) {
    for _ in 0..3 {
        if is_conserved(shape, stop_after, deadline).await {
            return;
        }
    }
    panic!("workers were stuck three times");
}

/// Whether every worker ended in time.
async fn is_conserved(shape: Shape, stop_after: u64, deadline: Duration) -> bool {
    let mut rng = Rng::with_seed(seed());
    let record = Record::new();
    let (port, letters) = dead_letters(16);
    let enough = if rng.bool() { usize::MAX } else { 20 };
    let burying = tokio::spawn(bury(letters, enough));
    let running = wire(shape, &mut rng, port).start().unwrap();
    let readers: Vec<_> = [usize::MAX, usize::MAX, rng.usize(1..2_000)]
        .map(|enough| tokio::spawn(read(running.output(), rng.fork(), enough)))
        .into();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|id| tokio::spawn(produce(running.inlet(), Arc::clone(&record), rng.fork(), id)))
        .collect();
    soon(async {
        while running.progress()[0].ledger.accepted < stop_after {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let Stopped { component, ledger, inputs, outputs, between, stages, stuck, .. } =
        soon(running.stop(deadline)).await;
    println!("{ledger}");
    assert!(ledger.is_balanced() && stages[0].ledger.is_balanced(), "{ledger}");
    if stuck > 0 {
        return false;
    }
    assert_eq!((ledger.abandoned, between.len()), (0, 0));
    assert_eq!(ledger.returned, (inputs.len() + outputs.len()) as u64);

    let mut unaccepted = Vec::new();
    for producing in producers {
        unaccepted.extend(soon(producing).await.unwrap());
    }
    assert_eq!(ledger.accepted, ITEMS - unaccepted.len() as u64);
    let mut delivered = Vec::new();
    for reading in readers {
        delivered.extend(soon(reading).await.unwrap());
    }
    assert_eq!(ledger.delivered, delivered.len() as u64);
    drop(component); // And with it the last port.
    let buried = soon(burying).await.unwrap();
    assert!(ledger.dead_lettered >= buried.len() as u64);
    let unread_letters = ledger.dead_lettered - buried.len() as u64;
    assert!(unread_letters == 0 || enough < usize::MAX);

    let seen = [unaccepted, delivered, buried, values(inputs), values(outputs)].concat();
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "an item was seen twice");
    let missing = ITEMS - seen.len() as u64;
    assert_eq!(missing, ledger.failed + unread_letters, "{ledger}");
    for n in 0..ITEMS {
        let nacked = record.nack(n).is_some(); // Panics on a second verdict.
        assert!(!nacked || !distinct.contains(&n), "{n} was nacked and is there");
    }
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn everything_in_its_own_time() {
    for shape in [Shape::Unordered, Shape::Ordered, Shape::Keyed, Shape::Weighed, Shape::Async] {
        conserve(shape, ITEMS, Duration::from_secs(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn stopped_at_once_in_the_middle() {
    for round in 0..4 {
        for shape in [Shape::Unordered, Shape::Ordered, Shape::Keyed, Shape::Weighed, Shape::Async]
        {
            conserve(shape, ITEMS / 5 * (round + 1), Duration::ZERO).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn stopped_with_a_little_time_in_the_middle() {
    for round in 1..5 {
        for shape in [Shape::Unordered, Shape::Ordered, Shape::Keyed, Shape::Weighed, Shape::Async]
        {
            conserve(shape, ITEMS / 5 * round, ms(2)).await;
        }
    }
}
