//! RFC 3339.

use std::fmt;
use std::str::FromStr;

use super::GoTime;
use crate::CodecError;
use crate::gob::fault::FORMAT;

const DAY: i64 = 86_400;
/// Days in 400 years, after which the calendar repeats itself.
const ERA: i64 = 146_097;
/// Days from 1 March of the year 0 to the begin of 1970.
const MARCH: i64 = 719_468;

/// The date `days` after the begin of 1970: year, month, day. Years are counted from March, so that
/// the day that is not in every year is the last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + MARCH;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + later, month, day)
}

/// The inverse of [`date`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    era * ERA + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 - MARCH
}

// === impl GoTime ===

impl GoTime {
    /// Whether RFC 3339 has room for the year and the zone.
    pub(super) fn has_text(&self) -> bool {
        let (year, ..) = date(self.local().div_euclid(DAY));
        (0..=9999).contains(&year) && i64::from(self.offset.unwrap_or(0)).abs() < DAY
    }

    /// Seconds on the clocks of the zone. The outermost seconds have no zone.
    fn local(&self) -> i64 {
        self.seconds.saturating_add(self.offset.unwrap_or(0).into())
    }
}

/// RFC 3339 with as many digits of the second as are needed, as Go writes it. Seconds of an offset
/// have no place in it. Years outside of 0 to 9999 have more digits, or a sign.
impl fmt::Display for GoTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local();
        let (year, month, day) = date(local.div_euclid(DAY));
        let second = local.rem_euclid(DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanos > 0 {
            let digits = format!("{:09}", self.nanos);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        let minutes = self.offset.unwrap_or(0) / 60;
        if minutes == 0 {
            return f.write_str("Z");
        }
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// RFC 3339, at most nine digits of the second. `Z` is UTC.
impl FromStr for GoTime {
    type Err = CodecError;

    fn from_str(text: &str) -> Result<Self, CodecError> {
        parse(text.as_bytes()).ok_or_else(|| {
            let message = format!("{text:?} is not like 2006-01-02T15:04:05.999999999+07:00");
            CodecError::malformed(FORMAT, message)
        })
    }
}

fn parse(text: &[u8]) -> Option<GoTime> {
    let (fixed, mut rest) = text.split_at_checked(19)?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| fixed[*at] != *mark) {
        return None;
    }
    let (year, month) = (number(&fixed[..4])?, number(&fixed[5..7])?);
    let day = number(&fixed[8..10])?;
    let (hour, minute) = (number(&fixed[11..13])?, number(&fixed[14..16])?);
    let second = number(&fixed[17..])?;
    let at = days(year, month, day);
    let is_date = (1..=12).contains(&month) && date(at) == (year, month, day);
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        let missing = u32::try_from(9 - digits).ok()?;
        nanos = u32::try_from(number(&fraction[..digits])? * 10_i64.pow(missing)).ok()?;
        rest = &fraction[digits..];
    }
    let offset = match rest {
        b"Z" => None,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = i32::try_from(hours * 3600 + minutes * 60).ok()?;
            Some(if *sign == b'-' { -offset } else { offset })
        }
        _ => return None,
    };
    let local = at * DAY + hour * 3600 + minute * 60 + second;
    let seconds = local - i64::from(offset.unwrap_or(0));
    let time = GoTime { seconds, nanos, offset: None };
    offset.map_or(Some(time), |offset| time.with_offset(offset))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
    })
}
