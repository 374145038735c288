//! Counting what the test harness prints.

use std::fmt;

/// The sum over any number of test binaries.
#[derive(Debug, Default)]
pub(super) struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// What failed, and was not reported by a harness; name and reason.
    failures: Vec<(String, String)>,
    /// What was skipped; name and reason.
    skips: Vec<(String, String)>,
}

// === impl Tally ===

impl Tally {
    /// Takes in one line of output.
    pub(super) fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += count(result, "passed");
            self.failed += count(result, "failed");
            self.skipped += count(result, "ignored");
        } else if let Some(skip) = ignored(line) {
            self.skips.push(skip);
        }
    }

    /// Counts something that no harness knows of as skipped.
    pub(super) fn skip(&mut self, name: &str, reason: &str) {
        self.skipped += 1;
        self.skips.push((name.to_owned(), reason.to_owned()));
    }

    /// Counts something that no harness knows of as failed.
    pub(super) fn fail(&mut self, name: &str, reason: &str) {
        self.failed += 1;
        self.failures.push((name.to_owned(), reason.to_owned()));
    }

    /// Turns every skip into a failure.
    pub(super) fn allow_no_skips(&mut self) {
        self.failed += self.skipped;
        self.skipped = 0;
        let skips = self.skips.drain(..);
        self.failures
            .extend(skips.map(|(name, why)| (name, format!("must not be skipped: {why}"))));
    }

    pub(super) fn failures(&self) -> u64 {
        self.failed
    }

    pub(super) fn is_success(&self) -> bool {
        self.failed == 0
    }
}

/// What was skipped or failed outside a harness, and the sum, alone on the last line.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, reason) in &self.skips {
            writeln!(f, "skipped: {name}: {reason}")?;
        }
        for (name, reason) in &self.failures {
            writeln!(f, "failed: {name}: {reason}")?;
        }
        writeln!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The number before the word, as in `ok. 3 passed; 0 failed; …`.
fn count(result: &str, word: &str) -> u64 {
    let words: Vec<&str> = result.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    let pair = words.windows(2).find(|pair| pair[1] == word);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// Name and reason of an ignored test, from `test NAME ... ignored, REASON`.
fn ignored(line: &str) -> Option<(String, String)> {
    let (name, verdict) = line.strip_prefix("test ")?.rsplit_once(" ... ignored")?;
    let reason = verdict.strip_prefix(", ").unwrap_or("it gives no reason");
    Some((name.to_owned(), reason.to_owned()))
}

#[cfg(test)]
mod tests;
