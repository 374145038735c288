//! What a breaker was told, checked.

use std::time::Duration;

use crate::outcome::Outcome;

/// Everything that decides when a breaker trips and how it recovers.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Failures in a row that trip.
    pub(crate) consecutive: Option<usize>,
    pub(crate) window: Option<Span>,
    /// Calls that the window must hold before a share of them trips.
    pub(crate) minimum_calls: usize,
    pub(crate) failures: Option<Share>,
    pub(crate) slow: Option<Slow>,
    pub(crate) debounce: Duration,
    pub(crate) open: OpenTime,
    /// Probes that may be out at once while half-open.
    pub(crate) probes: usize,
    /// Successful probes that close.
    pub(crate) successes: usize,
    /// What a permit that is dropped without an outcome says, unless it unwinds.
    pub(crate) on_cancel: Outcome,
}

/// What a sliding window holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Span {
    /// The last so many calls.
    Calls(usize),
    /// The calls of so long, in so many parts.
    Time(Duration, u32),
}

/// Which calls are slow, and how many of them trip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slow {
    pub(crate) threshold: Duration,
    pub(crate) share: Share,
}

/// How long the breaker stays open: `first * factor^(trips - 1)`, at most `cap`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenTime {
    pub(crate) first: Duration,
    pub(crate) factor: u32,
    pub(crate) cap: Duration,
}

/// A part of a whole, in millionths: fractions that users write are compared exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share(u32);

// === impl OpenTime ===

impl OpenTime {
    /// For the trip number `trips` in a row, from 1.
    pub(crate) fn after(&self, trips: u32) -> Duration {
        let factor = self.factor.saturating_pow(trips.saturating_sub(1));
        self.first.saturating_mul(factor).min(self.cap)
    }
}

// === impl Share ===

impl Share {
    /// `fraction`, if it is above 0 and at most 1.
    pub(crate) fn new(fraction: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a million"
        )]
        let millionths =
            (fraction > 0.0 && fraction <= 1.0).then(|| (fraction * 1_000_000.0).round() as u32)?;
        (millionths > 0).then_some(Self(millionths))
    }

    /// Whether `part` of `whole` is at least this share.
    pub(crate) const fn is_reached(self, part: usize, whole: usize) -> bool {
        part as u128 * 1_000_000 >= self.0 as u128 * whole as u128
    }
}
