//! How often memory is allocated in the steady state.

use std::thread;
use std::time::Duration;

use super::Arena;
use super::latency::{EVERY, items_in};
use crate::alloc;
use crate::baseline::{flume::Flume, mpsc::Mpsc};
use crate::clock::now;
use crate::drive::{Feed, pace, produce};
use crate::electrician::{Electrician, Tracked, asynchronous, guarded, guarded_metered, plain};
use crate::goals;
use crate::line::{BATCH, Exit, Line, Open};
use crate::report::{Row, Section};
use crate::stats::Samples;
use crate::workload::{Parcel, Work};

/// Items that are counted under saturation.
const SATURATED: u64 = 200_000;

const TEXT: &str = "Allocations of the whole process for each item, once a pipeline is warm: \
    saturated, and at 50,000 items a second. With receipts, a watermark tracks each item until the \
    reader acknowledges it. The transforms of the async wire wait once. \
    The guards of the guarded wire are a closed circuit breaker and a rate limit that is never \
    reached.";

/// How items come.
#[derive(Clone, Copy)]
enum Load {
    /// As fast as they are taken.
    Saturated(Feed),
    /// 50,000 a second, for so long.
    Paced(Duration),
}

pub(super) fn run(arena: &Arena) -> Section {
    let single = Load::Saturated(Feed::Single);
    let batch = Load::Saturated(Feed::Batch);
    let paced = Load::Paced(arena.settings.paced_window);
    let (wire, waiting) = (Electrician(plain), Electrician(asynchronous));
    let (tracked, both) = (Tracked(plain), Tracked(asynchronous));
    let mut rows = Vec::new();
    let mut theirs = |name, title, samples| rows.push(row(name, title, &samples));
    theirs("flume_saturated", "flume workers, saturated", count(arena, Flume, single));
    theirs("flume_paced", "flume workers, paced", count(arena, Flume, paced));
    theirs("mpsc_saturated", "mpsc workers, saturated", count(arena, Mpsc, single));
    theirs("mpsc_paced", "mpsc workers, paced", count(arena, Mpsc, paced));

    let mut ours = |name, title, samples| {
        rows.push(row(name, title, &samples).with_goal(goals::ALLOCATIONS));
    };
    ours("wire_saturated", "wire, saturated", count(arena, wire, single));
    ours("wire_batch", "wire, saturated, batches", count(arena, wire, batch));
    let guarded = count(arena, Electrician(guarded), batch);
    ours("guarded_batch", "guarded wire, saturated, batches", guarded);
    let all = Electrician(guarded_metered);
    ours("all_batch", "guarded and metered wire, saturated, batches", count(arena, all, batch));
    ours("all_paced", "guarded and metered wire, paced", count(arena, all, paced));
    ours("wire_paced", "wire, paced", count(arena, wire, paced));
    ours("receipts_saturated", "wire, receipts, saturated", count(arena, tracked, single));
    ours("receipts_paced", "wire, receipts, paced", count(arena, tracked, paced));
    ours("async_saturated", "async wire, saturated", count(arena, waiting, single));
    ours("async_paced", "async wire, paced", count(arena, waiting, paced));
    let (saturated, paced) = (count(arena, both, single), count(arena, both, paced));
    ours("async_receipts_saturated", "async wire, receipts, saturated", saturated);
    ours("async_receipts_paced", "async wire, receipts, paced", paced);
    Section {
        name: "allocations",
        title: "Allocations".into(),
        text: TEXT.into(),
        figures: Vec::new(),
        rows,
    }
}

fn row(name: &str, title: &str, samples: &Samples) -> Row {
    let title = format!("Allocations per item: {title}");
    Row::of(format!("allocations_{name}"), "per_item", title, samples, "")
}

/// Allocations per item, one sample per round.
fn count<L: Line>(arena: &Arena, line: L, load: Load) -> Samples {
    let rounds = 0..arena.settings.paced_rounds;
    rounds.map(|_| arena.runtime.block_on(window(line, load))).collect()
}

/// Counts while the items in the middle of a run are read.
async fn window<L: Line>(line: L, load: Load) -> f64 {
    let counted = match load {
        Load::Saturated(_) => SATURATED,
        Load::Paced(window) => items_in(window),
    };
    // Before: everything grows to its size. After: the pressure stays until the count is done,
    // and there is enough for the two batches that may be read too many.
    let (before, after) = (counted / 4, counted / 16 + 2 * BATCH as u64);
    let items = before + counted + after;
    let Open { entrance, mut exit, closing } = line.open(Work::Noop);
    let consumer = tokio::spawn(async move {
        let mut batch = Vec::with_capacity(BATCH);
        let mut seen = read(&mut exit, &mut batch, before).await;
        alloc::start();
        let read_while_counting = read(&mut exit, &mut batch, counted).await;
        let allocations = alloc::stop();
        seen += read_while_counting;
        read(&mut exit, &mut batch, items.saturating_sub(seen)).await;
        allocations as f64 / read_while_counting as f64
    });
    let epoch = now();
    let pacer = match load {
        Load::Saturated(feed) => {
            tokio::spawn(produce(entrance, 0..items, feed));
            None
        }
        Load::Paced(_) => Some(thread::spawn(move || pace(entrance, items, EVERY, epoch))),
    };
    let allocations = consumer.await.expect("the consumer does not panic");
    if let Some(pacer) = pacer {
        pacer.join().expect("the pacer does not panic");
    }
    closing.await;
    allocations
}

/// Reads at least `want` parcels. Returns how many.
async fn read<X: Exit>(exit: &mut X, batch: &mut Vec<Parcel>, want: u64) -> u64 {
    let mut seen = 0;
    while seen < want {
        exit.receive(batch).await;
        seen += batch.len() as u64;
        batch.clear();
    }
    seen
}
