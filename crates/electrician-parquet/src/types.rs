//! Values that have a type of their own in a file, and are numbers elsewhere.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Days since 1970-01-01: a column of dates.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename = "$electrician::Date")]
pub struct Date(pub i32);

/// Milliseconds since 1970-01-01 00:00 UTC: a column of timestamps in that unit.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename = "$electrician::TimestampMillis")]
pub struct TimestampMillis(pub i64);

/// Microseconds since 1970-01-01 00:00 UTC: a column of timestamps in that unit.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename = "$electrician::TimestampMicros")]
pub struct TimestampMicros(pub i64);

/// Nanoseconds since 1970-01-01 00:00 UTC: a column of timestamps in that unit.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename = "$electrician::TimestampNanos")]
pub struct TimestampNanos(pub i64);

/// A decimal number: the value times 10 to the power of `SCALE`, of at most `PRECISION` digits
/// (1 to 38). `Decimal::<10, 2>(1995)` is 19.95.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal<const PRECISION: u8, const SCALE: i8>(pub i128);

/// Bytes, in a column of bytes: a `Vec<u8>` without this is a list of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

pub(crate) const DATE: &str = "$electrician::Date";
pub(crate) const MILLIS: &str = "$electrician::TimestampMillis";
pub(crate) const MICROS: &str = "$electrician::TimestampMicros";
pub(crate) const NANOS: &str = "$electrician::TimestampNanos";
pub(crate) const DECIMAL: &str = "$electrician::Decimal ";

// === impl Decimal ===

impl<const PRECISION: u8, const SCALE: i8> Decimal<PRECISION, SCALE> {
    /// The name by which serde knows the type, precision and scale included: a name has to be a
    /// constant, so its digits are laid down one by one.
    const BYTES: [u8; DECIMAL.len() + 6] = {
        let mut bytes = *b"$electrician::Decimal 00 +00";
        bytes[22] = b'0' + PRECISION / 10 % 10;
        bytes[23] = b'0' + PRECISION % 10;
        if SCALE < 0 {
            bytes[25] = b'-';
        }
        let scale = SCALE.unsigned_abs();
        bytes[26] = b'0' + scale / 10 % 10;
        bytes[27] = b'0' + scale % 10;
        bytes
    };

    const NAME: &str = match str::from_utf8(&Self::BYTES) {
        Ok(name) => name,
        Err(_) => panic!("digits are text"),
    };
}

/// Precision and scale of the decimal by this name.
pub(crate) fn decimal(name: &str) -> Option<(u8, i8)> {
    let (precision, scale) = name.strip_prefix(DECIMAL)?.split_once(' ')?;
    Some((precision.parse().ok()?, scale.parse().ok()?))
}

impl<const PRECISION: u8, const SCALE: i8> Serialize for Decimal<PRECISION, SCALE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Self::NAME, &self.0)
    }
}

impl<'de, const PRECISION: u8, const SCALE: i8> Deserialize<'de> for Decimal<PRECISION, SCALE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inner<const PRECISION: u8, const SCALE: i8>;

        impl<'de, const PRECISION: u8, const SCALE: i8> serde::de::Visitor<'de>
            for Inner<PRECISION, SCALE>
        {
            type Value = Decimal<PRECISION, SCALE>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "a decimal of {PRECISION} digits, {SCALE} of them after the point")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                inner: D,
            ) -> Result<Self::Value, D::Error> {
                i128::deserialize(inner).map(Decimal)
            }
        }

        deserializer.deserialize_newtype_struct(Self::NAME, Inner)
    }
}

// === impl Bytes ===

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inner;

        impl<'de> serde::de::Visitor<'de> for Inner {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }

            // As formats for people write bytes.
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut items: A,
            ) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = items.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Inner)
    }
}
