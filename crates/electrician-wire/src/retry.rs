//! The insulator: trying a failed item again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::Error;

use crate::panics;

/// How often, when, and on what errors a failed item is tried again.
///
/// The failed stage is tried again with its own input; when it succeeds the item goes on as if
/// nothing had happened. Waiting grows exponentially, with full jitter: before retry `n` (from 0)
/// the wait is drawn evenly from zero to `min(cap, base * 2^n)`, which spreads retries best (M.
/// Brooker, "Exponential Backoff And Jitter", 2015).
#[derive(Clone)]
pub struct Retry {
    retries: u32,
    base: Duration,
    cap: Duration,
    growth: u32,
    jitter: bool,
    only_if: Option<Classifier>,
}

type Classifier = Arc<dyn Fn(&Error) -> bool + Send + Sync>;

// === impl Retry ===

impl Retry {
    /// Up to `retries` further attempts, exponentially later: base 100 ms, cap 10 s, full jitter.
    pub const fn exponential(retries: u32) -> Self {
        Self {
            retries,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(10),
            growth: 2,
            jitter: true,
            only_if: None,
        }
    }

    /// Up to `retries` further attempts, each `interval` after the last, without jitter.
    pub const fn fixed(retries: u32, interval: Duration) -> Self {
        Self { retries, base: interval, cap: interval, growth: 1, jitter: false, only_if: None }
    }

    /// Sets the bound of the first wait.
    pub const fn with_base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// Sets the bound that no wait exceeds.
    pub const fn with_cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Waits the full bound each time instead of a random part of it.
    pub const fn without_jitter(mut self) -> Self {
        self.jitter = false;
        self
    }

    /// Retries only errors for which `classify` is true. The default is
    /// [`Error::is_retryable`]: errors and timeouts, not panics.
    pub fn only_if(mut self, classify: impl Fn(&Error) -> bool + Send + Sync + 'static) -> Self {
        self.only_if = Some(Arc::new(classify));
        self
    }

    /// The number of further attempts.
    pub const fn retries(&self) -> u32 {
        self.retries
    }

    /// How long to wait before the next attempt after `attempts` failed ones, the last with
    /// `error`; `None` to give up.
    pub fn next_wait(&self, attempts: u32, error: &Error) -> Option<Duration> {
        let wanted = match &self.only_if {
            // One that panics has not said yes.
            Some(classify) => panics::caught(|| classify(error)).unwrap_or(false),
            None => error.is_retryable(),
        };
        if wanted { self.wait_before(attempts) } else { None }
    }

    /// How long to wait before retry number `retry` (from 1), whatever the error; `None` to give
    /// up.
    pub fn wait_before(&self, retry: u32) -> Option<Duration> {
        (retry <= self.retries).then(|| self.wait(retry.saturating_sub(1)))
    }

    /// What is wrong with the policy, and what would be right.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.retries == 0 {
            problems.push("retry with 0 retries never retries: give at least 1, or none".into());
        }
        if self.base > self.cap {
            let Self { base, cap, .. } = self;
            problems
                .push(format!("retry waits {base:?} at first but at most {cap:?}: raise the cap"));
        }
        problems
    }

    fn wait(&self, exponent: u32) -> Duration {
        let factor = self.growth.saturating_pow(exponent);
        let bound = self.base.saturating_mul(factor).min(self.cap);
        if self.jitter { bound.mul_f64(fastrand::f64()) } else { bound }
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("retries", &self.retries)
            .field("base", &self.base)
            .field("cap", &self.cap)
            .field("jitter", &self.jitter)
            .finish_non_exhaustive()
    }
}
