//! What came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use electrician_kafka::rdkafka::message::{Message, OwnedMessage};

/// The sums of a play.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) name: String,
    pub(crate) seed: u64,
    pub(crate) kills: BTreeMap<&'static str, u32>,
    /// Processes that ended by themselves, and why.
    pub(crate) ended: BTreeMap<String, u32>,
    pub(crate) fed: u64,
    /// Records of the input.
    pub(crate) read: usize,
    /// Numbers whose producer was told that the brokers have them, and that they do not have.
    pub(crate) unfed: usize,
    /// Records of the input that have left nothing in the output.
    pub(crate) lost: usize,
    /// Records of the output that are there more than once: so often too many.
    pub(crate) repeated: usize,
}

// === impl Verdict ===

impl Verdict {
    /// Compares what a reader of committed records finds in both topics.
    pub(crate) fn compare(&mut self, input: &[OwnedMessage], output: &[OwnedMessage]) {
        let text =
            |record: &OwnedMessage| String::from_utf8(record.payload().unwrap().to_vec()).unwrap();
        let mut numbers = BTreeSet::new();
        let mut wanted = BTreeMap::new();
        for record in input {
            let number = text(record);
            wanted.insert(format!("{} {} {number}", record.partition(), record.offset()), 0_usize);
            numbers.insert(number.parse::<u64>().unwrap());
        }
        for record in output {
            let text = text(record);
            *wanted.get_mut(&text).unwrap_or_else(|| panic!("nobody wrote `{text}`")) += 1;
        }
        self.read = input.len();
        self.unfed = (0..self.fed).filter(|number| !numbers.contains(number)).count();
        self.lost = wanted.values().filter(|count| **count == 0).count();
        self.repeated = wanted.values().map(|count| count.saturating_sub(1)).sum();
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, seed, fed, read, unfed, lost, repeated, .. } = self;
        write!(f, "{name}, seed {seed}:")?;
        for (who, count) in &self.kills {
            write!(f, " {count} x {who},")?;
        }
        write!(
            f,
            " {fed} numbers fed, {unfed} of them missing; {read} records read, {lost} lost, "
        )?;
        write!(f, "{repeated} repeated")?;
        for (why, count) in &self.ended {
            write!(f, "\n  {count} ended by themselves: {why}")?;
        }
        Ok(())
    }
}
