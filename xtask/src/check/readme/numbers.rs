//! Numbers in prose that come from a benchmark.
//!
//! A mark names the row of the report and the metric in it, or `ratio` for the row's ratio to its
//! baseline; the text shows only the number:
//!
//! ```text
//! A wire costs <!-- num:wire_noop.ns_per_item -->55<!-- /num --> ns.
//! ```
//!
//! The report has a row for each name and metric, and may say more:
//!
//! ```json
//! { "rows": [{ "name": "wire_noop", "metric": "ns_per_item", "value": 55.2, "ratio": 7.1 }] }
//! ```

use serde::Deserialize;

/// Machines differ and runs vary; beyond a quarter the text tells another story.
const TOLERANCE: f64 = 0.25;

const OPEN: &str = "<!-- num:";
const CLOSE: &str = "<!-- /num -->";

/// A number that the text shows.
#[derive(Debug, PartialEq)]
pub(super) struct Mark {
    line: usize,
    row: String,
    metric: String,
    shown: f64,
}

/// What the benchmarks measured.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    metric: String,
    value: f64,
    ratio: Option<f64>,
}

/// The marks of a text, or for each one that is broken, its line and why.
pub(super) fn marks(text: &str) -> impl Iterator<Item = Result<Mark, String>> {
    text.lines().enumerate().flat_map(|(index, line)| {
        let parts = line.split(OPEN).skip(1);
        parts.map(move |part| {
            mark(index + 1, part).ok_or_else(|| {
                format!("{}: a mark should be like `{OPEN}ROW.METRIC -->1.23{CLOSE}`", index + 1)
            })
        })
    })
}

fn mark(line: usize, part: &str) -> Option<Mark> {
    let (name, rest) = part.split_once("-->")?;
    let (row, metric) = name.trim().rsplit_once('.')?;
    let (shown, _) = rest.split_once(CLOSE)?;
    let shown = shown.trim().replace([',', '_', ' '], "").parse().ok()?;
    Some(Mark { line, row: row.to_owned(), metric: metric.to_owned(), shown })
}

// === impl Report ===

impl Report {
    pub(super) fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The line and what is wrong with its number, if it is not what was measured.
    pub(super) fn contradicts(&self, mark: &Mark) -> Option<String> {
        let Mark { line, row, metric, shown } = mark;
        let mut found = self.rows.iter().filter(|found| found.name == *row);
        let measured = if metric == "ratio" {
            found.find_map(|row| row.ratio)
        } else {
            found.find(|row| row.metric == *metric).map(|row| row.value)
        };
        let Some(measured) = measured else {
            return Some(format!("{line}: the report has no {row}.{metric}"));
        };
        let near = (shown - measured).abs() <= TOLERANCE * measured.abs();
        (!near).then(|| format!("{line}: {row}.{metric} is {measured}, the text says {shown}"))
    }
}

#[cfg(test)]
mod tests;
