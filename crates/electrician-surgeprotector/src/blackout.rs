//! Times in which nothing is admitted.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// A time in which nothing is admitted: once, daily, or while something is the case.
///
/// There is no task behind it. It is looked at when something asks to be admitted, and what waits
/// wakes at the next moment at which the answer may change.
///
/// ```
/// use std::time::Duration;
/// use electrician_surgeprotector::Blackout;
///
/// let nightly = Blackout::daily("23:30".parse()?, "00:15".parse()?); // UTC, over midnight
/// let busy = Blackout::when(|| false).every(Duration::from_secs(5));
/// # Ok::<(), electrician_surgeprotector::TimeOfDayError>(())
/// ```
pub struct Blackout {
    rule: Rule,
}

/// A time of day in UTC, to the second, from `00:00:00` to `23:59:59`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    seconds: u32,
}

/// A text that is no time of day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of day: write it as 23:30 or 23:30:00")]
pub struct TimeOfDayError(String);

enum Rule {
    Once { start: SystemTime, end: SystemTime },
    Daily { start: TimeOfDay, end: TimeOfDay },
    When(Conditional),
}

struct Conditional {
    is_black: Box<dyn Fn() -> bool + Send + Sync>,
    every: Duration,
    /// When it is asked next, nanoseconds on the protector's clock.
    due: AtomicU64,
    answer: AtomicBool,
}

/// Nanoseconds before or after 1970, UTC, without leap seconds.
type Wall = i128;

const DAY: Wall = 24 * 3_600 * 1_000_000_000;

/// What the rules say at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outlook {
    pub(crate) is_black: bool,
    /// How long the answer holds at least; `None` for ever.
    pub(crate) holds: Option<Duration>,
}

// === impl Blackout ===

impl Blackout {
    /// From `start` on, and no longer at `end`.
    pub const fn between(start: SystemTime, end: SystemTime) -> Self {
        Self { rule: Rule::Once { start, end } }
    }

    /// Every day from `start` on, and no longer at `end`, in UTC. Over midnight when `end` is
    /// before `start`.
    pub const fn daily(start: TimeOfDay, end: TimeOfDay) -> Self {
        Self { rule: Rule::Daily { start, end } }
    }

    /// While `is_black` says so. It is asked when the protector is built, and from then on at most
    /// once a minute, by whoever asks to be admitted then: it must not block. One that panics has said no, which is logged.
    pub fn when(is_black: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let rule = Rule::When(Conditional {
            is_black: Box::new(is_black),
            every: Duration::from_mins(1),
            due: AtomicU64::new(0),
            answer: AtomicBool::new(false),
        });
        Self { rule }
    }

    /// Sets how often the condition is asked at most; no change to the other kinds. The default is
    /// once a minute.
    pub fn every(mut self, every: Duration) -> Self {
        if let Rule::When(conditional) = &mut self.rule {
            conditional.every = every;
        }
        self
    }

    pub(crate) fn problem(&self) -> Option<String> {
        match &self.rule {
            Rule::Once { start, end } if end <= start => Some(
                "a blackout that ends before it starts: give an end after the start".to_owned(),
            ),
            Rule::Daily { start, end } if start == end => Some(format!(
                "a daily blackout from {start} to {end} has no length: give two times"
            )),
            Rule::When(Conditional { every, .. }) if every.is_zero() => Some(
                "a conditional blackout that is asked every 0 s: give at least a millisecond"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    pub(crate) const fn needs_wall_clock(&self) -> bool {
        !matches!(self.rule, Rule::When(_))
    }

    /// What this rule says. `now` is the protector's clock in nanoseconds, `wall` the time of the
    /// world.
    pub(crate) fn look(&self, now: u64, wall: SystemTime) -> Outlook {
        match &self.rule {
            Rule::Once { start, end } => once(since_epoch(wall), *start, *end),
            Rule::Daily { start, end } => daily(since_epoch(wall), *start, *end),
            Rule::When(conditional) => conditional.look(now),
        }
    }
}

impl fmt::Debug for Blackout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Rule::Once { start, end } => write!(f, "Blackout({start:?}..{end:?})"),
            Rule::Daily { start, end } => write!(f, "Blackout(daily {start}..{end} UTC)"),
            Rule::When(Conditional { every, .. }) => write!(f, "Blackout(asked every {every:?})"),
        }
    }
}

