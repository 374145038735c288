//! JSON as Go's `encoding/json` writes and reads it.

mod float;
mod map;
mod node;
mod read;
mod time;
mod write;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};

pub use time::{Rfc3339, format_rfc3339, parse_rfc3339};

use crate::json::{check_depth, malformed};
use crate::{CodecError, Decode, Encode, Limits};

const FORMAT: &str = "go json";

/// A record is a JSON value as Go's `encoding/json` writes and reads it, for peers that do.
///
/// Written: `<`, `>`, `&`, U+2028 and U+2029 as `\u` sequences; keys of maps sorted by their bytes,
/// fields of structs in their order; bytes (`serialize_bytes`) as base64 with padding; whole floats
/// without a point, large and small ones with an exponent where Go has one. A float that is not
/// finite is an error.
///
/// Read: the keys of a struct match its field names exactly or, failing that, whatever their case;
/// of several keys for a field the last one counts; unknown keys are passed over. `null` is the
/// empty value of what is asked for: no elements, no entries, no text, zero, false. Bytes are base64.
/// Fields that may be missing need `#[serde(default)]`. A struct with a flattened field gets its keys
/// as they stand.
///
/// A record is read into memory whole, at about 40 bytes for each value, which count towards
/// [`Limits::decoded_bytes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoJson;

// === impl GoJson ===

impl<T: Serialize + ?Sized> Encode<T> for GoJson {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let written = record.serialize(&mut write::Writer { into });
        written.map_err(|error| CodecError::unencodable(FORMAT, error.0))
    }
}

impl<T: DeserializeOwned> Decode<T> for GoJson {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<T, CodecError> {
        check_depth(bytes, limits)?;
        let budget = node::Budget::new(limits.decoded_bytes);
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let node = node::Seed(&budget).deserialize(&mut reader).and_then(|node| {
            reader.end()?;
            Ok(node)
        });
        let node = node.map_err(|error| {
            if budget.is_spent() {
                let limit = format_args!("{} decoded bytes", limits.decoded_bytes);
                return CodecError::too_large(FORMAT, "the record", limit);
            }
            malformed(error, bytes)
        })?;
        T::deserialize(node).map_err(|error| CodecError::malformed(FORMAT, error.0))
    }
}

/// What a value or a type does that the format does not allow.
#[derive(Debug)]
struct Wrong(String);

// === impl Wrong ===

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl serde::ser::Error for Wrong {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl serde::de::Error for Wrong {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
