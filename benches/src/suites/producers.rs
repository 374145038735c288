//! Several producers at one entrance.

use super::Arena;
use crate::baseline::flume::Flume;
use crate::drive::crowd;
use crate::electrician::{Electrician, plain};
use crate::line;
use crate::race::{Contestant, Entry, Side};
use crate::report::figure::{Axes, Figure, Plot, Point};
use crate::report::{Line, Row, Section};
use crate::workload::Work;

/// Where the numbers of producers stand on the x axis.
const PLACES: [(f64, &str); 3] = [(0.1, "1"), (0.5, "4"), (0.9, "16")];

pub(super) fn run(arena: &Arena) -> Section {
    let entries = arena.race(&[
        crowded(arena, Side::Other, ("flume_1", "flume workers, 1 producer"), Flume, 1),
        crowded(arena, Side::Other, ("flume_4", "flume workers, 4 producers"), Flume, 4),
        crowded(arena, Side::Other, ("flume_16", "flume workers, 16 producers"), Flume, 16),
        crowded(arena, Side::Ours, ("wire_1", "wire, 1 producer"), Electrician(plain), 1),
        crowded(arena, Side::Ours, ("wire_4", "wire, 4 producers"), Electrician(plain), 4),
        crowded(arena, Side::Ours, ("wire_16", "wire, 16 producers"), Electrician(plain), 16),
    ]);
    let (flume, wire) = entries.split_at(entries.len() / 2);
    let rows = flume.iter().zip(wire).flat_map(|(flume, wire)| {
        let row = |entry: &Entry| {
            let name = format!("producers_{}", entry.name);
            Row::of(name, "ns_per_item", entry.label, &entry.ns, "ns")
        };
        let ratio = wire.ns.over(&flume.ns).median();
        [row(flume), row(wire).against(format!("producers_{}", flume.name), ratio)]
    });
    let axes = Axes {
        x: "producers",
        y: "ns per item",
        marks: PLACES.map(|(x, label)| (x, label.to_owned())).to_vec(),
    };
    // A little apart, so that the ranges do not hide each other.
    let lines = vec![line("flume workers", -0.006, flume), line("wire", 0.006, wire)];
    Section {
        name: "producers",
        title: "Several producers".into(),
        text: "Tasks that each submit their share of the items one by one; no work.".into(),
        rows: rows.collect(),
        figures: vec![Figure {
            caption: "Median of the rounds, with the range from fastest to slowest.".into(),
            plot: Plot::Lines { axes, lines },
        }],
    }
}

fn line(label: &str, shift: f64, entries: &[Entry]) -> Line {
    let point = |(entry, (x, _)): (&Entry, (f64, &str))| {
        let spread = entry.ns.spread();
        Point { x: x + shift, y: spread.median, range: Some((spread.min, spread.max)) }
    };
    Line {
        label: label.to_owned(),
        side: entries[0].side,
        points: entries.iter().zip(PLACES).map(point).collect(),
    }
}

fn crowded<'a, L>(
    arena: &'a Arena,
    side: Side,
    name: (&'static str, &'static str),
    line: L,
    producers: u64,
) -> Contestant<'a>
where
    L: line::Line,
    L::Entrance: Clone,
{
    Contestant::new(side, name, move |items| {
        arena.runtime.block_on(crowd(line, Work::Noop, producers, items))
    })
}
