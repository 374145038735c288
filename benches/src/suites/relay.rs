//! What payloads cost on their way through relays, next to a service of bare tonic.

mod bare;
mod envelope;
mod ours;
mod paced;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use electrician_types::{Acknowledge, Verdict};
use tokio::runtime::{Builder, Runtime};

use super::{Arena, find, rows_of, times};
use crate::drive::nanos_since;
use crate::goals;
use crate::line::WORKERS;
use crate::race::{Contestant, Entry, Side, race_of};
use crate::report::{Figure, Row, Section};
use bare::Bare;
use ours::Ours;
use paced::{Latencies, PERCENTS};

/// Bytes of a payload.
const SIZE: usize = 256;

/// Payloads that are not acknowledged, or wait to be sent, at most.
const WINDOW: usize = 1024;

/// Payloads of an acknowledgement.
const EVERY: u32 = 64;

/// Tasks that call.
const CALLERS: u8 = 64;

/// Takes note of acknowledgements: how many, and how long each took.
struct Acked {
    epoch: Instant,
    /// When a payload was sent, and then how long it took, nanoseconds.
    times: Vec<AtomicU64>,
    count: AtomicU64,
}

pub(super) fn run(arena: &Arena) -> Section {
    let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = runtime.expect("the system has threads");
    let (rounds, payloads) = if arena.settings.is_quick { (5, 64_000) } else { (11, 256_000) };
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    let mut add = |prefix: &str, entries: &[Entry], baseline: &str, ratios: Vec<Row>| {
        rows.extend(rows_of(prefix, entries, baseline));
        rows.extend(ratios);
        figures.push(Figure::of_race("Median, fastest and slowest round.", entries));
    };

    let entries = stream(&runtime, rounds, payloads);
    let ratio = over(&entries, ("relay_stream", "bare", "relay"), "streaming");
    let poured = over(&entries, ("relay_stream", "poured", "relay"), "streaming");
    add("relay_stream", &entries, "bare", vec![ratio.with_goal(goals::RELAY_OVER_BARE), poured]);

    let entries = unary(&runtime, rounds, payloads / 4);
    let ratio = over(&entries, ("relay_unary", "bare", "relay"), "one call for each");
    add("relay_unary", &entries, "bare", vec![ratio.with_goal(goals::RELAY_OVER_BARE)]);

    let entries = envelope::race(arena);
    let ratio = times(&entries, "codecs", "envelope");
    let title = "An envelope with zstd and AES-GCM, times the cost of the codecs alone";
    let row = Row::of("relay_envelope", "over_codecs", title, &ratio, "×")
        .against("relay_envelope_codecs", ratio.median());
    let judged = vec![row.with_goal(goals::ENVELOPE_OVER_CODECS)];
    add("relay_envelope", &entries, "codecs", judged);

    let entries = named(&runtime, rounds, payloads / 2);
    let every = Duration::from_secs_f64(find(&entries, "bare").ns.median() * 2e-9);
    add("relay_named", &entries, "bare", Vec::new());
    let window = arena.settings.paced_window;
    let latencies = paced::run(&runtime, every, arena.settings.paced_rounds, window);
    rows.extend(latency_rows(&latencies));

    Section {
        name: "relay",
        title: "Relays over gRPC".to_owned(),
        text: format!(
            "Payloads of {SIZE} bytes over a connection on this machine, whose two cores have both \
             sides. Bare means a service and a client of tonic's transport with prost, by hand, that \
             move the same messages: the payloads come through a channel of {WINDOW} from another \
             task, or, poured, are made where they are sent. Whatever comes is dropped at once; every \
             {EVERY} payloads are acknowledged, and {CALLERS} tasks call. The relay's come from a \
             sink and go to a source, with a receipt for each. Acknowledged times are those of a \
             stream that acknowledges each payload, with one sent every {every:?}, half of what the \
             bare service moves.",
        ),
        figures,
        rows,
    }
}

fn stream(runtime: &Runtime, rounds: usize, payloads: u64) -> Vec<Entry> {
    let contestants = [
        Contestant::new(Side::Bare, ("bare", "stream: bare tonic"), |payloads| {
            runtime.block_on(async { Bare::start(EVERY).await.send(payloads).await })
        }),
        Contestant::new(Side::Bare, ("poured", "stream: bare tonic, poured"), |payloads| {
            runtime.block_on(async { Bare::start(EVERY).await.pour(payloads).await })
        }),
        Contestant::new(Side::Ours, ("relay", "stream: relays"), |payloads| {
            runtime.block_on(async { Ours::start().send(payloads, EVERY).await })
        }),
    ];
    race_of(&contestants, rounds, &[payloads; 3])
}

