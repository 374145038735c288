//! Protobuf messages, by `prost`.

use prost::Message;

use crate::{CodecError, Decode, Encode, Limits};

const FORMAT: &str = "protobuf";

/// A record is a message of [`prost`].
///
/// With [`VarintPrefix`](crate::VarintPrefix) messages follow each other as `writeDelimitedTo` and
/// `protodelim` write them. Messages nest up to 100 deep, which `prost` checks itself; unknown fields are passed
/// over. No bytes at all are the message of defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protobuf;

// === impl Protobuf ===

impl<T: Message> Encode<T> for Protobuf {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        record
            .encode(into)
            .map_err(|error| CodecError::unencodable(FORMAT, error.to_string()).with_source(error))
    }
}

impl<T: Message + Default> Decode<T> for Protobuf {
    fn decode(&mut self, bytes: &[u8], _: &Limits) -> Result<T, CodecError> {
        T::decode(bytes)
            .map_err(|error| CodecError::malformed(FORMAT, error.to_string()).with_source(error))
    }
}
