//! What a check has to say.

use std::fmt;

/// The problems that fail a check, and notes that do not.
#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: Vec<String>,
    notes: Vec<String>,
}

// === impl Findings ===

impl Findings {
    pub(super) fn from_problem(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()], notes: Vec::new() }
    }

    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(super) fn problems(&mut self, problems: impl IntoIterator<Item = String>) {
        self.problems.extend(problems);
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }
}

/// One indented line per finding; the further lines of a long one are indented more.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "    {}", problem.trim_end().replace('\n', "\n      "))?;
        }
        for note in &self.notes {
            writeln!(f, "    note: {}", note.trim_end().replace('\n', "\n      "))?;
        }
        Ok(())
    }
}
