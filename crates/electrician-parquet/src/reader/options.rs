//! How files are read.

use super::range::{Bound, Range};
use crate::FileLimits;

/// The settings of reading a file of Parquet.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until a reader gets them"]
pub struct ReadOptions {
    pub(crate) limits: FileLimits,
    pub(crate) batch_rows: usize,
    pub(crate) columns: Option<Vec<String>>,
    pub(crate) ranges: Vec<Range>,
}

// === impl ReadOptions ===

impl ReadOptions {
    /// The defaults.
    pub const fn new() -> Self {
        let limits = FileLimits::DEFAULT;
        Self { limits, batch_rows: 8192, columns: None, ranges: Vec::new() }
    }

    /// Sets what is taken from strangers. Default: [`FileLimits::DEFAULT`].
    pub const fn with_limits(mut self, limits: FileLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many rows are decoded together at most, 1 or more. Default: 8192.
    pub const fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = if rows == 0 { 1 } else { rows };
        self
    }

    /// Sets the columns that are read, by the names of those at the top. Default: for records their
    /// fields, for batches all.
    pub fn with_columns(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Passes over row groups that have no value from `low` to `high` in `column`, both included, as
    /// far as the statistics of the file know. Rows of the other row groups all come, those outside
    /// of the range as well. Dates, times and decimals are given as the integers that they are.
    /// Several ranges must all be met.
    pub fn with_range(
        mut self,
        column: impl Into<String>,
        low: impl Into<Bound>,
        high: impl Into<Bound>,
    ) -> Self {
        self.ranges.push(Range { column: column.into(), low: low.into(), high: high.into() });
        self
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self::new()
    }
}