// === impl Conditional ===

impl Conditional {
    fn look(&self, now: u64) -> Outlook {
        let every = u64::try_from(self.every.as_nanos()).unwrap_or(u64::MAX);
        let due = self.due.load(Ordering::Acquire);
        let next = now.saturating_add(every);
        // One asks, and the others use the answer there is: user code never runs under a lock, and
        // never twice at once on account of one moment.
        if now >= due
            && self.due.compare_exchange(due, next, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        {
            let answer = catch_unwind(AssertUnwindSafe(&self.is_black)).unwrap_or_else(|_| {
                tracing::warn!("the condition of a blackout panicked: taken as no blackout");
                false
            });
            self.answer.store(answer, Ordering::Release);
        }
        let due = self.due.load(Ordering::Acquire);
        Outlook {
            is_black: self.answer.load(Ordering::Acquire),
            holds: Some(Duration::from_nanos(due.saturating_sub(now).max(1))),
        }
    }
}

// === impl Outlook ===

impl Outlook {
    /// Nothing will ever be black.
    pub(crate) const CLEAR: Self = Self { is_black: false, holds: None };

    /// Both rules: black when one is, and for as long as neither may change.
    pub(crate) fn and(self, other: Self) -> Self {
        let holds = match (self.holds, other.holds) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self { is_black: self.is_black || other.is_black, holds }
    }
}

// === impl TimeOfDay ===

impl TimeOfDay {
    /// `hour` from 0 to 23, `minute` and `second` from 0 to 59; `None` for anything else.
    pub const fn new(hour: u32, minute: u32, second: u32) -> Option<Self> {
        if hour < 24 && minute < 60 && second < 60 {
            Some(Self { seconds: (hour * 60 + minute) * 60 + second })
        } else {
            None
        }
    }

    const fn nanos(self) -> Wall {
        self.seconds as Wall * 1_000_000_000
    }
}

impl FromStr for TimeOfDay {
    type Err = TimeOfDayError;

    fn from_str(text: &str) -> Result<Self, TimeOfDayError> {
        let number = |part: &str| {
            let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse::<u32>().ok() } else { None }
        };
        let parts: Option<Vec<u32>> = text.split(':').map(number).collect();
        match parts.as_deref() {
            Some([hour, minute]) => Self::new(*hour, *minute, 0),
            Some([hour, minute, second]) => Self::new(*hour, *minute, *second),
            _ => None,
        }
        .ok_or_else(|| TimeOfDayError(text.to_owned()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds } = self;
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

fn once(wall: Wall, start: SystemTime, end: SystemTime) -> Outlook {
    let (start, end) = (since_epoch(start), since_epoch(end));
    let change = [start, end].into_iter().find(|edge| *edge > wall);
    Outlook {
        is_black: start <= wall && wall < end,
        holds: change.map(|change| span(change - wall)),
    }
}

fn daily(wall: Wall, start: TimeOfDay, end: TimeOfDay) -> Outlook {
    let (start, end, time) = (start.nanos(), end.nanos(), wall.rem_euclid(DAY));
    let is_black =
        if start < end { start <= time && time < end } else { time >= start || time < end };
    // The edge at this very moment has happened; it comes again in a day.
    let until = |edge: Wall| DAY - (time - edge).rem_euclid(DAY);
    Outlook { is_black, holds: Some(span(until(start).min(until(end)))) }
}

fn since_epoch(time: SystemTime) -> Wall {
    let nanos = |duration: Duration| Wall::try_from(duration.as_nanos()).unwrap_or(Wall::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => nanos(after),
        Err(before) => -nanos(before.duration()),
    }
}

fn span(nanos: Wall) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
