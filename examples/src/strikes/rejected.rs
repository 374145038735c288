//! The file of rejected rows.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use electrician::{DeadLetter, DeadLetters, Error};

use crate::strikes::parse::Malformed;
use crate::strikes::rules::Contradiction;
use crate::strikes::source::{Columns, Row};
use crate::strikes::strike::Strike;

/// Writes rejected rows to a CSV file: line, stage, reason, and the row itself.
#[derive(Debug)]
pub struct RejectedLog {
    writer: csv::Writer<File>,
    columns: Columns,
    rejections: Rejections,
}

/// What was rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejections {
    /// How many rows.
    pub rows: u64,
    /// What they cost, US dollars, as far as it can be read: no table has it.
    pub cost: u64,
    /// By stage and rule.
    pub rules: BTreeMap<(String, String), u64>,
}

// === impl RejectedLog ===

impl RejectedLog {
    /// Creates the file, and the folders it is in, or makes it empty.
    pub fn create(path: &Path, columns: Columns) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut writer = csv::Writer::from_path(path)?;
        writer.write_record(["line", "stage", "reason", "row"])?;
        Ok(Self { writer, columns, rejections: Rejections::default() })
    }

    /// Writes what two stages reject, until both have ended for good.
    pub async fn write_all(
        mut self,
        mut rows: DeadLetters<Row>,
        mut strikes: DeadLetters<Strike>,
    ) -> io::Result<Rejections> {
        loop {
            tokio::select! {
                Some(letter) = rows.recv() => self.write(letter)?,
                Some(letter) = strikes.recv() => self.write(letter)?,
                else => break,
            }
        }
        self.writer.flush()?;
        Ok(self.rejections)
    }

    fn write<T: AsRef<Row>>(&mut self, letter: DeadLetter<T>) -> io::Result<()> {
        let row = letter.item.value().as_ref();
        let (reason, rule) = explain(&letter.error);
        let line = row.line.to_string();
        self.writer.write_record([&line, &*letter.stage, &reason, &row.text()])?;
        self.rejections.rows += 1;
        self.rejections.cost += u64::from(self.columns.cost(row).unwrap_or_default());
        *self.rejections.rules.entry((letter.stage.to_string(), rule)).or_default() += 1;
        // From here on the row is safe, and no longer the source's concern.
        letter.accept();
        Ok(())
    }
}

/// The reason in full and in short.
fn explain(error: &Error) -> (String, String) {
    if let Some(malformed) = error.cause::<Malformed>() {
        (malformed.to_string(), malformed.rule())
    } else if let Some(contradiction) = error.cause::<Contradiction>() {
        (contradiction.to_string(), contradiction.rule())
    } else {
        (error.to_string(), error.kind().to_string())
    }
}
