//! The report for readers: one page that needs nothing else.

mod page;
mod table;

use std::fmt::{self, Display};

use super::number::show;
use super::svg::{self, Escaped};
use super::{Report, Row, Section};
use crate::goals::Verdict;

/// Numbers that are shown first, and what they are.
const HEADLINES: &[(&str, &str, &str)] = &[
    ("noop_wire_submit", "ns_per_item", "for an item through a wire, submitted alone"),
    ("noop_wire_batch", "ns_per_item", "for an item through a wire, submitted in batches"),
    ("1us_wire_batch", "share_of_ideal", "of the two-thread ideal at 1 µs of work"),
    ("latency_wire", "p50_over_flume", "the median latency of flume workers"),
    ("allocations_wire_paced", "per_item", "allocations per item at 50,000 items a second"),
];

pub(super) fn render(report: &Report) -> String {
    Page(report).to_string()
}

struct Page<'a>(&'a Report);

impl Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(report) = self;
        f.write_str(page::HEAD)?;
        header(f, report)?;
        f.write_str("<main>")?;
        table::goals(f, report)?;
        for each in &report.sections {
            section(f, each)?;
        }
        table::surroundings(f, report)?;
        f.write_str("</main></body></html>\n")
    }
}

fn header(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let machine = &report.machine;
    write!(
        f,
        "<header><h1>Electrician <span>benchmarks</span></h1><p>{}, {} cores · {} · {}</p>",
        Escaped(&machine.cpu),
        machine.cores,
        Escaped(&machine.rustc),
        Escaped(&machine.date),
    )?;
    if let Some(warning) = machine.warning() {
        write!(f, "<p class=\"warning\">{}.</p>", Escaped(&warning))?;
    }
    f.write_str("<ul class=\"headlines\">")?;
    for (name, metric, caption) in HEADLINES {
        if let Some(row) = report.rows().find(|row| row.name == *name && row.metric == *metric) {
            write!(
                f,
                "<li><b>{}<small>{}</small></b>{caption}</li>",
                show(row.value),
                Escaped(row.unit),
            )?;
        }
    }
    f.write_str("</ul></header>")
}

fn section(f: &mut fmt::Formatter<'_>, section: &Section) -> fmt::Result {
    write!(
        f,
        "<section id=\"{}\"><h2>{}</h2><p>{}</p>",
        section.name,
        Escaped(&section.title),
        Escaped(&section.text),
    )?;
    for figure in &section.figures {
        write!(
            f,
            "<figure>{}<figcaption>{}</figcaption></figure>",
            svg::render(figure),
            Escaped(&figure.caption),
        )?;
    }
    table::numbers(f, section)?;
    f.write_str("</section>")
}

/// The class of a verdict, and the word for it.
const fn word(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Missed => ("missed", "✗ missed"),
        Verdict::Met => ("met", "✓ met"),
        Verdict::Reached => ("reached", "✓ aim reached"),
    }
}

/// The sign before a mark that the row has to keep.
const fn bound(row: &Row) -> &'static str {
    if row.higher_is_better { "≥" } else { "≤" }
}
