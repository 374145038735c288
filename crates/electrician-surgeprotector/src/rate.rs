//! How many in how much time, and how many at once.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// A rate: so many items per so much time.
///
/// Any rate that exists is one that can be kept: neither number is zero, and the time for one item
/// is at most a year.
///
/// ```
/// use std::time::Duration;
/// use electrician_surgeprotector::Rate;
///
/// let rate: Rate = "500/s".parse()?;
/// assert_eq!(rate, Rate::new(500, Duration::from_secs(1))?);
/// assert_eq!(rate.interval(), Duration::from_millis(2));
/// assert_eq!("5/100ms".parse::<Rate>()?.to_string(), "5/100ms");
/// assert!("0/s".parse::<Rate>().is_err());
/// # Ok::<(), electrician_surgeprotector::RateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    items: NonZeroU32,
    per: Duration,
}

/// How many items may come at once, after a time without any: at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Burst(NonZeroU32);

/// Why there is no such rate, or no such burst.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateError {
    /// It would let nothing through.
    #[error("zero items: give at least 1")]
    NoItems,
    /// Its time is zero.
    #[error("a rate per no time: give a time longer than zero")]
    NoTime,
    /// It would let one item through in more than a year.
    #[error("one item every {0:?}: give at most a year")]
    TooSlow(Duration),
    /// It is not written as a rate.
    #[error("`{0}` is not a rate: write it as 500/s, 30/min or 5/100ms")]
    Malformed(String),
}

/// A year, the longest time that a limit can look ahead.
pub(crate) const YEAR: Duration = Duration::from_hours(365 * 24);

/// Units of a rate in text, the longest first.
const UNITS: [(&str, Duration); 5] = [
    ("h", Duration::from_hours(1)),
    ("min", Duration::from_mins(1)),
    ("s", Duration::from_secs(1)),
    ("ms", Duration::from_millis(1)),
    ("us", Duration::from_micros(1)),
];

// === impl Rate ===

impl Rate {
    /// `items` per `per`.
    pub fn new(items: u32, per: Duration) -> Result<Self, RateError> {
        let items = NonZeroU32::new(items).ok_or(RateError::NoItems)?;
        if per.is_zero() {
            return Err(RateError::NoTime);
        }
        let rate = Self { items, per };
        if rate.interval() > YEAR { Err(RateError::TooSlow(rate.interval())) } else { Ok(rate) }
    }

    /// `items` per second.
    pub const fn per_second(items: NonZeroU32) -> Self {
        Self { items, per: Duration::from_secs(1) }
    }

    /// `items` per minute.
    pub const fn per_minute(items: NonZeroU32) -> Self {
        Self { items, per: Duration::from_mins(1) }
    }

    /// The number of items.
    pub const fn items(&self) -> u32 {
        self.items.get()
    }

    /// The time for that number of items.
    pub const fn per(&self) -> Duration {
        self.per
    }

    /// The time for one item, down to the nanosecond.
    #[expect(clippy::missing_panics_doc, reason = "the number of items is not zero")]
    pub const fn interval(&self) -> Duration {
        self.per.checked_div(self.items.get()).expect("the number of items is not zero")
    }

    /// The time for one item in `parts` of a nanosecond, rounded up: what is kept is never faster
    /// than what was asked for.
    pub(crate) fn interval_in(self, parts: u64) -> u128 {
        (self.per.as_nanos() * u128::from(parts)).div_ceil(u128::from(self.items.get()))
    }
}

impl FromStr for Rate {
    type Err = RateError;

    /// Reads `500/s`, `30/min`, `5/100ms`; units are `us`, `ms`, `s`, `min` and `h`.
    fn from_str(text: &str) -> Result<Self, RateError> {
        let malformed = || RateError::Malformed(text.to_owned());
        let (items, time) = text.split_once('/').ok_or_else(malformed)?;
        let items = items.trim().parse::<u32>().map_err(|_| malformed())?;
        let time = time.trim();
        let digits = time.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = time.split_at(digits);
        let count = if count.is_empty() { Ok(1) } else { count.parse::<u32>() };
        let count = count.map_err(|_| malformed())?;
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        Self::new(items, unit.checked_mul(count).ok_or_else(malformed)?)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.items)?;
        let nanos = self.per.as_nanos();
        let unit = UNITS.iter().find(|(_, unit)| nanos.is_multiple_of(unit.as_nanos()));
        match unit {
            Some((name, unit)) if nanos == unit.as_nanos() => f.write_str(name),
            Some((name, unit)) => write!(f, "{}{name}", nanos / unit.as_nanos()),
            None => write!(f, "{:?}", self.per),
        }
    }
}

// === impl Burst ===

impl Burst {
    /// One at a time.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// `items` at once.
    pub fn new(items: u32) -> Result<Self, RateError> {
        NonZeroU32::new(items).map(Self).ok_or(RateError::NoItems)
    }

    /// The number of items.
    pub const fn items(&self) -> u32 {
        self.0.get()
    }

    pub(crate) const fn count(self) -> NonZeroU32 {
        self.0
    }
}

impl From<NonZeroU32> for Burst {
    fn from(items: NonZeroU32) -> Self {
        Self(items)
    }
}

#[cfg(test)]
mod tests;
