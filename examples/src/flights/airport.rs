//! An airport by its code, without an allocation.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// Three letters, by which the airlines know an airport: a column of text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Airport([u8; 3]);

/// Text that is no airport.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an airport is three ASCII letters, not {0:?}")]
pub struct NoAirport(String);

// === impl Airport ===

impl Airport {
    fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl TryFrom<&str> for Airport {
    type Error = NoAirport;

    fn try_from(text: &str) -> Result<Self, NoAirport> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(letters) if text.is_ascii() => Ok(Self(letters)),
            _ => Err(NoAirport(text.to_owned())),
        }
    }
}

impl fmt::Display for Airport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Airport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Airport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Airport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Code;

        impl Visitor<'_> for Code {
            type Value = Airport;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("three letters")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Airport, E> {
                Airport::try_from(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Code)
    }
}
