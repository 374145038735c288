//! Items become payloads, and payloads items.

mod error;
mod packing;
mod reader;
mod writer;

pub use error::EnvelopeError;
pub use reader::EnvelopeReader;
pub use writer::{About, EnvelopeWriter};
