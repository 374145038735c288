//! Whether memory stays flat while nobody reads.

mod conduit;

use std::thread;
use std::time::Duration;

use electrician_wire::{Inlet, Output, Running, Wire};

use super::Arena;
use crate::electrician::plain;
use crate::goals;
use crate::line::{BATCH, CAPACITY};
use crate::report::{Row, Section};
use crate::rss::Resident;
use crate::workload::{Parcel, Work};

/// Items that are offered.
const ITEMS: u64 = 10_000_000;

/// Threads that offer them.
const PRODUCERS: u64 = 2;

/// Items that go through before anything is measured, so that all memory was touched once.
const WARM_UP: u64 = 500_000;

/// The most items that can be inside: two queues, what two workers hold, what the reader holds.
const INSIDE: u64 = 2 * CAPACITY as u64 + 3 * 64;

/// Bytes resident: before, at most during, after; and how many items were accepted.
struct Growth {
    before: u64,
    peak: u64,
    after: u64,
    accepted: u64,
}

pub(super) fn run(arena: &Arena) -> Section {
    let (refused, accepted) = arena.runtime.block_on(async {
        let running = plain(Work::Noop);
        let output = pump(running.inlet(), running.output(), WARM_UP).await;
        let refused = knock(&running, &output).await;
        let (output, accepted) = fill_and_read(running.inlet(), output).await;
        drop(output);
        let stopped = running.stop(Duration::from_secs(10)).await;
        assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
        (refused, accepted)
    });
    assert!(refused.accepted <= INSIDE, "{} items inside a bounded wire", refused.accepted);
    let piped = arena.runtime.block_on(conduit::stall());
    let rows = vec![
        row(
            "refused",
            "grown_at_peak",
            "Nobody reads, ten million items offered: growth of the process",
            &refused,
            refused.peak,
        )
        .with_goal(goals::GROWTH),
        row(
            "refused",
            "grown_after",
            "Nobody reads, ten million items offered: growth that remains",
            &refused,
            refused.after,
        ),
        Row::new(
            "memory_refused",
            "accepted",
            "Nobody reads, ten million items offered: accepted",
            refused.accepted as f64,
            "items",
        ),
        row(
            "accepted",
            "grown_at_peak",
            "The reader stalls again and again, ten million items accepted: growth of the process",
            &accepted,
            accepted.peak,
        )
        .with_goal(goals::GROWTH),
        row(
            "accepted",
            "grown_after",
            "The reader stalls again and again, ten million items accepted: growth that remains",
            &accepted,
            accepted.after,
        ),
        row(
            "conduit",
            "grown_at_peak",
            "Source of ten million items, conduit, sink that stalls: growth of the process",
            &piped,
            piped.peak,
        )
        .with_goal(goals::GROWTH),
        row(
            "conduit",
            "grown_after",
            "Source of ten million items, conduit, sink that stalls: growth that remains",
            &piped,
            piped.after,
        ),
        Row::new(
            "memory_conduit",
            "read",
            "Source of ten million items, conduit, sink that stalls: read from the source meanwhile",
            piped.accepted as f64,
            "items",
        ),
        Row::new(
            "memory_resident",
            "before",
            "Resident memory of the process before",
            refused.before as f64,
            "bytes",
        ),
    ];
    Section {
        name: "memory",
        title: "Memory under a stalled reader".into(),
        text: "Two threads offer ten million items to a wire whose reader has stopped: all but \
               what fits must be refused. Then ten million are accepted, while the reader lets \
               the wire fill up to the brim again and again before it reads. At last a source \
               has ten million for a conduit of a wire and a sink, and the sink stops for a while: \
               the source must not be read on. Then all of them go through."
            .into(),
        figures: Vec::new(),
        rows,
    }
}

fn row(name: &str, metric: &'static str, title: &str, growth: &Growth, bytes: u64) -> Row {
    let bytes = bytes.saturating_sub(growth.before) as f64;
    Row::new(format!("memory_{name}"), metric, title, bytes, "bytes")
}

/// Sends items through while they are read.
async fn pump(inlet: Inlet<Parcel>, mut output: Output<Parcel>, items: u64) -> Output<Parcel> {
    let producer = tokio::spawn(async move {
        for seq in 0..items {
            inlet.submit(Parcel::new(seq)).await.expect("the wire is open");
        }
    });
    let mut batch = Vec::with_capacity(BATCH);
    let mut seen = 0;
    while seen < items {
        seen += output.recv_batch(&mut batch, BATCH).await as u64;
        batch.clear();
    }
    producer.await.expect("the producer does not panic");
    output
}

/// Offers items to a wire that nobody reads.
async fn knock(running: &Running<Wire<Parcel, Parcel>>, output: &Output<Parcel>) -> Growth {
    let mut resident = Resident::open();
    let before = resident.bytes();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|_| {
            let inlet = running.inlet();
            thread::spawn(move || offer(&inlet, ITEMS / PRODUCERS))
        })
        .collect();
    let mut peak = before;
    while producers.iter().any(|producer| !producer.is_finished()) {
        peak = peak.max(resident.bytes());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let accepted = producers.into_iter().map(|producer| producer.join().expect("no panic")).sum();
    let after = resident.bytes();
    assert!(!output.is_empty(), "the reader stands before a full queue");
    Growth { before, peak: peak.max(after), after, accepted }
}

/// Returns how many of `attempts` were accepted.
fn offer(inlet: &Inlet<Parcel>, attempts: u64) -> u64 {
    (0..attempts).filter(|seq| inlet.try_submit(Parcel::new(*seq)).is_ok()).count() as u64
}

/// Fills the wire until it refuses, reads everything, and so on, until ten million were accepted.
async fn fill_and_read(
    inlet: Inlet<Parcel>,
    mut output: Output<Parcel>,
) -> (Output<Parcel>, Growth) {
    let mut resident = Resident::open();
    let before = resident.bytes();
    let (mut peak, mut accepted) = (before, 0);
    while accepted < ITEMS {
        // Full is when it still refuses after the workers had a chance to move on.
        let mut refusals = 0;
        while refusals < 3 {
            if inlet.try_submit(Parcel::new(accepted)).is_ok() {
                (accepted, refusals) = (accepted + 1, 0);
            } else {
                refusals += 1;
                tokio::task::yield_now().await;
            }
        }
        peak = peak.max(resident.bytes());
        while output.try_recv().is_some() {}
    }
    let after = resident.bytes();
    let growth = Growth { before, peak: peak.max(after), after, accepted };
    (output, growth)
}
