//! How much time an item takes, under work of different weight.

use electrician_wire::{Running, Wire};

use super::{Arena, find, rows_of, times};
use crate::baseline::{alone, buffered, flume::Flume, mpsc};
use crate::drive::Feed;
use crate::electrician::{Electrician, guarded, keyed, ordered, plain};
use crate::goals;
use crate::race::{Contestant, Entry, Side};
use crate::report::{Figure, Row, Section};
use crate::stats::Samples;
use crate::workload::{Parcel, Work};

/// The results under one kind of work.
struct Outcome {
    name: &'static str,
    /// The work, at the beginning of a title.
    what: &'static str,
    entries: Vec<Entry>,
}

pub(super) fn noop(arena: &Arena) -> Section {
    let mut contestants = contestants(arena, Work::Noop);
    contestants.extend(orders(arena, Work::Noop));
    let name = ("wire_guarded", "wire (guarded)");
    contestants.push(ours(arena, name, guarded, Work::Noop));
    let outcome = Outcome { name: "noop", what: "No work", entries: arena.race(&contestants) };
    let mut rows = rows_of("noop", &outcome.entries, "wire_batch");
    let alone = outcome.speed_up("wire_submit", "flume", "times_faster_than_flume");
    let batch = outcome.speed_up("wire_batch", "mpsc", "times_faster_than_mpsc");
    rows.push(alone.with_goal(goals::SUBMIT_OVER_FLUME));
    rows.push(batch.with_goal(goals::BATCH_OVER_MPSC));
    rows.push(outcome.speed_up("wire_batch", "permits", "times_faster_than_permits"));
    rows.push(outcome.over_unordered("wire_ordered"));
    rows.push(outcome.over_unordered("wire_keyed"));
    rows.push(outcome.added_by_guards().with_goal(goals::GUARDS));
    let text = "Workers hand items on as they are: what is left is what the pipeline itself costs. \
        The guards of the guarded wire are a closed circuit breaker and a rate limit that is never \
        reached; it is fed batches.";
    outcome.section("No work", text, rows)
}

pub(super) fn hash(arena: &Arena) -> Section {
    let entries = arena.race(&contestants(arena, Work::Hash));
    let outcome = Outcome { name: "sha256", what: "SHA-256", entries };
    let mut rows = rows_of("sha256", &outcome.entries, "ideal");
    rows.push(outcome.share_of_ideal().with_goal(goals::SHARE_HASHING));
    outcome.section("SHA-256 of 296 bytes", "Light work, of some hundred nanoseconds.", rows)
}

pub(super) fn micro(arena: &Arena) -> Section {
    let mut contestants = contestants(arena, arena.micro);
    contestants.extend(orders(arena, arena.micro));
    let outcome = Outcome { name: "1us", what: "1 µs", entries: arena.race(&contestants) };
    let mut rows = rows_of("1us", &outcome.entries, "ideal");
    rows.push(outcome.share_of_ideal().with_goal(goals::SHARE_COMPUTING));
    let ordered = outcome.over_unordered("wire_ordered");
    rows.push(ordered.with_goal(goals::ORDERED_OVER_UNORDERED));
    rows.push(outcome.over_unordered("wire_keyed"));
    let text = "From here on the work should be all that counts, in any order.";
    outcome.section("About 1 µs of arithmetic", text, rows)
}

pub(super) fn ten_micros(arena: &Arena) -> Section {
    let entries = arena.race(&contestants(arena, arena.ten_micros));
    let outcome = Outcome { name: "10us", what: "10 µs", entries };
    let mut rows = rows_of("10us", &outcome.entries, "ideal");
    rows.push(outcome.share_of_ideal().with_goal(goals::SHARE_COMPUTING));
    let text = "Heavy work: any reasonable pipeline is near the ideal.";
    outcome.section("About 10 µs of arithmetic", text, rows)
}

// === impl Outcome ===

impl Outcome {
    fn section(&self, title: &str, text: &str, rows: Vec<Row>) -> Section {
        let caption = "Bar: median of the rounds. Whisker: from the fastest round to the slowest.";
        Section {
            name: self.name,
            title: title.into(),
            text: text.into(),
            figures: vec![Figure::of_race(caption, &self.entries)],
            rows,
        }
    }

