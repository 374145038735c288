//! What was found out: rows for machines, sections for readers.

pub(crate) mod figure;
mod html;
mod json;
mod number;
mod svg;
mod terminal;

use std::path::Path;
use std::{fs, io};

pub(crate) use figure::{Figure, Line};

use crate::goals::{Goal, Verdict};
use crate::machine::Machine;
use crate::settings::Settings;
use crate::stats::{Samples, Spread};

/// Everything.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// Names and values.
    pub(crate) settings: Vec<(&'static str, String)>,
    pub(crate) sections: Vec<Section>,
}

/// The results of one suite.
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    /// What was done, and how to read it.
    pub(crate) text: String,
    pub(crate) figures: Vec<Figure>,
    pub(crate) rows: Vec<Row>,
}

/// One number.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Whose number: letters, digits, underscores. A name and a metric occur once in a report.
    pub(crate) name: String,
    pub(crate) metric: &'static str,
    /// The same for readers.
    pub(crate) title: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// The rounds behind the value, if it is a median.
    pub(crate) spread: Option<Spread>,
    /// What it is compared with.
    pub(crate) baseline: Option<Baseline>,
    pub(crate) higher_is_better: bool,
    pub(crate) goal: Option<Goal>,
}

/// The row that another one is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    pub(crate) name: String,
    /// This row's number over the baseline's: the median of the ratios within each round.
    pub(crate) ratio: f64,
}

// === impl Report ===

impl Report {
    /// Writes `report.json` and `report.html`, or `partial.*` if not everything was run.
    pub(crate) fn write(&self, folder: &Path, settings: &Settings) -> io::Result<()> {
        let stem = if settings.only.is_some() { "partial" } else { "report" };
        fs::create_dir_all(folder)?;
        fs::write(folder.join(stem).with_extension("json"), json::render(self))?;
        fs::write(folder.join(stem).with_extension("html"), html::render(self))
    }

    /// Prints what was required and whether it is met.
    pub(crate) fn print_goals(&self) {
        terminal::print_goals(self);
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flat_map(|section| &section.rows)
    }

    /// The rows that something is required of, with the verdict.
    fn judged(&self) -> impl Iterator<Item = (&Row, Goal, Verdict)> {
        self.rows().filter_map(|row| {
            let goal = row.goal?;
            Some((row, goal, goal.judge(row.value, row.higher_is_better)))
        })
    }
}

// === impl Section ===

impl Section {
    pub(crate) fn print(&self) {
        terminal::print_section(self);
    }
}

// === impl Row ===

impl Row {
    /// A number that is better when it is lower.
    pub(crate) fn new(
        name: impl Into<String>,
        metric: &'static str,
        title: impl Into<String>,
        value: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            name: name.into(),
            metric,
            title: title.into(),
            value,
            unit,
            spread: None,
            baseline: None,
            higher_is_better: false,
            goal: None,
        }
    }

    /// The median of `samples`.
    pub(crate) fn of(
        name: impl Into<String>,
        metric: &'static str,
        title: impl Into<String>,
        samples: &Samples,
        unit: &'static str,
    ) -> Self {
        let spread = samples.spread();
        let row = Self::new(name, metric, title, spread.median, unit);
        Self { spread: Some(spread), ..row }
    }

    /// Compares with another row.
    pub(crate) fn against(mut self, name: impl Into<String>, ratio: f64) -> Self {
        self.baseline = Some(Baseline { name: name.into(), ratio });
        self
    }

    pub(crate) fn higher_is_better(mut self) -> Self {
        self.higher_is_better = true;
        self
    }

    pub(crate) fn with_goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }
}
