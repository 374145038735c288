//! The tables of the page.

use std::fmt;

use super::{bound, word};
use crate::goals::Verdict;
use crate::report::number::{show, with_unit};
use crate::report::svg::Escaped;
use crate::report::{Report, Row, Section};

/// What is required, and whether it is met.
pub(super) fn goals(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let count = |wanted| report.judged().filter(|(.., verdict)| *verdict == wanted).count();
    let all = report.judged().count();
    if all == 0 {
        return Ok(());
    }
    let (reached, met, missed) =
        (count(Verdict::Reached), count(Verdict::Met), count(Verdict::Missed));
    write!(
        f,
        "<section id=\"goals\"><h2>Required and aimed at</h2><p>Of {all} requirements, {} are met, \
         {reached} of them with their aim reached; {missed} are missed.</p>\
         <table class=\"goals\"><thead><tr><th>Requirement<th class=\"n\">Measured\
         <th class=\"n\">Required<th class=\"n\">Aim<th></tr></thead><tbody>",
        reached + met,
    )?;
    for (row, goal, verdict) in report.judged() {
        let (class, word) = word(verdict);
        write!(
            f,
            "<tr><td>{}<td class=\"n\"><b>{}</b><td class=\"n\">{bound} {}<td class=\"n\">{bound} \
             {}<td><span class=\"verdict {class}\">{word}</span></tr>",
            Escaped(&row.title),
            with_unit(row.value, row.unit),
            with_unit(goal.required, row.unit),
            with_unit(goal.aim, row.unit),
            bound = bound(row),
        )?;
    }
    f.write_str("</tbody></table></section>")
}

/// Every number of a section: folded away where a figure shows what matters.
pub(super) fn numbers(f: &mut fmt::Formatter<'_>, section: &Section) -> fmt::Result {
    let is_folded = !section.figures.is_empty();
    if is_folded {
        f.write_str("<details><summary>All numbers</summary>")?;
    }
    f.write_str(
        "<table><thead><tr><th><th class=\"n\">Value<th class=\"n\">Lowest\
         <th class=\"n\">Highest<th>Compared with</tr></thead><tbody>",
    )?;
    for row in &section.rows {
        number(f, row)?;
    }
    f.write_str("</tbody></table>")?;
    if is_folded { f.write_str("</details>") } else { Ok(()) }
}

fn number(f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
    let (low, high) = match row.spread {
        Some(spread) => (show(spread.min), show(spread.max)),
        None => (String::new(), String::new()),
    };
    write!(
        f,
        "<tr><td>{}<br><code>{}.{}</code><td class=\"n\">{}<td class=\"n\">{low}\
         <td class=\"n\">{high}<td>",
        Escaped(&row.title),
        row.name,
        row.metric,
        with_unit(row.value, row.unit),
    )?;
    if let Some(baseline) = &row.baseline {
        write!(f, "{}× <code>{}</code>", show(baseline.ratio), baseline.name)?;
    }
    f.write_str("</tr>")
}

/// The machine and the settings.
pub(super) fn surroundings(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let machine = &report.machine;
    let elsewhere = machine.busy_elsewhere.map_or_else(
        || "unknown".into(),
        |percent| format!("{percent:.1} % of the machine's time went to other processes"),
    );
    f.write_str("<section id=\"machine\"><h2>Machine and settings</h2><table><tbody>")?;
    let mut pair =
        |name: &str, value: &str| write!(f, "<tr><th>{}<td>{}</tr>", Escaped(name), Escaped(value));
    pair("processor", &machine.cpu)?;
    pair("cores", &machine.cores.to_string())?;
    pair("system", &machine.os)?;
    pair("compiler", &machine.rustc)?;
    pair("date", &machine.date)?;
    pair("disturbance", &elsewhere)?;
    for (name, value) in &report.settings {
        pair(name, value)?;
    }
    f.write_str("</tbody></table></section>")
}
