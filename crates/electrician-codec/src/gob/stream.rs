//! Many values in one stream, where types are sent once.

mod decoder;
mod encoder;

pub use self::decoder::GobDecoder;
pub use self::encoder::GobEncoder;
