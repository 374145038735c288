//! RFC 3339 in UTC with nine fractional digits.

use std::fmt::Write;
use std::time::SystemTime;

use jiff::Timestamp;

/// The last second that was written, as text: most records share it with the one before.
#[derive(Default)]
pub(crate) struct Stamp {
    second: Option<i64>,
    /// `YYYY-MM-DDTHH:MM:SS`
    text: String,
}

// === impl Stamp ===

impl Stamp {
    /// Appends `time`, as `2026-01-31T23:59:59.000000001Z`. A time outside of the years -9999 to
    /// 9999 is written as the end of the range.
    pub(crate) fn write(&mut self, out: &mut String, time: SystemTime) {
        let stamp = Timestamp::try_from(time).unwrap_or_else(|_| {
            if time < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX }
        });
        // The fraction counts up, also before 1970.
        let (mut second, mut nanos) = (stamp.as_second(), stamp.subsec_nanosecond());
        if nanos < 0 {
            second -= 1;
            nanos += 1_000_000_000;
        }
        if self.second != Some(second) {
            let whole = Timestamp::from_second(second).unwrap_or(Timestamp::MIN);
            self.text.clear();
            // Writing into a string cannot fail.
            let _ = write!(self.text, "{whole:.0}");
            self.text.truncate(self.text.trim_end_matches('Z').len());
            self.second = Some(second);
        }
        out.push_str(&self.text);
        let mut digits = *b".000000000Z";
        let mut rest = nanos.unsigned_abs();
        for digit in digits[1..10].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        out.push_str(str::from_utf8(&digits).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
