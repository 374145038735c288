//! Waiting for the end, whichever it is.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use electrician_types::{ConfigError, Ledger};

use crate::clock::after;
use crate::meter::Meter;
use crate::registry::Sum;
use crate::slot::errors;

/// How often a watch looks, unless told otherwise.
const EVERY: Duration = Duration::from_millis(100);

/// Waits for the end of what a meter watches. [`Meter::watch`] begins one,
/// [`outcome`](Self::outcome) waits.
#[must_use = "a watch does nothing until its outcome is awaited"]
pub struct Watch {
    meter: Meter,
    every: Duration,
    idle: Option<Duration>,
    errors: Option<(Percent, u64)>,
    cancel: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// How what a meter watches came to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Everything that will come is done with: see [`Meter::is_complete`].
    Complete,
    /// Nothing moved for as long as the timeout says.
    Idle {
        /// Items that are still inside.
        in_flight: u64,
    },
    /// Too many items failed.
    ErrorThreshold {
        /// Percent of the items that came in which failed for good.
        percent: f64,
    },
    /// The watch was cancelled.
    Cancelled,
}

/// A part of a hundred, above 0 and at most 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(f64);

// === impl Meter ===

impl Meter {
    /// A watch for the end.
    pub fn watch(&self) -> Watch {
        let meter = self.clone();
        Watch { meter, every: EVERY, idle: None, errors: None, cancel: None }
    }

    /// Waits until [everything is done with](Self::is_complete). Cancel-safe.
    pub async fn finished(&self) {
        self.watch().outcome().await;
    }
}

// === impl Watch ===

impl Watch {
    /// Ends when nothing has moved for `timeout`: no item came in, was handed on, failed, or was
    /// tried again. The time begins with the wait. Default: never.
    ///
    /// A stage that works on one item for longer looks idle.
    pub fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle = Some(timeout);
        self
    }

    /// Ends when at least `percent` of the items that came in have failed for good, once at least
    /// `minimum` have come in. Default: never.
    pub fn with_error_threshold(mut self, percent: Percent, minimum: u64) -> Self {
        self.errors = Some((percent, minimum));
        self
    }

    /// Ends when `cancel` is ready. Default: never.
    pub fn with_cancel(mut self, cancel: impl Future<Output = ()> + Send + 'static) -> Self {
        self.cancel = Some(Box::pin(cancel));
        self
    }

    /// Looks as often as that, and when a source or a stage has ended. Default: every 100 ms.
    pub fn with_look_every(mut self, time: Duration) -> Self {
        self.every = time.max(Duration::from_millis(1));
        self
    }

    /// Waits for the end. If it came in several ways at once, the first of [`Outcome`] counts.
    ///
    /// Cancel-safe: nothing is lost but the time that nothing moved so far.
    pub async fn outcome(mut self) -> Outcome {
        let clock = std::sync::Arc::clone(&self.meter.core.clock);
        let mut timer = clock.timer();
        let (mut seen, mut moved): (Option<Ledger>, Instant) = (None, clock.now());
        loop {
            let listener = self.meter.core.changed.listen();
            self.meter.tick();
            let sum = self.meter.core.registry().sum();
            let now = clock.now();
            if seen != Some(sum.ledger) {
                seen = Some(sum.ledger);
                moved = now;
            }
            if let Some(outcome) = self.judge(&sum, now.saturating_duration_since(moved)) {
                return outcome;
            }
            let mut due = after(now, self.every);
            if let Some(idle) = self.idle {
                due = due.min(after(moved, idle));
            }
            timer.reset(due);
            let mut listener = std::pin::pin!(listener);
            let is_cancelled = poll_fn(|cx| {
                let cancel = self.cancel.as_mut();
                if cancel.is_some_and(|cancel| cancel.as_mut().poll(cx).is_ready()) {
                    return Poll::Ready(true);
                }
                if listener.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(false);
                }
                timer.poll_elapsed(cx).map(|()| false)
            });
            if is_cancelled.await {
                return Outcome::Cancelled;
            }
        }
    }

    fn judge(&self, sum: &Sum, still: Duration) -> Option<Outcome> {
        if sum.is_complete(self.meter.expected()) {
            return Some(Outcome::Complete);
        }
        if self.idle.is_some_and(|idle| still >= idle) {
            return Some(Outcome::Idle { in_flight: sum.in_flight });
        }
        let (threshold, minimum) = self.errors?;
        let entered = sum.ledger.accepted;
        let percent = 100.0 * errors(&sum.ledger) as f64 / entered.max(1) as f64;
        let is_over = entered >= minimum.max(1) && percent >= threshold.0;
        is_over.then_some(Outcome::ErrorThreshold { percent })
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("meter", &self.meter)
            .field("idle", &self.idle)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

// === impl Percent ===

impl Percent {
    /// `percent` of a hundred.
    pub fn new(percent: f64) -> Result<Self, ConfigError> {
        let is_good = percent > 0.0 && percent <= 100.0;
        let problem = format!("a threshold of {percent} percent: give more than 0, at most 100");
        ConfigError::check(if is_good { Vec::new() } else { vec![problem] })?;
        Ok(Self(percent))
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}
