//! What it costs to be watched.

use std::hint::black_box;

use electrician_meter::{Meter, prometheus};
use electrician_wire::Wire;

use super::{Arena, find, rows_of};
use crate::clock::now;
use crate::drive::Feed;
use crate::electrician::{Electrician, guarded, guarded_metered, metered, plain};
use crate::goals;
use crate::line::WORKERS;
use crate::race::{Contestant, Entry, Side};
use crate::report::{Figure, Row, Section};
use crate::stats::Samples;
use crate::workload::Work;

/// Wires of the scrape.
const WIRES: usize = 100;

/// Items that each of them has seen, so that no histogram is empty.
const SEEN: u64 = 1_000;

const TEXT: &str = "What a meter adds to an item of a wire that hands items on as they are, fed \
    batches: alone, and with a closed circuit breaker and a rate limit that is never reached. A \
    scrape takes a snapshot and writes it in Prometheus' text format.";

pub(super) fn run(arena: &Arena) -> Section {
    let line = |name, line| {
        let line = Electrician(line);
        Contestant::line(&arena.runtime, Side::Ours, name, line, Work::Noop, Feed::Batch)
    };
    let entries = arena.race(&[
        line(("wire", "wire, nothing attached"), plain),
        line(("metered", "wire with a meter"), metered),
        line(("guarded", "wire with breaker and limit"), guarded),
        line(("all", "wire with breaker, limit and meter"), guarded_metered),
    ]);
    let mut rows = rows_of("meter", &entries, "wire");
    let title = "A meter on a wire: added to each item";
    rows.push(added(&entries, "metered", "wire", title).with_goal(goals::METER));
    let title = "A meter on a wire with breaker and limit: added to each item";
    rows.push(added(&entries, "all", "guarded", title).with_goal(goals::METER));
    let title = "Breaker, limit and meter: added to each item";
    let all = find(&entries, "all").ns.minus(&find(&entries, "wire").ns);
    rows.push(Row::of("meter_all_three", "ns_added", title, &all, "ns").with_goal(goals::METER));
    let (samples, bytes) = arena.runtime.block_on(scrapes(arena.settings.rounds));
    let title = format!("Scrape of {WIRES} wires, {} KiB of text", bytes / 1024);
    rows.push(Row::of("meter_scrape", "ms", title, &samples, "ms").with_goal(goals::SCRAPE));
    Section {
        name: "meter",
        title: "A meter attached".into(),
        text: TEXT.into(),
        figures: vec![Figure::of_race("Median, fastest and slowest round.", &entries)],
        rows,
    }
}

fn added(entries: &[Entry], with: &str, without: &str, title: &str) -> Row {
    let added = find(entries, with).ns.minus(&find(entries, without).ns);
    Row::of(format!("meter_{with}"), "ns_added", title, &added, "ns")
}

/// Milliseconds of a scrape, and how long its text is.
async fn scrapes(rounds: usize) -> (Samples, usize) {
    let meter = Meter::new("bench");
    let mut running = Vec::new();
    for wire in 0..WIRES {
        let wire = Wire::map(format!("wire {wire}"), |n: u64| n).with_workers(WORKERS);
        let wire = wire.with_observer(meter.clone()).build().expect("the wire is sound");
        let started = wire.start().expect("there is a runtime");
        let mut output = started.output();
        for item in 0..SEEN {
            started.submit(item).await.expect("it is open");
            output.recv().await.expect("it is open");
        }
        running.push((started, output));
    }
    let mut samples = Samples::default();
    let mut bytes = 0;
    for round in 0..=rounds {
        let start = now();
        bytes = black_box(prometheus::encode(meter.snapshot())).len();
        if round > 0 {
            samples.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    for (running, output) in running {
        drop(output);
        assert!(running.finish().await.is_clean());
    }
    (samples, bytes)
}
