//! What a log record costs who logs it.

use std::io;
use std::time::Duration;

use electrician_logger::{Lines, LogSink, Logger, QueueSettings, SinkError};
use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, debug, info, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt, registry};

use super::{Arena, rows_of};
use crate::clock::now;
use crate::race::{Contestant, Side};
use crate::report::{Figure, Section};

const TEXT: &str = "A record with a message and four fields, in a span with two, on one thread: the \
    time that the thread is busy with it. The baseline is the JSON formatter of tracing-subscriber, \
    which writes into nothing at once; ours redacts secrets, bounds values and hands the line to \
    the queue of a sink whose own thread writes it into nothing. Where the queue is too small for \
    the storm, most lines are dropped; where it has 64 MiB, the writer is in the way of the two \
    cores instead.";

/// Forgets everything.
struct Nowhere;

pub(super) fn run(arena: &Arena) -> Section {
    let entries = arena.race(&[
        Contestant::new(Side::Other, ("fmt_json", "tracing-subscriber, JSON"), |items| {
            timed(registry().with(formatter()), items, record)
        }),
        Contestant::new(Side::Ours, ("no_sink", "logger without a sink"), |items| {
            let logger = Logger::builder().build().expect("the configuration is sound");
            timed(registry().with(logger.layer()), items, record)
        }),
        Contestant::new(Side::Ours, ("sink", "logger, one sink of 1 MiB"), |items| {
            logged(1 << 20, items, record)
        }),
        Contestant::new(Side::Ours, ("large_sink", "logger, one sink of 64 MiB"), |items| {
            logged(64 << 20, items, record)
        }),
        Contestant::new(Side::Other, ("fmt_json_off", "tracing-subscriber, level off"), |items| {
            timed(registry().with(formatter()), items, detail)
        }),
        Contestant::new(Side::Ours, ("off", "logger, level off"), |items| {
            logged(1 << 20, items, detail)
        }),
    ]);
    Section {
        name: "logger",
        title: "A log record".into(),
        text: TEXT.into(),
        figures: vec![Figure::of_race("Median, fastest and slowest round.", &entries)],
        rows: rows_of("log", &entries, "fmt_json"),
    }
}

fn formatter<S: Subscriber + for<'a> registry::LookupSpan<'a>>() -> impl Layer<S> {
    let layer = fmt::layer().json().with_file(true).with_line_number(true).with_writer(io::sink);
    layer.with_filter(LevelFilter::INFO)
}

/// With our logger. Closing it is not timed.
fn logged(queue: usize, items: u64, log: fn(u64)) -> Duration {
    let settings = QueueSettings::default().with_bytes(queue);
    let logger = Logger::builder().with_queued_sink("nowhere", Nowhere, settings).build();
    let logger = logger.expect("the configuration is sound");
    let time = timed(registry().with(logger.layer()), items, log);
    logger.close(Duration::from_mins(1)).expect("nothing is slow");
    time
}

fn timed(
    subscriber: impl Subscriber + Send + Sync + 'static,
    items: u64,
    log: fn(u64),
) -> Duration {
    tracing::subscriber::with_default(subscriber, || {
        let _span = info_span!("batch", batch = 7, component = "parse").entered();
        let start = now();
        for item in 0..items {
            log(item);
        }
        start.elapsed()
    })
}

fn record(item: u64) {
    info!(
        event = "Submit",
        result = "SUCCESS",
        item,
        source = "orders.csv",
        "an item was accepted"
    );
}

fn detail(item: u64) {
    debug!(
        event = "Submit",
        result = "SUCCESS",
        item,
        source = "orders.csv",
        "an item was accepted"
    );
}

// === impl Nowhere ===

impl LogSink for Nowhere {
    fn write(&mut self, _: Lines<'_>) -> Result<(), SinkError> {
        Ok(())
    }
}
