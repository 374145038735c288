//! The insulator: trying a failed item again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_types::Error;

use crate::panics;

/// One retry, in the units of a budget.
const TOKEN: u64 = 1000;

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
    budget: Option<RetryBudget>,
}

/// What retries may cost, so that they do not finish off what is failing: each takes one token, and
/// each success brings a part of one. When there is none left, failed items are not tried again.
///
/// Clones share the tokens, and so do the workers of a stage: give one to several stages that
/// depend on the same service.
#[derive(Clone, Debug)]
pub struct RetryBudget {
    ratio: u64,
    reserve: u64,
    /// In thousandths.
    tokens: Arc<AtomicU64>,
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
            budget: None,
        }
    }

    /// Up to `retries` further attempts, each `interval` after the last, without jitter.
    pub const fn fixed(retries: u32, interval: Duration) -> Self {
        Self {
            retries,
            base: interval,
            cap: interval,
            growth: 1,
            jitter: false,
            only_if: None,
            budget: None,
        }
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

    /// Takes a token of `budget` for each retry. Default: retries cost nothing.
    pub fn with_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// The number of further attempts.
    pub const fn retries(&self) -> u32 {
        self.retries
    }

    /// How long to wait before the next attempt after `attempts` failed ones, the last with
    /// `error`; `None` to give up. Takes a token, if there is a budget.
    pub fn next_wait(&self, attempts: u32, error: &Error) -> Option<Duration> {
        let wanted = match &self.only_if {
            // One that panics has not said yes.
            Some(classify) => panics::caught(|| classify(error)).unwrap_or(false),
            None => error.is_retryable(),
        };
        let wait = self.wait_before(attempts).filter(|_| wanted)?;
        // Last, so that only a retry that will be made is paid for.
        self.budget.as_ref().is_none_or(RetryBudget::withdraw).then_some(wait)
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
        if self.budget.as_ref().is_some_and(|budget| budget.ratio == 0 && budget.reserve == 0) {
            problems
                .push("a retry budget without ratio and reserve allows no retry: give one".into());
        }
        if self.base > self.cap {
            let Self { base, cap, .. } = self;
            problems
                .push(format!("retry waits {base:?} at first but at most {cap:?}: raise the cap"));
        }
        problems
    }

    /// So many attempts, of whatever item, succeeded.
    pub(crate) fn deposit(&self, successes: usize) {
        if let Some(budget) = &self.budget {
            budget.deposit(successes as u64);
        }
    }

    fn wait(&self, exponent: u32) -> Duration {
        let factor = self.growth.saturating_pow(exponent);
        let bound = self.base.saturating_mul(factor).min(self.cap);
        if self.jitter { bound.mul_f64(fastrand::f64()) } else { bound }
    }
}

// === impl RetryBudget ===

impl RetryBudget {
    /// A budget of `reserve` retries at first, and at most, to which each success adds
    /// `percent` hundredths of one, at most 1000: with 20, one retry for five successes.
    pub fn new(percent: u32, reserve: u32) -> Self {
        let reserve = u64::from(reserve) * TOKEN;
        let ratio = u64::from(percent.min(1000)) * (TOKEN / 100);
        Self { ratio, reserve, tokens: Arc::new(AtomicU64::new(reserve)) }
    }

    /// How many retries it allows now.
    pub fn left(&self) -> u64 {
        self.tokens.load(Ordering::Relaxed) / TOKEN
    }

    fn withdraw(&self) -> bool {
        let less = |tokens: u64| tokens.checked_sub(TOKEN);
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    fn deposit(&self, successes: u64) {
        // A full one is not written to.
        let more = |tokens: u64| {
            let sum = tokens.saturating_add(successes.saturating_mul(self.ratio));
            (tokens < self.reserve).then(|| sum.min(self.reserve))
        };
        // It fails where nothing is to be added.
        let _: Result<_, _> = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
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
