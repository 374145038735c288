//! Building a meter: settings, validated once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{Clock, ConfigError};

use crate::clock::RuntimeClock;
use crate::meter::Meter;

/// The most stages, and the most metrics of the user's, that a meter takes.
const MAX: usize = 1 << 16;

/// A meter in the making. [`Meter::builder`] begins one, [`build`](Self::build) ends it.
#[must_use = "a builder does nothing until it is built"]
pub struct MeterBuilder {
    pub(crate) name: Arc<str>,
    pub(crate) expected: Option<u64>,
    pub(crate) sample_every: Duration,
    pub(crate) max_stages: usize,
    pub(crate) max_custom: usize,
    pub(crate) clock: Arc<dyn Clock>,
    #[cfg(feature = "host")]
    pub(crate) has_host: bool,
}

// === impl MeterBuilder ===

impl MeterBuilder {
    pub(crate) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            expected: None,
            sample_every: Duration::from_millis(1),
            max_stages: 1024,
            max_custom: 256,
            clock: Arc::new(RuntimeClock),
            #[cfg(feature = "host")]
            has_host: false,
        }
    }

    /// Expects `items` from outside in all. Gives progress, an ETA, and completion when so many are
    /// done with. Default: not known.
    pub fn with_total(mut self, items: u64) -> Self {
        self.expected = Some(items);
        self
    }

    /// Samples an item that enters the pipeline, for queue waits and end-to-end times, at most once
    /// in this time for each worker of the stage. Default: 1 ms.
    pub fn with_sample_every(mut self, time: Duration) -> Self {
        self.sample_every = time;
        self
    }

    /// Measures at most so many stages, sources and outputs, 1 to 65,536: others are
    /// [counted](crate::Snapshot::unmetered_stages) only. One that starts again takes no new place.
    /// Default: 1,024.
    pub fn with_max_stages(mut self, stages: usize) -> Self {
        self.max_stages = stages;
        self
    }

    /// Has at most so many metrics of the user's, 65,536 at most. Default: 256.
    pub fn with_max_custom(mut self, metrics: usize) -> Self {
        self.max_custom = metrics;
        self
    }

    /// Takes the time of readings and timers from `clock`. Default: that of the tokio runtime.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Looks at the process and its machine as well, at most once a second, when a reading is
    /// taken. Default: no.
    #[cfg(feature = "host")]
    pub fn with_host(mut self) -> Self {
        self.has_host = true;
        self
    }

    /// Validates the configuration, reporting every problem at once.
    pub fn build(self) -> Result<Meter, ConfigError> {
        let mut problems = Vec::new();
        if !(1..=MAX).contains(&self.max_stages) {
            problems.push(format!("{} stages at most: give 1 to {MAX}", self.max_stages));
        }
        if self.max_custom > MAX {
            problems.push(format!("{} own metrics at most: give 0 to {MAX}", self.max_custom));
        }
        if self.sample_every.is_zero() {
            problems.push("a sample every 0 s: give more".into());
        }
        let named = problems.into_iter().map(|problem| format!("{}: {problem}", self.name));
        ConfigError::check(named.collect())?;
        Ok(Meter::of(self))
    }
}

impl fmt::Debug for MeterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeterBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
