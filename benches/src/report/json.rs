//! The report for machines.
//!
//! ```json
//! {
//!   "machine": { "cpu": "…", "cores": 2, "os": "…", "rustc": "…", "date": "…" },
//!   "settings": { "items": "64 bytes", … },
//!   "rows": [{
//!     "name": "noop_wire_submit", "metric": "ns_per_item", "value": 55.2, "unit": "ns",
//!     "min": 51.0, "max": 80.3, "baseline": "noop_wire_batch", "ratio": 1.4,
//!     "higher_is_better": false
//!   }]
//! }
//! ```
//!
//! `ratio` is the median of the ratios to the baseline within each round; where the value itself
//! compares two rows, it is that comparison. Rows that something is required of also have `required`, `aim` and `met`.

use serde_json::{Map, Value, json};

use super::{Report, Row};
use crate::machine::Machine;

pub(super) fn render(report: &Report) -> String {
    let settings: Map<String, Value> =
        report.settings.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let rows: Vec<Value> = report.rows().map(row).collect();
    let whole = json!({ "machine": machine(&report.machine), "settings": settings, "rows": rows });
    format!("{whole:#}\n")
}

fn machine(machine: &Machine) -> Value {
    let Machine { cpu, cores, os, rustc, date, busy_elsewhere } = machine;
    let busy_elsewhere = busy_elsewhere.map(rounded);
    json!({
        "cpu": cpu,
        "cores": cores,
        "os": os,
        "rustc": rustc,
        "date": date,
        "busy_elsewhere_percent": busy_elsewhere,
    })
}

fn row(row: &Row) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("name", json!(row.name));
    set("metric", json!(row.metric));
    set("value", json!(rounded(row.value)));
    set("unit", json!(row.unit));
    set("baseline", json!(row.baseline.as_ref().map(|baseline| &baseline.name)));
    set("ratio", json!(row.baseline.as_ref().map(|baseline| rounded(baseline.ratio))));
    set("higher_is_better", json!(row.higher_is_better));
    if let Some(spread) = row.spread {
        set("min", json!(rounded(spread.min)));
        set("max", json!(rounded(spread.max)));
    }
    if let Some(goal) = row.goal {
        set("required", json!(goal.required));
        set("aim", json!(goal.aim));
        set("met", json!(goal.judge(row.value, row.higher_is_better).is_met()));
    }
    Value::Object(fields)
}

/// Digits beyond the sixth are noise.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests;
