//! The report for a terminal.

#![expect(clippy::print_stdout, reason = "that is what a terminal is for")]

use super::number::with_unit;
use super::{Report, Row, Section};

pub(super) fn print_section(section: &Section) {
    println!("\n{}", section.title);
    let wide = section.rows.iter().map(|row| row.title.chars().count()).max().unwrap_or(0);
    for row in &section.rows {
        print_row(row, wide);
    }
}

fn print_row(row: &Row, wide: usize) {
    let value = with_unit(row.value, row.unit);
    let range = row.spread.map_or_else(String::new, |spread| {
        format!("{} – {}", with_unit(spread.min, row.unit), with_unit(spread.max, row.unit))
    });
    let ratio = match &row.baseline {
        Some(baseline) if row.unit != "×" && row.unit != "%" => {
            format!("{} of {}", with_unit(baseline.ratio, "×"), baseline.name)
        }
        _ => String::new(),
    };
    println!("  {:wide$}  {value:>12}  {range:28}  {ratio}", row.title);
}

pub(super) fn print_goals(report: &Report) {
    let wide = report.judged().map(|(row, ..)| row.title.chars().count()).max().unwrap_or(0);
    if let Some(warning) = report.machine.warning() {
        println!("\nwarning: {warning}");
    }
    if wide == 0 {
        return;
    }
    println!("\nRequired");
    for (row, goal, verdict) in report.judged() {
        let bound = if row.higher_is_better { "≥" } else { "≤" };
        println!(
            "{:>3} {:wide$}  {:>12}  required {bound} {:>13}  aim {bound} {}",
            verdict.sign(),
            row.title,
            with_unit(row.value, row.unit),
            with_unit(goal.required, row.unit),
            with_unit(goal.aim, row.unit),
        );
    }
}
