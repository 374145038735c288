//! Go's `time.Time`.

mod text;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{self, Serialize, Serializer};

use crate::CodecError;
use crate::gob::fault::FORMAT;

/// Seconds from the begin of the year 1, where Go counts from, to that of 1970.
const EPOCH: i64 = 62_135_596_800;

/// The offset by which Go's binary form says UTC.
const UTC: i32 = -60;

/// Seconds.
const DAY: u32 = 86_400;

/// A `time.Time`: an instant to the nanosecond, and the offset of the zone that it was told in.
///
/// In gob it is what Go writes; in human-readable formats it is RFC 3339, as in Go's JSON. The
/// monotonic reading of a clock does not travel, nor does the name of a zone. Two are equal if both
/// the instants and the offsets are: UTC is not the same as an offset of zero.
///
/// The default is Go's zero time: the begin of the year 1 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoTime {
    /// Since 1970.
    seconds: i64,
    nanos: u32,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

/// By this name of a newtype the serializer knows a [`GoTime`].
pub(super) const TOKEN: &str = "$electrician::gob::GoTime";

struct TimeVisitor;

/// Bytes, to a serializer.
struct Raw<'a>(&'a [u8]);

// === impl GoTime ===

impl GoTime {
    /// The begin of the year 1 in UTC: `time.Time{}`, for which `IsZero` is true.
    pub const ZERO: Self = Self { seconds: -EPOCH, nanos: 0, offset: None };

    /// The instant `seconds` and `nanos` after the begin of 1970 in UTC; none if `nanos` are not
    /// less than a second.
    pub const fn from_unix(seconds: i64, nanos: u32) -> Option<Self> {
        if nanos < 1_000_000_000 { Some(Self { seconds, nanos, offset: None }) } else { None }
    }

    /// The same instant in a zone `offset` seconds east of UTC; none if the offset is a day or more,
    /// or -60, by which Go means UTC.
    pub const fn with_offset(self, offset: i32) -> Option<Self> {
        if offset.unsigned_abs() < DAY && offset != UTC {
            Some(Self { offset: Some(offset), ..self })
        } else {
            None
        }
    }

    /// Whole seconds since the begin of 1970, downwards.
    pub const fn unix_seconds(&self) -> i64 {
        self.seconds
    }

    /// Nanoseconds within the second.
    pub const fn nanos(&self) -> u32 {
        self.nanos
    }

    /// Seconds east of UTC; none for UTC itself.
    pub const fn offset(&self) -> Option<i32> {
        self.offset
    }

    /// Whether it is Go's zero time, in whatever zone.
    pub const fn is_zero(&self) -> bool {
        self.seconds == -EPOCH && self.nanos == 0
    }

    /// The instant, if the system can express it.
    pub fn to_system_time(&self) -> Option<SystemTime> {
        let seconds = Duration::from_secs(self.seconds.unsigned_abs());
        let whole = if self.seconds < 0 {
            UNIX_EPOCH.checked_sub(seconds)
        } else {
            UNIX_EPOCH.checked_add(seconds)
        };
        whole?.checked_add(Duration::from_nanos(self.nanos.into()))
    }

    /// As Go's `MarshalBinary` writes it: a version, seconds since the year 1, nanoseconds, minutes
    /// east of UTC or -1, and in version 2 the seconds that are left of the offset.
    pub(super) fn to_bytes(self) -> ([u8; 16], usize) {
        // Downwards, because Go reads the seconds without their sign.
        let offset = self.offset.unwrap_or(UTC);
        let (minutes, rest) = (offset.div_euclid(60), offset.rem_euclid(60));
        let mut bytes = [0; 16];
        bytes[0] = if rest == 0 { 1 } else { 2 };
        bytes[1..9].copy_from_slice(&self.seconds.wrapping_add(EPOCH).to_be_bytes());
        bytes[9..13].copy_from_slice(&self.nanos.to_be_bytes());
        bytes[13..15].copy_from_slice(&i16::try_from(minutes).unwrap_or(-1).to_be_bytes());
        bytes[15] = i8::try_from(rest).unwrap_or(0).to_be_bytes()[0];
        (bytes, if rest == 0 { 15 } else { 16 })
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let wrong = |message: String| Err(CodecError::malformed(FORMAT, message));
        let (fixed, rest) = match bytes {
            [] => return Ok(Self::ZERO),
            [1, fixed @ ..] if fixed.len() == 14 => (fixed, 0),
            [2, fixed @ .., rest] if fixed.len() == 14 => {
                (fixed, i32::from(i8::from_be_bytes([*rest])))
            }
            [version, ..] => {
                let length = bytes.len();
                return wrong(format!("{length} bytes of version {version} are not a time"));
            }
        };
        let number = |from: usize, to: usize| {
            fixed[from..to].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        // As they were written, and as Go counts them: around.
        let seconds = number(0, 8).cast_signed().wrapping_sub(EPOCH);
        let nanos = u32::try_from(number(8, 12)).ok().filter(|nanos| *nanos < 1_000_000_000);
        let Some(nanos) = nanos else {
            return wrong("the nanoseconds of a time are a second or more".to_owned());
        };
        let offset = i32::from(i16::from_be_bytes([fixed[12], fixed[13]])) * 60 + rest;
        if i16::try_from(offset.div_euclid(60)).is_err() {
            return wrong(format!("{offset} seconds from UTC are more than a time can say"));
        }
        Ok(Self { seconds, nanos, offset: (offset != UTC).then_some(offset) })
    }
}

impl Default for GoTime {
    fn default() -> Self {
        Self::ZERO
    }
}

/// In UTC.
impl From<SystemTime> for GoTime {
    fn from(time: SystemTime) -> Self {
        let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => (after.as_secs().cast_signed(), after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                // The earliest time is so many seconds before that they have no positive number.
                let seconds = before.as_secs().cast_signed().wrapping_neg();
                match before.subsec_nanos() {
                    0 => (seconds, 0),
                    nanos => (seconds - 1, 1_000_000_000 - nanos),
                }
            }
        };
        Self { seconds, nanos, offset: None }
    }
}

impl<'de> Deserialize<'de> for GoTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(TimeVisitor)
        } else {
            deserializer.deserialize_bytes(TimeVisitor)
        }
    }
}

impl<'de> Visitor<'de> for TimeVisitor {
    type Value = GoTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time.Time of Go, or RFC 3339")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<GoTime, E> {
        GoTime::from_bytes(bytes).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<GoTime, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<GoTime, A::Error> {
        let mut bytes = Vec::with_capacity(16);
        while let Some(byte) = access.next_element()? {
            if bytes.len() == 16 {
                return Err(A::Error::invalid_length(17, &self));
            }
            bytes.push(byte);
        }
        GoTime::from_bytes(&bytes).map_err(A::Error::custom)
    }
}

impl Serialize for GoTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            if !self.has_text() {
                return Err(ser::Error::custom(
                    "a year that is not from 0 to 9999, or a zone a day from UTC",
                ));
            }
            return serializer.collect_str(self);
        }
        let (bytes, length) = self.to_bytes();
        serializer.serialize_newtype_struct(TOKEN, &Raw(&bytes[..length]))
    }
}

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[cfg(test)]
mod tests;
