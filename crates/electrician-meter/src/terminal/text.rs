//! Snapshots as text.

use std::time::Duration;

use electrician_types::ComponentKind;

use crate::slot::errors;
use crate::snapshot::{Snapshot, StageSnapshot, StageState};

/// The widest name in a table, in characters.
const NAME: usize = 24;

/// Everything in one line.
pub(super) fn line(snapshot: &Snapshot) -> String {
    format!("{}: {}", snapshot.name, totals(snapshot))
}

/// All stages together, without the name.
pub(super) fn totals(snapshot: &Snapshot) -> String {
    let total = &snapshot.total;
    let mut text = String::new();
    if let Some(percent) = total.progress_percent {
        text += &format!("{percent:.0} % of ");
    }
    if let Some(expected) = total.expected {
        text += &format!("{expected}, ");
    }
    text += &format!("{} done, {} in flight", total.done, total.in_flight);
    if let Some(rate) = total.rates.accepted.ten_seconds {
        text += &format!(", {}/s", short(rate));
    }
    let errors = errors(&total.ledger);
    if errors > 0 {
        text += &format!(", {errors} failed");
    }
    if let Some(eta) = total.eta.filter(|eta| !eta.is_zero()) {
        text += &format!(", {} left", time(eta));
    }
    text
}

/// A head and a row for each stage, `rows` at most.
pub(super) fn table(snapshot: &Snapshot, rows: usize) -> Vec<String> {
    let head = format!(
        "{:<NAME$} {:>9} {:>9} {:>9} {:>7} {:>9} {:>9}",
        "", "in/s", "out/s", "queue", "failed", "p50", "p99"
    );
    let mut lines = vec![head];
    lines.extend(snapshot.stages.iter().take(rows).map(row));
    let hidden = snapshot.stages.len().saturating_sub(rows);
    if hidden > 0 {
        lines.push(format!("and {hidden} more"));
    }
    lines
}

fn row(stage: &StageSnapshot) -> String {
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), short);
    let queue = match stage.capacity {
        0 => "-".to_owned(),
        capacity => format!("{}/{capacity}", stage.queued),
    };
    let service = &stage.latency.service;
    let latency = |value| if service.count == 0 { "-".to_owned() } else { time(value) };
    format!(
        "{:<NAME$} {:>9} {:>9} {:>9} {:>7} {:>9} {:>9}",
        name(stage),
        rate(stage.rates.accepted.one_second),
        rate(stage.rates.delivered.one_second),
        queue,
        errors(&stage.ledger),
        latency(service.p50),
        latency(service.p99),
    )
}

/// What stays when it is over: a line for each stage, then one for all.
pub(super) fn summary(snapshot: &Snapshot) -> Vec<String> {
    let is_shown = |stage: &&StageSnapshot| stage.kind != ComponentKind::Output;
    let stages = snapshot.stages.iter().filter(is_shown).map(|stage| {
        let note = if stage.state == StageState::Gone { " (dropped without a stop)" } else { "" };
        format!("{}: {}{note}", name(stage), stage.ledger)
    });
    let mut lines: Vec<String> = stages.collect();
    let took = time(snapshot.elapsed);
    lines.push(format!("{}: {} in {took}", snapshot.name, snapshot.total.ledger));
    lines
}

/// The name without what would move the cursor, and not too long.
fn name(stage: &StageSnapshot) -> String {
    let shown = stage.name.chars().map(|c| if c.is_control() { '?' } else { c });
    let mut shown: String = shown.take(NAME).collect();
    if stage.instance > 0 {
        shown += &format!("#{}", stage.instance);
    }
    shown
}

/// A number in about four characters: 950, 12.3k, 4.5M.
pub(super) fn short(number: f64) -> String {
    match number {
        n if n >= 1e9 => format!("{:.1}G", n / 1e9),
        n if n >= 1e6 => format!("{:.1}M", n / 1e6),
        n if n >= 1e3 => format!("{:.1}k", n / 1e3),
        n if n >= 10.0 || n == 0.0 => format!("{n:.0}"),
        n => format!("{n:.1}"),
    }
}

/// A time in the unit that fits.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s >= 3600.0 => format!("{:.1} h", s / 3600.0),
        s if s >= 60.0 => format!("{:.1} min", s / 60.0),
        s if s >= 1.0 => format!("{s:.1} s"),
        s if s >= 1e-3 => format!("{:.1} ms", s * 1e3),
        s if s >= 1e-6 => format!("{:.1} µs", s * 1e6),
        s => format!("{:.0} ns", s * 1e9),
    }
}
