//! The algorithm, without clocks, locks or tasks.

use std::time::{Duration, Instant};

use crate::slots::Limit;

/// Successes after which an old baseline is forgotten, once and again.
const WINDOW: u32 = 1000;

/// The part of the limit from which on it is in use enough to be raised.
const NEAR: f64 = 0.8;

#[derive(Clone, Debug)]
pub(crate) struct Aimd {
    pub(super) limit: f64,
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) backoff: f64,
    pub(super) tolerance: f64,
    baseline: Baseline,
    decreased: Option<Instant>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) started: Instant,
    pub(super) now: Instant,
    /// Calls under way, this one included.
    pub(super) in_flight: usize,
    pub(super) went_well: bool,
}

/// The shortest time in this window and in the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Baseline {
    before: Option<Duration>,
    current: Option<Duration>,
    count: u32,
}

// === impl Aimd ===

impl Aimd {
    pub(super) fn new(
        min: usize,
        max: usize,
        initial: usize,
        backoff: f64,
        tolerance: f64,
    ) -> Self {
        let baseline = Baseline::default();
        Self { limit: initial as f64, min, max, backoff, tolerance, baseline, decreased: None }
    }

    pub(super) fn learn(&mut self, sample: &Sample) {
        let latency = sample.now.saturating_duration_since(sample.started);
        if !sample.went_well {
            return self.decrease(sample);
        }
        let is_slow = self.baseline.get().is_some_and(|baseline| {
            latency.as_secs_f64() > baseline.as_secs_f64() * self.tolerance
        });
        self.baseline.learn(latency);
        if is_slow {
            self.decrease(sample);
        } else if sample.in_flight as f64 >= self.limit() as f64 * NEAR {
            self.limit = (self.limit + 1.0 / self.limit).min(self.max as f64);
        }
    }

    fn decrease(&mut self, sample: &Sample) {
        if self.decreased.is_some_and(|decreased| sample.started < decreased) {
            return;
        }
        self.decreased = Some(sample.now);
        self.limit = (self.limit * self.backoff).max(self.min as f64);
    }
}

impl Limit for Aimd {
    /// Whole calls.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "min to max")]
    fn limit(&self) -> usize {
        (self.limit as usize).clamp(self.min, self.max)
    }
}

// === impl Baseline ===

impl Baseline {
    fn get(&self) -> Option<Duration> {
        match (self.before, self.current) {
            (Some(before), Some(current)) => Some(before.min(current)),
            (before, current) => before.or(current),
        }
    }

    fn learn(&mut self, latency: Duration) {
        self.current = Some(self.current.map_or(latency, |current| current.min(latency)));
        self.count += 1;
        if self.count == WINDOW {
            *self = Self { before: self.current, current: None, count: 0 };
        }
    }
}

#[cfg(test)]
mod tests;
