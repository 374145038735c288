#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bytes;
#[cfg(any(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
))]
pub mod compress;
mod envelope;
mod error;
mod framed;
mod frames;
mod framing;
mod layer;
mod length;
mod limits;
mod lines;
mod payload;
mod records;
#[cfg(feature = "aes-gcm")]
pub mod seal;
mod text;
mod whole;

pub use bytes::Bytes;
pub use envelope::Envelope;
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
