//! Times as RFC 3339 with as many digits of a second as they need.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::FORMAT;
use crate::CodecError;

const DAY: i64 = 86_400;
/// 0000-01-01 and 10000-01-01, in seconds from 1970.
const YEARS: std::ops::Range<i64> = -62_167_219_200..253_402_300_800;

/// A time that is written as `2026-01-02T03:04:05.6789Z`, as Go writes a `time.Time` in UTC, and
/// read with any offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rfc3339(pub SystemTime);

/// The text of `time`, in UTC: up to nine digits of a second, zeros at their end left out. Fails
/// outside of the years 0 to 9999.
pub fn format_rfc3339(time: SystemTime) -> Result<String, CodecError> {
    let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (i64::try_from(after.as_secs()).unwrap_or(i64::MAX), after.subsec_nanos()),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            match before.subsec_nanos() {
                0 => (-seconds, 0),
                nanos => (-seconds - 1, 1_000_000_000 - nanos),
            }
        }
    };
    if !YEARS.contains(&seconds) {
        let message = format!("{seconds} seconds from 1970 is not in the years 0 to 9999");
        return Err(CodecError::unencodable(FORMAT, message));
    }
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if nanos != 0 {
        let digits = format!(".{nanos:09}");
        text.push_str(digits.trim_end_matches('0'));
    }
    text.push('Z');
    Ok(text)
}

/// The time that `text` is. Digits of a second beyond the ninth are cut off.
pub fn parse_rfc3339(text: &str) -> Result<SystemTime, CodecError> {
    parse(text.as_bytes()).ok_or_else(|| {
        let shown: String = text.chars().take(48).collect();
        let message = format!("{shown:?} is not a time such as \"2026-01-02T03:04:05.6Z\"");
        CodecError::malformed(FORMAT, message)
    })
}

fn parse(text: &[u8]) -> Option<SystemTime> {
    let (head, mut rest) = text.split_at_checked(19)?;
    let marks = [head[4], head[7], head[10], head[13], head[16]];
    if marks != *b"--T::" {
        return None;
    }
    let (year, month, day) = (number(&head[..4])?, number(&head[5..7])?, number(&head[8..10])?);
    let (hour, minute, second) =
        (number(&head[11..13])?, number(&head[14..16])?, number(&head[17..19])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut nanos = 0;
    if let Some(digits) = rest.strip_prefix(b".") {
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return None;
        }
        nanos = digits[..count]
            .iter()
            .chain(b"000000000")
            .take(9)
            .fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
        rest = &digits[count..];
    }
    let offset = match rest {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let size = hours * 3600 + minutes * 60;
            if *sign == b'+' { size } else { -size }
        }
        _ => return None,
    };
    let seconds = day_number(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    let size = Duration::from_secs(seconds.unsigned_abs());
    let whole =
        if seconds < 0 { UNIX_EPOCH.checked_sub(size) } else { UNIX_EPOCH.checked_add(size) };
    whole?.checked_add(Duration::from_nanos(nanos.into()))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
    })
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 of a date. Years begin in March here, so that the leap day is their last.
const fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = if month <= 2 { month + 9 } else { month - 3 };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // Days before a month of a year from March on: (153 m + 2) / 5. 719,468 days before 1970.
    365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// The date of a day from 1970: the inverse of [`day_number`].
const fn date(day: i64) -> (i64, i64, i64) {
    // A guess by the mean length of a year, off by at most one.
    let mut year = (day + 719_468).div_euclid(366);
    while day_number(year + 1, 3, 1) <= day {
        let step = (day - day_number(year + 1, 3, 1)) / 366;
        year += if step > 0 { step } else { 1 };
    }
    let of_year = day - day_number(year, 3, 1);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    if month < 10 { (year, month + 3, of_month) } else { (year + 1, month - 9, of_month) }
}

// === impl Rfc3339 ===

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_rfc3339(self.0).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format_rfc3339(self.0).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Rfc3339 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl serde::de::Visitor<'_> for Text {
            type Value = Rfc3339;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time of RFC 3339")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Rfc3339, E> {
                parse_rfc3339(text).map(Rfc3339).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}
