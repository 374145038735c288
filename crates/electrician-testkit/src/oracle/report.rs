//! What the oracle has to say.

use std::fmt;

use electrician_types::Ledger;

/// The most ids that a finding names.
const NAMED: usize = 24;

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of thing, in a word or three.
    pub what: &'static str,
    /// Which items, which numbers.
    pub detail: String,
}

/// The result of a check: findings, if there are any, and both accounts.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
    ledger: Option<Ledger>,
    seen: Ledger,
    unseen: u64,
}

// === impl Finding ===

impl Finding {
    pub(super) const fn new(what: &'static str, detail: String) -> Self {
        Self { what, detail }
    }

    /// A finding about these items; `None` when there are none.
    pub(super) fn about<T: fmt::Display>(
        what: &'static str,
        why: &str,
        items: impl IntoIterator<Item = T>,
    ) -> Option<Self> {
        let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
        if items.is_empty() {
            return None;
        }
        let mut named = items[..items.len().min(NAMED)].join(", ");
        if items.len() > NAMED {
            named.push_str(", …");
        }
        let count = items.len();
        Some(Self::new(what, format!("{count} item(s) {why}: {named}")))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.detail)
    }
}

// === impl Report ===

impl Report {
    pub(super) const fn new(
        findings: Vec<Finding>,
        ledger: Option<Ledger>,
        seen: Ledger,
        unseen: u64,
    ) -> Self {
        Self { findings, ledger, seen, unseen }
    }

    /// Whether everything adds up.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Everything that does not add up.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether a finding of this kind is among them.
    pub fn has(&self, what: &str) -> bool {
        self.findings.iter().any(|finding| finding.what == what)
    }

    /// The account as the oracle saw it.
    pub const fn seen(&self) -> &Ledger {
        &self.seen
    }

    /// How many items were accepted and never seen again.
    pub const fn unseen(&self) -> u64 {
        self.unseen
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { findings, ledger, seen, unseen } = self;
        match findings.len() {
            0 => writeln!(f, "every item is accounted for")?,
            count => writeln!(f, "the account does not add up, {count} finding(s):")?,
        }
        for finding in findings {
            writeln!(f, "  {finding}")?;
        }
        match ledger {
            Some(ledger) => writeln!(f, "  the ledger: {ledger}")?,
            None => writeln!(f, "  the ledger: none, the run was dropped")?,
        }
        write!(f, "  the oracle: {seen}")?;
        if *unseen > 0 {
            write!(f, " + never seen again {unseen}")?;
        }
        Ok(())
    }
}

// A report ends in the message of a panic as often as not.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
