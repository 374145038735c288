//! Building a breaker: settings, validated once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{Clock, ComponentKind, ConfigError, Metadata, Observer};

use crate::breaker::CircuitBreaker;
use crate::clock::SystemClock;
use crate::outcome::Outcome;
use crate::settings::{OpenTime, Settings, Share, Slow, Span};
use crate::shared::Shared;

/// Failures in a row that trip a breaker which was told nothing.
const DEFAULT_CONSECUTIVE: usize = 5;

/// The window of a breaker that was told a rate but no window, calls.
const DEFAULT_WINDOW: usize = 100;

/// Calls before a rate counts, unless the window is smaller.
const DEFAULT_MINIMUM: usize = 20;

/// The most calls of a window by calls: its room is allocated at once.
const MAX_WINDOW: usize = 1 << 16;

/// The most parts of a window by time.
const MAX_PARTS: u32 = 1 << 12;

/// A breaker in the making. [`CircuitBreaker::builder`] begins one, [`build`](Self::build) ends it.
///
/// It trips by any of the conditions it was given: [failures in a row](Self::with_consecutive_failures),
/// a [failure rate](Self::with_failure_rate), [slow calls](Self::with_slow_calls). Without any, by 5
/// failures in a row.
#[must_use = "a builder does nothing until it is built"]
pub struct CircuitBreakerBuilder {
    name: Arc<str>,
    consecutive: Option<usize>,
    failure_rate: Option<f64>,
    slow_calls: Option<(Duration, f64)>,
    count_window: Option<usize>,
    time_window: Option<(Duration, u32)>,
    minimum_calls: Option<usize>,
    debounce: Duration,
    open_for: Duration,
    growth: Option<(u32, Duration)>,
    probes: usize,
    successes: usize,
    on_cancel: Outcome,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
}

// === impl CircuitBreakerBuilder ===

