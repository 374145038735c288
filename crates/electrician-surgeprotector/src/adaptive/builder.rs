//! Building an adaptive limit.

use std::fmt;
use std::sync::Arc;

use electrician_types::{Clock, ConfigError};

use super::{Adaptive, Aimd};
use crate::builder::{NO_CLOCK, default_clock};

/// Builds an [`Adaptive`].
#[must_use = "a builder does nothing until it is built"]
pub struct AdaptiveBuilder {
    min: usize,
    max: usize,
    initial: usize,
    backoff: f64,
    tolerance: f64,
    clock: Option<Arc<dyn Clock>>,
}

// === impl AdaptiveBuilder ===

impl AdaptiveBuilder {
    pub(super) fn new() -> Self {
        let clock = default_clock();
        Self { min: 1, max: 1000, initial: 20, backoff: 0.9, tolerance: 2.0, clock }
    }

    /// Sets the lowest limit. The default is 1.
    pub fn with_min(mut self, min: usize) -> Self {
        self.min = min;
        self
    }

    /// Sets the highest limit. The default is 1000.
    pub fn with_max(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Sets the limit to begin with. The default is 20.
    pub fn with_initial(mut self, initial: usize) -> Self {
        self.initial = initial;
        self
    }

    /// Sets what the limit is multiplied with when it is lowered, between 0 and 1. The default is
    /// 0.9.
    pub fn with_backoff(mut self, backoff: f64) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets how many times the baseline a call may take, more than 1. The default is 2.
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the clock that calls are timed with. The default, with feature `tokio`, is the
    /// runtime's.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The limit, or every problem of its configuration.
    #[expect(clippy::missing_panics_doc, reason = "without a clock it has failed before")]
    pub fn build(self) -> Result<Adaptive, ConfigError> {
        let Self { min, max, initial, backoff, tolerance, clock } = self;
        let mut problems = Vec::new();
        if min == 0 {
            problems.push("a lowest limit of 0 could never be raised: give at least 1".to_owned());
        }
        if min > max {
            problems.push(format!("the lowest limit {min} is above the highest {max}"));
        } else if !(min..=max).contains(&initial) {
            problems.push(format!("a limit of {initial} at first is not between {min} and {max}"));
        }
        if !(backoff > 0.0 && backoff < 1.0) {
            problems.push(format!("a backoff of {backoff}: give one between 0 and 1"));
        }
        if tolerance.is_nan() || tolerance <= 1.0 || tolerance.is_infinite() {
            problems.push(format!("a tolerance of {tolerance}: give more than 1"));
        }
        if clock.is_none() {
            problems.push(NO_CLOCK.to_owned());
        }
        let problems = problems.into_iter().map(|problem| format!("adaptive limit: {problem}"));
        ConfigError::check(problems.collect())?;
        let clock = clock.expect("that there is none is a problem");
        Ok(Adaptive::new(Aimd::new(min, max, initial, backoff, tolerance), clock))
    }
}

impl fmt::Debug for AdaptiveBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveBuilder")
            .field("min", &self.min)
            .field("max", &self.max)
            .field("initial", &self.initial)
            .field("backoff", &self.backoff)
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}
