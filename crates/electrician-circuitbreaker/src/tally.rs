//! The outcomes of some calls, in order, in little room.

/// Successes and failures, and as much of their order as it takes to count failures in a row across
/// batches as if each call had been told alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) successes: usize,
    pub(crate) failures: usize,
    pub(crate) slow_successes: usize,
    pub(crate) slow_failures: usize,
    /// Failures before the first success.
    leading: usize,
    /// The longest row of failures.
    longest: usize,
    /// Failures after the last success.
    trailing: usize,
    is_first_failure_slow: bool,
}

// === impl Tally ===

impl Tally {
    pub(crate) fn one(is_failure: bool, is_slow: bool) -> Self {
        let mut tally = Self::default();
        tally.push(is_failure, is_slow);
        tally
    }

    #[inline]
    pub(crate) fn push(&mut self, is_failure: bool, is_slow: bool) {
        if is_failure {
            self.is_first_failure_slow |= is_slow && self.failures == 0;
            self.slow_failures += usize::from(is_slow);
            self.append(0, 1);
        } else {
            self.slow_successes += usize::from(is_slow);
            self.successes += 1;
            self.trailing = 0;
        }
    }

    /// Adds `successes`, then `failures`, none of them slow.
    #[inline]
    pub(crate) fn append(&mut self, successes: usize, failures: usize) {
        if successes > 0 {
            self.successes += successes;
            self.trailing = 0;
        }
        if failures > 0 {
            self.failures += failures;
            self.trailing += failures;
            self.longest = self.longest.max(self.trailing);
            if self.successes == 0 {
                self.leading = self.trailing;
            }
        }
    }

    /// The same calls without the failures.
    pub(crate) fn without_failures(&self) -> Self {
        let Self { successes, slow_successes, .. } = *self;
        Self { successes, slow_successes, ..Self::default() }
    }

    /// The same calls with only the first of the failures.
    pub(crate) fn with_first_failure(&self) -> Self {
        let is_last = self.trailing == self.failures;
        Self {
            failures: self.failures.min(1),
            slow_failures: usize::from(self.is_first_failure_slow),
            leading: self.leading.min(1),
            longest: self.longest.min(1),
            trailing: if is_last { self.trailing.min(1) } else { 0 },
            ..*self
        }
    }

    /// Follows a row of `run` failures: the row that is there afterwards, and the longest on the
    /// way.
    pub(crate) fn follow(&self, run: usize) -> (usize, usize) {
        if self.successes == 0 {
            let run = run.saturating_add(self.failures);
            return (run, run);
        }
        (self.trailing, self.longest.max(run.saturating_add(self.leading)))
    }
}

#[cfg(test)]
mod tests;
