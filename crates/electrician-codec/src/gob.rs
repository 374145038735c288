//! Go's `encoding/gob`.

mod complex;
mod de;
mod fault;
mod infer;
mod interface;
mod names;
mod options;
mod payload;
mod plan;
mod put;
mod reader;
mod schema;
mod ser;
mod stream;
mod text;
mod time;
mod types;
mod value;

use serde::{Deserialize, Serialize};

pub use self::complex::Complex;
pub use self::interface::Interface;
pub use self::names::Names;
pub use self::payload::Gob;
pub use self::schema::{Blob, Schema};
pub use self::stream::{GobDecoder, GobEncoder};
pub use self::time::GoTime;
pub use self::value::Value;
use crate::{CodecError, Limits};

/// The value that `bytes` are: one payload as a fresh encoder of Go writes it, within the default
/// [`Limits`], with fields by their exact names. [`Gob::read`] can do otherwise.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, CodecError> {
    Gob::new().read(bytes, &Limits::DEFAULT)
}

/// The payload of `value`, with fields by their exact names and types as serde shows them.
/// [`Gob::write`] can do otherwise.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    Gob::new().write(value, &mut bytes)?;
    Ok(bytes)
}