/// Each payload is acknowledged by its name.
fn named(runtime: &Runtime, rounds: usize, payloads: u64) -> Vec<Entry> {
    let contestants = [
        Contestant::new(
            Side::Bare,
            ("bare", "stream, acknowledged each: bare tonic"),
            |payloads| runtime.block_on(async { Bare::start(1).await.send(payloads).await }),
        ),
        Contestant::new(Side::Ours, ("relay", "stream, acknowledged each: relays"), |payloads| {
            runtime.block_on(async { Ours::start().send(payloads, 1).await })
        }),
    ];
    race_of(&contestants, rounds, &[payloads; 2])
}

fn unary(runtime: &Runtime, rounds: usize, payloads: u64) -> Vec<Entry> {
    let contestants = [
        Contestant::new(Side::Bare, ("bare", "calls: bare tonic"), |payloads| {
            runtime.block_on(async { Bare::start(EVERY).await.call(payloads).await })
        }),
        Contestant::new(Side::Ours, ("relay", "calls: a receiving relay"), |payloads| {
            runtime.block_on(async { Ours::start().call(payloads).await })
        }),
    ];
    race_of(&contestants, rounds, &[payloads; 2])
}

/// Throughput of `ours` over that of the baseline, round by round.
fn over(entries: &[Entry], (prefix, baseline, ours): (&str, &str, &str), what: &str) -> Row {
    let ratio = times(entries, ours, baseline);
    let title = format!("Relays, {what}: payloads a second over {baseline} tonic");
    let name = format!("{prefix}_{ours}");
    let metric = if baseline == "bare" { "throughput_ratio" } else { "throughput_over_poured" };
    Row::of(name, metric, title, &ratio, "×")
        .against(format!("{prefix}_{baseline}"), ratio.median())
        .higher_is_better()
}

fn latency_rows(latencies: &Latencies) -> Vec<Row> {
    let Latencies { bare, ours } = latencies;
    let mut rows = Vec::new();
    let metrics = [("p50", "p50_over_bare"), ("p99", "p99_over_bare")];
    for (index, (metric, over)) in metrics.into_iter().enumerate() {
        let percent = PERCENTS[index];
        let title = |whose| format!("acknowledged at half load, {percent} percent: {whose}");
        rows.push(Row::of("relay_acked_bare", metric, title("bare tonic"), &bare[index], "µs"));
        let ratio = ours[index].over(&bare[index]);
        let row = Row::of("relay_acked_relay", metric, title("relays"), &ours[index], "µs");
        rows.push(row.against("relay_acked_bare", ratio.median()));
        let title = format!("Relays at half load: acknowledged, {metric} over bare tonic");
        let row = Row::of("relay_acked_relay", over, title, &ratio, "×");
        let row = row.against("relay_acked_bare", ratio.median());
        let is_judged = metric == "p99";
        rows.push(if is_judged { row.with_goal(goals::RELAY_P99_OVER_BARE) } else { row });
    }
    rows
}

/// A payload's value: some text that can be compressed, and a number.
fn letter(seq: u64) -> Vec<u8> {
    let mut letter = Vec::with_capacity(SIZE);
    letter.extend_from_slice(&seq.to_le_bytes());
    let mut state = seq.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while letter.len() < SIZE {
        // Four bits of sixteen letters each.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        letter.extend(state.to_le_bytes().map(|byte| b'a' + (byte & 15)));
    }
    letter
}

// === impl Acked ===

impl Acked {
    fn new(payloads: u64) -> Self {
        let times = (0..payloads).map(|_| AtomicU64::new(0)).collect();
        Self { epoch: crate::clock::now(), times, count: AtomicU64::new(0) }
    }

    /// It is sent; what is said again does not count.
    fn sent(&self, index: u64) {
        let now = nanos_since(self.epoch);
        let _ = self.at(index).compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn note(&self, index: u64) {
        let sent = self.at(index).load(Ordering::Relaxed);
        self.at(index).store(nanos_since(self.epoch) - sent, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Release);
    }

    fn at(&self, index: u64) -> &AtomicU64 {
        &self.times[usize::try_from(index).expect("as many as were made")]
    }

    fn is_done(&self) -> bool {
        self.count.load(Ordering::Acquire) == self.times.len() as u64
    }

    /// How long each took, ascending.
    fn times(&self) -> Vec<u64> {
        let mut times: Vec<u64> = self.times.iter().map(|t| t.load(Ordering::Relaxed)).collect();
        times.sort_unstable();
        times
    }
}

impl Acknowledge for Acked {
    fn settle(&self, token: u64, verdict: Verdict) {
        assert_eq!(verdict, Verdict::Ack);
        self.note(token);
    }
}
