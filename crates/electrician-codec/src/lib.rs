#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;
mod limits;

pub use error::{CodecError, CodecErrorKind};
pub use limits::Limits;
