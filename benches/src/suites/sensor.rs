//! What observers cost, and that one who sleeps costs no more.

use super::{Arena, rows_of, times};
use crate::drive::Feed;
use crate::electrician::{Electrician, Watching, plain};
use crate::goals;
use crate::race::{Contestant, Side};
use crate::report::{Figure, Row, Section};
use crate::workload::Work;

const TEXT: &str = "The wire of the suite without work, fed batches, under a sensor: with a callback \
    that counts batches, and with a feed whose reader blocks for a second after each event, so that \
    nearly all events are dropped.";

const OF_EACH: [(&str, &str); 2] = [
    ("callback", "A callback for each batch: times the time without"),
    ("blocked", "A reader that blocks for a second: times the time without"),
];

pub(super) fn run(arena: &Arena) -> Section {
    let runtime = &arena.runtime;
    let none = Electrician(plain);
    let entries = arena.race(&[
        Contestant::line(runtime, Side::Ours, ("none", "unwatched"), none, Work::Noop, Feed::Batch),
        Contestant::line(
            runtime,
            Side::Ours,
            ("callback", "callback"),
            Watching::Callback,
            Work::Noop,
            Feed::Batch,
        ),
        Contestant::line(
            runtime,
            Side::Ours,
            ("blocked", "feed with a reader that blocks"),
            Watching::Blocked,
            Work::Noop,
            Feed::Batch,
        ),
    ]);
    let mut rows = rows_of("sensor", &entries, "none");
    for (name, title) in OF_EACH {
        let ratios = times(&entries, "none", name);
        let row = Row::of(format!("sensor_{name}"), "time_over_unwatched", title, &ratios, "×");
        rows.push(row.with_goal(goals::WATCHED_OVER_UNWATCHED));
    }
    let counts = Watching::counts();
    assert!(counts.dropped > counts.received, "a reader that blocks loses most: {counts:?}");
    Section {
        name: "sensor",
        title: "Observers".into(),
        text: TEXT.into(),
        figures: vec![Figure::of_race("Watched and unwatched.", &entries)],
        rows,
    }
}
