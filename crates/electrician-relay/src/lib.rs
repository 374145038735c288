#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod ack;
mod encoding;
mod envelope;
mod frame;
#[cfg(feature = "grpc")]
pub mod grpc;
pub mod mesh;
pub mod proto;
mod raw;
pub mod session;
mod shape;
#[cfg(feature = "transport")]
pub mod transport;
mod wire;

pub use ack::{Ack, Text};
pub use encoding::Encoding;
pub use envelope::{About, EnvelopeError, EnvelopeReader, EnvelopeWriter};
pub use frame::{Frame, FrameError};
pub use raw::RawPayload;
pub use shape::StreamDefaults;
pub use wire::WireError;

/// What payloads are written and read with.
pub use electrician_codec as codec;
/// What messages are made of.
pub use {bytes, prost, prost_types};

/// What the services are made of.
#[cfg(feature = "grpc")]
pub use tonic;
