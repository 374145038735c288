//! A strike: what a row means.

use std::fmt;

use crate::strikes::rules::Suspicions;
use crate::strikes::source::Row;
use crate::strikes::words::{Damage, Light, Phase, Size};

/// An aircraft that struck an animal.
#[derive(Clone, Debug)]
pub struct Strike {
    /// The row it was read from, for whoever rejects it later.
    pub row: Row,
    /// Where it happened.
    pub airport: String,
    /// The state of the airport.
    pub state: String,
    /// Make and model.
    pub aircraft: String,
    /// Who flew it.
    pub operator: String,
    /// When it happened.
    pub date: Date,
    /// How light it was.
    pub light: Light,
    /// What the aircraft was doing.
    pub phase: Phase,
    /// Its indicated airspeed in knots, where it is known.
    pub knots: Option<u16>,
    /// What it struck, as far as that is known.
    pub species: String,
    /// How large the animal was.
    pub size: Size,
    /// How badly the aircraft was damaged.
    pub damage: Damage,
    /// The cost of the repair, US dollars.
    pub cost_repair: u32,
    /// Other cost, such as lost time, US dollars.
    pub cost_other: u32,
    /// The whole cost, US dollars; 0 where none was reported.
    pub cost: u32,
    /// What is hard to believe about it.
    pub suspicions: Suspicions,
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

// === impl Date ===

impl Date {
    /// Reads a date like `1999-12-31`; `None` if there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let part = parts.next()?;
            let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse::<u16>().ok() } else { None }
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let date = Self { year, month: month.try_into().ok()?, day: day.try_into().ok()? };
        let exists = (1..=date.days_of_month()).contains(&date.day);
        (parts.next().is_none() && exists).then_some(date)
    }

    /// The year.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// 0 for a month that does not exist.
    const fn days_of_month(self) -> u8 {
        let is_leap_year = self.year.is_multiple_of(4) && !self.year.is_multiple_of(100)
            || self.year.is_multiple_of(400);
        match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap_year => 29,
            2 => 28,
            _ => 0,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

// === impl Strike ===

impl AsRef<Row> for Strike {
    fn as_ref(&self) -> &Row {
        &self.row
    }
}
