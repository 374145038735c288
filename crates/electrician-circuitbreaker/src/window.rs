//! Sliding windows over the outcomes of calls.

use std::collections::VecDeque;
use std::ops::{AddAssign, SubAssign};
use std::time::{Duration, Instant};

use crate::settings::Span;
use crate::tally::Tally;

/// The calls of late.
#[derive(Clone, Debug)]
pub(crate) enum Window {
    Calls(CallWindow),
    Time(TimeWindow),
}

/// How many calls a window holds, and how many of them were bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: usize,
    pub(crate) failures: usize,
    pub(crate) slow: usize,
}

/// The last so many calls, as rows of like ones: a batch of successes is one step.
#[derive(Clone, Debug)]
pub(crate) struct CallWindow {
    size: usize,
    /// At most `size` of them, none empty.
    rows: VecDeque<Row>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    is_failure: bool,
    is_slow: bool,
    calls: usize,
}

/// The calls of the last so long. Time is cut into parts that begin with the breaker; the window is
/// the present part, which is not over, and those before it.
#[derive(Clone, Debug)]
pub(crate) struct TimeWindow {
    origin: Instant,
    /// Nanoseconds of a part.
    width: u64,
    parts: Box<[Counts]>,
    /// The number of the present part.
    present: u64,
    counts: Counts,
}

// === impl Window ===

impl Window {
    pub(crate) fn new(span: Span, origin: Instant) -> Self {
        match span {
            Span::Calls(size) => Self::Calls(CallWindow::new(size)),
            Span::Time(length, parts) => Self::Time(TimeWindow::new(length, parts, origin)),
        }
    }

    /// Takes the calls in: the successes, then the failures.
    pub(crate) fn record(&mut self, tally: &Tally, now: Instant) {
        match self {
            Self::Calls(window) => window.record(tally),
            Self::Time(window) => window.record(tally, now),
        }
    }

    /// What it held when something was recorded last.
    pub(crate) const fn counts(&self) -> Counts {
        match self {
            Self::Calls(window) => window.counts,
            Self::Time(window) => window.counts,
        }
    }

    pub(crate) fn clear(&mut self) {
        match self {
            Self::Calls(CallWindow { rows, counts, .. }) => {
                rows.clear();
                *counts = Counts::default();
            }
            Self::Time(TimeWindow { parts, counts, .. }) => {
                parts.fill(Counts::default());
                *counts = Counts::default();
            }
        }
    }
}

// === impl CallWindow ===

impl CallWindow {
    fn new(size: usize) -> Self {
        Self { size, rows: VecDeque::with_capacity(size), counts: Counts::default() }
    }

    fn record(&mut self, tally: &Tally) {
        let Tally { successes, failures, slow_successes, slow_failures, .. } = *tally;
        self.push(false, false, successes - slow_successes);
        self.push(false, true, slow_successes);
        self.push(true, false, failures - slow_failures);
        self.push(true, true, slow_failures);
    }

    fn push(&mut self, is_failure: bool, is_slow: bool, calls: usize) {
        if calls == 0 {
            return;
        }
        let row = Row { is_failure, is_slow, calls: calls.min(self.size) };
        self.make_room(row.calls);
        self.counts += row.counts();
        match self.rows.back_mut() {
            Some(last) if (last.is_failure, last.is_slow) == (is_failure, is_slow) => {
                last.calls += row.calls;
            }
            _ => self.rows.push_back(row),
        }
    }

    /// Forgets the oldest calls, until `calls` more fit in.
    fn make_room(&mut self, calls: usize) {
        let mut surplus = (self.counts.calls + calls).saturating_sub(self.size);
        while surplus > 0
            && let Some(first) = self.rows.front_mut()
        {
            let gone = Row { calls: first.calls.min(surplus), ..*first };
            first.calls -= gone.calls;
            if first.calls == 0 {
                self.rows.pop_front();
            }
            surplus -= gone.calls;
            self.counts -= gone.counts();
        }
    }
}

// === impl Row ===

impl Row {
    fn counts(self) -> Counts {
        Counts {
            calls: self.calls,
            failures: if self.is_failure { self.calls } else { 0 },
            slow: if self.is_slow { self.calls } else { 0 },
        }
    }
}

// === impl TimeWindow ===

impl TimeWindow {
    fn new(length: Duration, parts: u32, origin: Instant) -> Self {
        let width = nanos(length / parts.max(1)).max(1);
        let parts = vec![Counts::default(); parts.max(1) as usize].into_boxed_slice();
        Self { origin, width, parts, present: 0, counts: Counts::default() }
    }

    fn record(&mut self, tally: &Tally, now: Instant) {
        self.advance(now);
        let more = Counts {
            calls: tally.successes + tally.failures,
            failures: tally.failures,
            slow: tally.slow_successes + tally.slow_failures,
        };
        let index = self.index(self.present);
        self.parts[index] += more;
        self.counts += more;
    }

    /// Forgets the parts that have left the window.
    fn advance(&mut self, now: Instant) {
        let present = nanos(now.saturating_duration_since(self.origin)) / self.width;
        let passed = present.saturating_sub(self.present).min(self.parts.len() as u64);
        for part in 1..=passed {
            let index = self.index(self.present.saturating_add(part));
            self.counts -= std::mem::take(&mut self.parts[index]);
        }
        self.present = self.present.max(present);
    }

    fn index(&self, part: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "less than the number of parts")]
        let index = (part % self.parts.len() as u64) as usize;
        index
    }
}

// === impl Counts ===

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.calls += more.calls;
        self.failures += more.failures;
        self.slow += more.slow;
    }
}

impl SubAssign for Counts {
    fn sub_assign(&mut self, less: Self) {
        self.calls -= less.calls;
        self.failures -= less.failures;
        self.slow -= less.slow;
    }
}

/// Nanoseconds, up to 584 years of them.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