impl CircuitBreakerBuilder {
    pub(crate) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            consecutive: None,
            failure_rate: None,
            slow_calls: None,
            count_window: None,
            time_window: None,
            minimum_calls: None,
            debounce: Duration::ZERO,
            open_for: Duration::from_secs(5),
            growth: None,
            probes: 1,
            successes: 1,
            on_cancel: Outcome::Ignored,
            clock: Arc::new(SystemClock),
            observer: None,
        }
    }

    /// Trips after so many failures in a row. A success begins the row anew. Default: 5, if nothing
    /// else trips.
    pub fn with_consecutive_failures(mut self, failures: usize) -> Self {
        self.consecutive = Some(failures);
        self
    }

    /// Trips when at least this fraction of the calls in the window failed: above 0, at most 1,
    /// compared exactly to a millionth. Default: never.
    pub fn with_failure_rate(mut self, fraction: f64) -> Self {
        self.failure_rate = Some(fraction);
        self
    }

    /// Trips when at least this fraction of the calls in the window took `threshold` or longer,
    /// whatever came of them. A probe that takes so long has failed. Default: never.
    ///
    /// A permit then reads the clock when it is given and when it is settled.
    pub fn with_slow_calls(mut self, threshold: Duration, fraction: f64) -> Self {
        self.slow_calls = Some((threshold, fraction));
        self
    }

    /// Looks at the last so many calls for rates: 1 to 65,536. Default: 100.
    pub fn with_count_window(mut self, calls: usize) -> Self {
        self.count_window = Some(calls);
        self
    }

    /// Looks at the calls of the last `length` for rates, in `parts` (at most 4,096) that leave the
    /// window one by one: it holds the present part and those before, so between `length - length /
    /// parts` and `length`. Default: a window by calls.
    pub fn with_time_window(mut self, length: Duration, parts: u32) -> Self {
        self.time_window = Some((length, parts));
        self
    }

    /// Rates count only when the window holds so many calls. Default: 20, or the window if that is
    /// smaller.
    pub fn with_minimum_calls(mut self, calls: usize) -> Self {
        self.minimum_calls = Some(calls);
        self
    }

    /// Leaves out failures that come sooner than this after the last one that counted: one outage
    /// that hits many calls at once is one failure. While closed only: every probe counts. Default:
    /// zero, every failure counts.
    pub fn with_debounce(mut self, debounce: Duration) -> Self {
        self.debounce = debounce;
        self
    }

    /// Stays open for so long before it lets probes through. Default: 5 s.
    pub fn with_open_for(mut self, time: Duration) -> Self {
        self.open_for = time;
        self
    }

    /// Stays open `factor` times longer with each trip in a row, for `cap` at most: the trip number
    /// `n`, from 1, opens for `min(cap, open_for * factor^(n - 1))`. Closing begins anew. Default:
    /// the same time always.
    pub fn with_open_growth(mut self, factor: u32, cap: Duration) -> Self {
        self.growth = Some((factor, cap));
        self
    }

    /// Lets at most so many probes out at once while half-open. Default: 1.
    pub fn with_probes(mut self, probes: usize) -> Self {
        self.probes = probes;
        self
    }

    /// Closes after so many probes have succeeded; the first that fails opens again. Default: 1.
    pub fn with_required_successes(mut self, successes: usize) -> Self {
        self.successes = successes;
        self
    }

    /// What a permit says that is dropped without an outcome, as when a future is cancelled.
    /// Default: [`Outcome::Ignored`]. One that is dropped by a panic has failed in any case.
    pub fn with_cancel_outcome(mut self, outcome: Outcome) -> Self {
        self.on_cancel = outcome;
        self
    }

    /// Watches the breaker: [`Tripped`](electrician_types::Event::Tripped),
    /// [`HalfOpened`](electrician_types::Event::HalfOpened) and
    /// [`Reset`](electrician_types::Event::Reset), once per change of the state. Two changes that
    /// two threads make at the same time may be seen in either order.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Takes the time from `clock`. Default: [`SystemClock`].
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Validates the configuration, reporting every problem at once.
    pub fn build(self) -> Result<CircuitBreaker, ConfigError> {
        let mut problems = Vec::new();
        let settings = self.settings(&mut problems);
        let named = problems.into_iter().map(|problem| format!("{}: {problem}", self.name));
        ConfigError::check(named.collect())?;
        let metadata = Metadata::new(ComponentKind::CircuitBreaker, self.name);
        let shared = Shared::new(metadata, settings, self.clock, self.observer);
        Ok(CircuitBreaker { shared: Arc::new(shared) })
    }

    fn settings(&self, problems: &mut Vec<String>) -> Settings {
        let has_rate = self.failure_rate.is_some() || self.slow_calls.is_some();
        let window = self.window(has_rate, problems);
        let minimum_calls = self.minimum(window, problems);
        let failures = self.failure_rate.and_then(|rate| share("the failure rate", rate, problems));
        let slow = self.slow_calls.and_then(|(threshold, rate)| {
            if threshold.is_zero() {
                problems.push("every call takes 0 s or longer: slow calls need more".into());
            }
            let share = share("the rate of slow calls", rate, problems)?;
            Some(Slow { threshold, share })
        });
        let counts = [
            (self.consecutive, "0 failures in a row trip nothing: give at least 1"),
            (Some(self.probes), "0 probes never find out whether to close: give at least 1"),
            (Some(self.successes), "0 successes would close without a probe: give at least 1"),
        ];
        let zeros = counts.iter().filter(|(count, _)| *count == Some(0));
        problems.extend(zeros.map(|(_, problem)| (*problem).to_owned()));
        let consecutive = self.consecutive.or_else(|| (!has_rate).then_some(DEFAULT_CONSECUTIVE));
        Settings {
            consecutive,
            window,
            minimum_calls,
            failures,
            slow,
            debounce: self.debounce,
            open: self.open_time(problems),
            probes: self.probes,
            successes: self.successes,
            on_cancel: self.on_cancel,
        }
    }

    fn window(&self, has_rate: bool, problems: &mut Vec<String>) -> Option<Span> {
        let mut problem = |text: String| problems.push(text);
        if let Some(calls) = self.count_window
            && !(1..=MAX_WINDOW).contains(&calls)
        {
            problem(format!("a window of {calls} calls: give 1 to {MAX_WINDOW}"));
        }
        if let Some((length, parts)) = self.time_window {
            if !(1..=MAX_PARTS).contains(&parts) {
                problem(format!("a window in {parts} parts: give 1 to {MAX_PARTS}"));
            } else if (length / parts).is_zero() {
                problem(format!("a window of {length:?} has no {parts} parts: make it longer"));
            }
        }
        let span = match (self.count_window, self.time_window) {
            (Some(_), Some(_)) => {
                problem("a window by calls and one by time: choose one".into());
                None
            }
            (Some(calls), None) => Some(Span::Calls(calls)),
            (None, Some((length, parts))) => Some(Span::Time(length, parts)),
            (None, None) => None,
        };
        if !has_rate {
            if self.count_window.is_some() || self.time_window.is_some() {
                problem("a window but no rate that looks at it: give a failure rate".into());
            }
            if self.minimum_calls.is_some() {
                problem(
                    "a minimum of calls but no rate that it is for: give a failure rate".into(),
                );
            }
            return None;
        }
        span.or(Some(Span::Calls(DEFAULT_WINDOW)))
    }

    fn minimum(&self, window: Option<Span>, problems: &mut Vec<String>) -> usize {
        let size = match window {
            Some(Span::Calls(calls)) => calls,
            _ => usize::MAX,
        };
        let minimum = self.minimum_calls.unwrap_or(DEFAULT_MINIMUM.min(size));
        if self.minimum_calls == Some(0) {
            problems.push("a minimum of 0 calls: give at least 1".into());
        }
        if self.minimum_calls.is_some_and(|minimum| minimum > size) {
            problems.push(format!(
                "a minimum of {minimum} calls in a window of {size} is never there: lower it"
            ));
        }
        minimum
    }

    fn open_time(&self, problems: &mut Vec<String>) -> OpenTime {
        let first = self.open_for;
        if first.is_zero() {
            problems.push("open for 0 s is not open: give more".into());
        }
        let Some((factor, cap)) = self.growth else {
            return OpenTime { first, factor: 1, cap: first };
        };
        if factor < 2 {
            problems.push(format!("an open time that grows by {factor}: give at least 2"));
        }
        if cap < first {
            problems
                .push(format!("open for {first:?} at first but at most {cap:?}: raise the cap"));
        }
        OpenTime { first, factor, cap }
    }
}

impl fmt::Debug for CircuitBreakerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

fn share(what: &str, fraction: f64, problems: &mut Vec<String>) -> Option<Share> {
    let share = Share::new(fraction);
    if share.is_none() {
        problems.push(format!("{what} is {fraction}: give a fraction above 0, at most 1"));
    }
    share
}
