//! How long an item is under way when there is little to do.

use std::thread;
use std::time::Duration;

use super::Arena;
use crate::baseline::{flume::Flume, mpsc::Mpsc};
use crate::clock::now;
use crate::drive::{nanos_since, pace};
use crate::electrician::{Electrician, plain};
use crate::goals;
use crate::line::{BATCH, Exit, Line, Open};
use crate::race::Side;
use crate::report::figure::{Axes, Figure, Plot, Point};
use crate::report::{self, Row, Section};
use crate::stats::{Samples, percentile};
use crate::workload::Work;

/// The pace: 50,000 items a second.
pub(super) const EVERY: Duration = Duration::from_micros(20);

/// Where the curve is drawn, percent.
const CURVE: &[f64] =
    &[0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.5, 99.0, 99.5, 99.75, 99.9, 99.95, 99.99];

struct Traveller<'a> {
    name: &'static str,
    label: &'static str,
    side: Side,
    /// Nanoseconds under way, ascending.
    run: Box<dyn Fn(u64) -> Vec<u64> + 'a>,
    p50: Samples,
    p99: Samples,
    all: Vec<u64>,
}

pub(super) fn run(arena: &Arena) -> Section {
    let mut travellers = [
        Traveller::new(arena, Side::Other, ("flume", "flume workers"), Flume),
        Traveller::new(arena, Side::Other, ("mpsc", "mpsc workers"), Mpsc),
        Traveller::new(arena, Side::Ours, ("wire", "wire"), Electrician(plain)),
    ];
    let items = items_in(arena.settings.paced_window);
    for round in 0..=arena.settings.paced_rounds {
        for turn in 0..travellers.len() {
            let index = (turn + round) % travellers.len();
            let traveller = &mut travellers[index];
            let times = (traveller.run)(items);
            if round > 0 {
                traveller.note(times);
            }
        }
    }
    for traveller in &mut travellers {
        traveller.all.sort_unstable();
    }
    Section {
        name: "latency",
        title: "Latency at 50,000 items a second".into(),
        text: "One item every 20 µs from a thread that does not sleep, no work: the time from \
               submit to the reader's hands, most of it spent waking tasks."
            .into(),
        figures: vec![Figure {
            caption: "The time that a share of all items did not exceed. Both axes logarithmic."
                .into(),
            plot: Plot::Lines { axes: axes(), lines: travellers.iter().map(curve).collect() },
        }],
        rows: rows(&travellers),
    }
}

/// How many items come at the pace.
pub(super) fn items_in(window: Duration) -> u64 {
    u64::try_from(window.as_micros() / EVERY.as_micros()).expect("a short window")
}

// === impl Traveller ===

impl<'a> Traveller<'a> {
    fn new<L: Line>(
        arena: &'a Arena,
        side: Side,
        (name, label): (&'static str, &'static str),
        line: L,
    ) -> Self {
        let run = move |items| arena.runtime.block_on(journey(line, items));
        let (p50, p99) = (Samples::default(), Samples::default());
        Self { name, label, side, run: Box::new(run), p50, p99, all: Vec::new() }
    }

    fn note(&mut self, times: Vec<u64>) {
        self.p50.push(percentile(&times, 50.0) as f64 / 1e3);
        self.p99.push(percentile(&times, 99.0) as f64 / 1e3);
        self.all.extend(times);
    }
}

/// The latencies of paced items, ascending.
async fn journey<L: Line>(line: L, items: u64) -> Vec<u64> {
    let Open { entrance, mut exit, closing } = line.open(Work::Noop);
    let epoch = now();
    let consumer = tokio::spawn(async move {
        let items = usize::try_from(items).expect("they fit in memory");
        let mut times = Vec::with_capacity(items);
        let mut batch = Vec::with_capacity(BATCH);
        while times.len() < items {
            exit.receive(&mut batch).await;
            let received = nanos_since(epoch);
            times.extend(batch.drain(..).map(|parcel| received - parcel.sent));
        }
        times
    });
    let pacer = thread::spawn(move || pace(entrance, items, EVERY, epoch));
    let mut times = consumer.await.expect("the consumer does not panic");
    pacer.join().expect("the pacer does not panic");
    closing.await;
    times.sort_unstable();
    times
}

fn rows(travellers: &[Traveller<'_>]) -> Vec<Row> {
    let [flume, .., wire] = travellers else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for traveller in travellers {
        let each = [("p50", &traveller.p50, &flume.p50), ("p99", &traveller.p99, &flume.p99)];
        for (metric, samples, base) in each {
            let name = format!("latency_{}", traveller.name);
            let title = format!("{}, {metric}", traveller.label);
            let row = Row::of(name, metric, title, samples, "µs");
            let is_base = traveller.name == flume.name;
            let ratio = samples.over(base).median();
            rows.push(if is_base { row } else { row.against("latency_flume", ratio) });
        }
    }
    let over = |metric, percentile, ratios: &Samples| {
        let title = format!("50,000 items a second: latency, {percentile} over flume workers");
        Row::of("latency_wire", metric, title, ratios, "×")
            .against("latency_flume", ratios.median())
    };
    let p50 = over("p50_over_flume", "p50", &wire.p50.over(&flume.p50));
    rows.push(p50.with_goal(goals::LATENCY_OVER_FLUME));
    rows.push(over("p99_over_flume", "p99", &wire.p99.over(&flume.p99)));
    rows
}

fn axes() -> Axes {
    let marks = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99];
    Axes {
        x: "percent of items",
        y: "µs",
        marks: marks.map(|percent| (place(percent), format!("{percent}"))).to_vec(),
    }
}

fn curve(traveller: &Traveller<'_>) -> report::Line {
    let point = |percent: &f64| Point {
        x: place(*percent),
        y: percentile(&traveller.all, *percent) as f64 / 1e3,
        range: None,
    };
    report::Line {
        label: traveller.label.to_owned(),
        side: traveller.side,
        points: CURVE.iter().map(point).collect(),
    }
}

/// Each further nine takes as much room on the x axis as the one before.
fn place(percent: f64) -> f64 {
    const NINES: f64 = 4.0;
    -(1.0 - percent / 100.0).log10() / NINES
}
