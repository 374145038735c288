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
#[cfg(feature = "csv")]
mod csv;
mod envelope;
mod error;
mod framed;
mod frames;
mod framing;
#[cfg(feature = "gob")]
pub mod gob;
#[cfg(feature = "html")]
mod html;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json-go")]
mod json_go;
mod layer;
mod length;
mod limits;
mod lines;
mod payload;
#[cfg(feature = "protobuf")]
mod protobuf;
#[cfg(feature = "tokio")]
mod reader;
mod records;
#[cfg(feature = "aes-gcm")]
pub mod seal;
#[cfg(feature = "stream")]
mod stream;
mod text;
mod varint;
#[cfg(feature = "wave")]
mod wave;
mod whole;
#[cfg(feature = "xml")]
mod xml;

pub use bytes::Bytes;
#[cfg(feature = "csv")]
pub use csv::{CsvDecoder, CsvEncoder, CsvRows};
pub use envelope::Envelope;
pub use error::{CodecError, CodecErrorKind};
pub use framed::{FramedDecoder, FramedEncoder};
pub use frames::Frames;
pub use framing::{Framing, Scan};
#[cfg(feature = "html")]
pub use html::Html;
#[cfg(feature = "json")]
pub use json::{Json, JsonArray, JsonValues};
#[cfg(feature = "json-go")]
pub use json_go::{GoJson, Rfc3339, format_rfc3339, parse_rfc3339};
pub use layer::{Layer, Layered};
pub use length::{ByteOrder, LengthPrefix};
pub use limits::Limits;
pub use lines::Lines;
pub use payload::{Decode, Encode};
#[cfg(feature = "protobuf")]
pub use protobuf::Protobuf;
#[cfg(feature = "tokio")]
pub use reader::AsyncRecords;
pub use records::Records;
#[cfg(feature = "stream")]
pub use stream::RecordStream;
pub use text::Text;
pub use varint::VarintPrefix;
#[cfg(feature = "wave")]
pub use wave::{
    Analysis, Haar, Padding, Peak, Wave, WaveAnalyzer, WaveRecord, WaveRecords, mean_square_error,
};
pub use whole::Whole;
#[cfg(feature = "xml")]
pub use xml::{Xml, XmlElements};

/// What the tree of [`Html`] is made of.
#[cfg(feature = "html")]
pub use scraper;

/// What the messages of [`Protobuf`] are made of.
#[cfg(feature = "protobuf")]
pub use prost;

/// The complex numbers of waves.
#[cfg(feature = "wave")]
pub use rustfft::num_complex::Complex64;