    /// How many times less time `fast` takes than `slow`.
    fn speed_up(&self, fast: &str, slow: &str, metric: &'static str) -> Row {
        let ratios = times(&self.entries, fast, slow);
        self.comparison([fast, slow], "speed-up over", metric, &ratios).higher_is_better()
    }

    /// How many times more time an order takes than none.
    fn over_unordered(&self, name: &str) -> Row {
        let ratios = times(&self.entries, "wire_batch", name);
        self.comparison([name, "wire_batch"], "time over", "time_over_unordered", &ratios)
    }

    /// What two guards that never say no add to an item.
    fn added_by_guards(&self) -> Row {
        let unguarded = &find(&self.entries, "wire_batch").ns;
        let added = find(&self.entries, "wire_guarded").ns.minus(unguarded);
        let title = "Closed breaker and rate limit before a wire: added to each item";
        Row::of(format!("{}_wire_guarded", self.name), "ns_added", title, &added, "ns")
    }

    /// Percent of the ideal speed that a wire has, fed batches.
    fn share_of_ideal(&self) -> Row {
        let shares = times(&self.entries, "wire_batch", "ideal").times(100.0);
        let (pair, how) = (["wire_batch", "ideal"], "share of the");
        let row = self.comparison(pair, how, "share_of_ideal", &shares);
        Row { unit: "%", ..row }.higher_is_better()
    }

    fn comparison(
        &self,
        [name, with]: [&str; 2],
        how: &str,
        metric: &'static str,
        ratios: &Samples,
    ) -> Row {
        let label = |name| find(&self.entries, name).label;
        let title = format!("{}: {}, {how} {}", self.what, label(name), label(with));
        let name = format!("{}_{name}", self.name);
        Row::of(name, metric, title, ratios, "×")
            .against(format!("{}_{with}", self.name), ratios.median())
    }
}

/// Everybody, baselines first.
fn contestants(arena: &Arena, work: Work) -> Vec<Contestant<'_>> {
    use Side::{Bare, Other, Ours};
    let runtime = &arena.runtime;
    let wire = Electrician(plain);
    vec![
        Contestant::new(Bare, ("inline", "inline loop"), move |items| alone::inline(work, items)),
        Contestant::new(Bare, ("ideal", "two-thread ideal"), move |items| {
            alone::ideal(work, items)
        }),
        Contestant::task(runtime, Other, ("buffered", "buffer_unordered"), move |items| {
            buffered::in_one_task(work, items)
        }),
        Contestant::task(
            runtime,
            Other,
            ("spawned", "buffer_unordered (spawning)"),
            move |items| buffered::spawned(work, items),
        ),
        Contestant::line(runtime, Other, ("flume", "flume workers"), Flume, work, Feed::Single),
        Contestant::line(runtime, Other, ("mpsc", "mpsc workers"), mpsc::Mpsc, work, Feed::Single),
        Contestant::line(
            runtime,
            Other,
            ("permits", "mpsc workers (permits)"),
            mpsc::Permits,
            work,
            Feed::Batch,
        ),
        Contestant::line(runtime, Ours, ("wire_submit", "wire (submit)"), wire, work, Feed::Single),
        Contestant::line(runtime, Ours, ("wire_batch", "wire (batches)"), wire, work, Feed::Batch),
    ]
}

/// The wires that keep an order.
fn orders(arena: &Arena, work: Work) -> [Contestant<'_>; 2] {
    [
        ours(arena, ("wire_ordered", "wire (ordered)"), ordered, work),
        ours(arena, ("wire_keyed", "wire (ordered by key)"), keyed, work),
    ]
}

/// A wire that is fed batches.
fn ours<'a>(
    arena: &'a Arena,
    name: (&'static str, &'static str),
    start: fn(Work) -> Running<Wire<Parcel, Parcel>>,
    work: Work,
) -> Contestant<'a> {
    Contestant::line(&arena.runtime, Side::Ours, name, Electrician(start), work, Feed::Batch)
}
