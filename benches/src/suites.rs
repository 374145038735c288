//! What is measured, one file for each question.

mod admission;
mod allocations;
mod breaker;
mod codec;
mod compress;
mod conduit;
mod disk;
mod gob;
#[cfg(feature = "kafka")]
pub(crate) mod kafka;
mod latency;
mod logger;
mod memory;
mod meter;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
mod producers;
#[cfg(feature = "relay")]
mod relay;
mod sensor;
mod throughput;

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::line::{BATCH, CAPACITY, WORKERS};
use crate::race::{Contestant, Entry, race};
use crate::report::{Row, Section};
use crate::settings::Settings;
use crate::stats::Samples;
use crate::workload::Work;

/// What the suites share.
pub(crate) struct Arena {
    pub(crate) runtime: Runtime,
    pub(crate) settings: Settings,
    /// About 1 µs of arithmetic.
    pub(crate) micro: Work,
    /// About 10 µs of arithmetic.
    pub(crate) ten_micros: Work,
}

/// A suite: its name, for `--only`, and what it does.
type Suite = (&'static str, fn(&Arena) -> Section);

const SUITES: &[Suite] = &[
    ("noop", throughput::noop),
    ("sha256", throughput::hash),
    ("1us", throughput::micro),
    ("10us", throughput::ten_micros),
    ("conduit", conduit::run),
    ("producers", producers::run),
    ("breaker", breaker::run),
    ("sensor", sensor::run),
    ("latency", latency::run),
    ("admission", admission::run),
    ("meter", meter::run),
    ("allocations", allocations::run),
    ("memory", memory::run),
    ("disk", disk::run),
    ("logger", logger::run),
    ("codec", codec::run),
    ("compress", compress::run),
    ("gob", gob::run),
    #[cfg(feature = "parquet")]
    ("parquet", parquet::run),
    #[cfg(feature = "kafka")]
    ("kafka", kafka::run),
    #[cfg(feature = "relay")]
    ("relay", relay::run),
];

/// Runs the suites that are wanted, and prints each when it is done.
pub(crate) fn run(arena: &Arena) -> Vec<Section> {
    let wanted = SUITES.iter().filter(|(name, _)| arena.settings.wants(name));
    let sections = wanted.map(|(_, suite)| {
        let section = suite(arena);
        section.print();
        section
    });
    sections.collect()
}

// === impl Arena ===

impl Arena {
    pub(crate) fn new(settings: Settings) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_time().build()?;
        Ok(Self {
            runtime,
            settings,
            micro: Work::lasting(Duration::from_micros(1)),
            ten_micros: Work::lasting(Duration::from_micros(10)),
        })
    }

    /// What the numbers depend on, for the report.
    pub(crate) fn describe(&self) -> Vec<(&'static str, String)> {
        const WARM: &str = "after one that does not count";
        let Settings { rounds, window, paced_rounds, paced_window, is_quick, .. } = &self.settings;
        vec![
            ("mode", if *is_quick { "quick" } else { "full" }.into()),
            ("runtime", format!("tokio, multi-threaded, {WORKERS} worker threads")),
            ("workers", format!("{WORKERS} for each line")),
            ("items", "64 bytes, moved by value".into()),
            ("queues", format!("{CAPACITY} items each, in and out")),
            ("batches", format!("{BATCH} items where a producer submits batches")),
            ("races", format!("medians of {rounds} interleaved rounds of {window:?}, {WARM}")),
            (
                "paced",
                format!("medians of {paced_rounds} interleaved rounds of {paced_window:?}, {WARM}"),
            ),
            ("calibration", format!("1 µs is {}, 10 µs are {}", self.micro, self.ten_micros)),
        ]
    }

    fn race(&self, contestants: &[Contestant<'_>]) -> Vec<Entry> {
        race(contestants, self.settings.rounds, self.settings.window)
    }
}

/// The rows of a race. Everybody is compared with the entry called `baseline`.
fn rows_of(prefix: &str, entries: &[Entry], baseline: &str) -> Vec<Row> {
    let base = find(entries, baseline);
    let row = |entry: &Entry| {
        let name = format!("{prefix}_{}", entry.name);
        let row = Row::of(name, "ns_per_item", entry.label, &entry.ns, "ns");
        if entry.name == baseline {
            return row;
        }
        row.against(format!("{prefix}_{baseline}"), entry.ns.over(&base.ns).median())
    };
    entries.iter().map(row).collect()
}

fn find<'a>(entries: &'a [Entry], name: &str) -> &'a Entry {
    entries.iter().find(|entry| entry.name == name).expect("it took part")
}

/// How many times longer `slow` takes than `fast`, round by round.
fn times(entries: &[Entry], fast: &str, slow: &str) -> Samples {
    find(entries, slow).ns.over(&find(entries, fast).ns)
}
