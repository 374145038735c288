#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bytes;
mod error;
mod framed;
mod frames;
mod framing;
#[cfg(feature = "gob")]
pub mod gob;
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
pub use layer::{Layer, Layered};
pub use length::{ByteOrder, LengthPrefix};
pub use limits::Limits;
pub use lines::Lines;
pub use payload::{Decode, Encode};
pub use records::Records;
pub use text::Text;
pub use whole::Whole;
