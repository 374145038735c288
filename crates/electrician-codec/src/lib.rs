#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bytes;
mod error;
mod framed;
mod frames;
mod framing;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json-go")]
mod json_go;
mod layer;
mod length;
mod limits;
mod lines;
mod payload;
mod records;
mod text;
mod whole;

pub use bytes::Bytes;
pub use error::{CodecError, CodecErrorKind};
pub use framed::{FramedDecoder, FramedEncoder};
pub use frames::Frames;
pub use framing::{Framing, Scan};
#[cfg(feature = "json")]
pub use json::{Json, JsonArray, JsonValues};
#[cfg(feature = "json-go")]
pub use json_go::{GoJson, Rfc3339, format_rfc3339, parse_rfc3339};
pub use layer::{Layer, Layered};
pub use length::{ByteOrder, LengthPrefix};
pub use limits::Limits;
pub use lines::Lines;
pub use payload::{Decode, Encode};
pub use records::Records;
pub use text::Text;
pub use whole::Whole;
