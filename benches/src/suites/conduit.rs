//! What another stage costs.

use std::hint::black_box;
use std::time::Duration;

use electrician_wire::Component;

use super::{Arena, rows_of, times};
use crate::clock::now;
use crate::drive::Feed;
use crate::electrician::{Electrician, cheap, fused, piped};
use crate::goals;
use crate::race::{Contestant, Side};
use crate::report::{Figure, Row, Section};
use crate::stats::Samples;
use crate::workload::{Parcel, Work, stages};

pub(super) fn run(arena: &Arena) -> Section {
    let entries = arena.race(&[
        Contestant::new(Side::Bare, ("inline", "inline loop, three functions"), inline),
        ours(arena, ("one_wire", "one wire, one function"), Electrician(cheap)),
        ours(arena, ("fused", "one wire, three chained functions"), Electrician(fused)),
        ours(arena, ("piped", "conduit of three wires"), Electrician(piped)),
    ]);
    let mut rows = rows_of("stages", &entries, "one_wire");
    let title = "One wire with three cheap functions chained, time over one with one";
    let ratios = times(&entries, "one_wire", "fused");
    rows.push(over_one("fused", title, &ratios).with_goal(goals::FUSED_OVER_ONE));
    let title = "Conduit of three cheap wires, time over one wire";
    rows.push(over_one("piped", title, &times(&entries, "one_wire", "piped")));
    Section {
        name: "conduit",
        title: "Three cheap functions: chained in one wire, or a wire each".into(),
        text:
            "Functions chained within one wire are one stage: they are fused when the program is \
               compiled, and share a queue and workers. Wires of a conduit are stages, each with a \
               queue and workers of its own. Fed batches."
                .into(),
        figures: vec![Figure::of_race("Median, fastest and slowest round.", &entries)],
        rows,
    }
}

fn ours<'a, C>(
    arena: &'a Arena,
    name: (&'static str, &'static str),
    line: Electrician<C>,
) -> Contestant<'a>
where
    C: Component<In = Parcel, Out = Parcel> + 'static,
{
    Contestant::line(&arena.runtime, Side::Ours, name, line, Work::Noop, Feed::Batch)
}

fn over_one(name: &str, title: &str, ratios: &Samples) -> Row {
    Row::of(format!("stages_{name}"), "time_over_one_wire", title, ratios, "×")
        .against("stages_one_wire", ratios.median())
}

fn inline(items: u64) -> Duration {
    let start = now();
    for seq in 0..items {
        let parcel = Parcel::new(black_box(seq));
        black_box(&stages::third(stages::second(stages::first(parcel))));
    }
    start.elapsed()
}
