//! Protobuf messages, by `prost`.

mod shallow;

use prost::{DecodeError, Message};

use crate::{CodecError, Decode, Encode, Limits};
use shallow::Shallow;

const FORMAT: &str = "protobuf";

/// How deep `prost` lets messages nest, the outermost included.
const DEPTH: usize = 101;

/// A record is a message of [`prost`].
///
/// With [`VarintPrefix`](crate::VarintPrefix) messages follow each other as `writeDelimitedTo` and
/// `protodelim` write them. Unknown fields are passed over. No bytes at all are the message of
/// defaults.
///
/// Messages nest up to [`Limits::depth`], at most 101, and a record has at most
/// [`Limits::record_bytes`], also without a framing. [`Limits::decoded_bytes`] is not looked at:
/// `prost` does not tell what it allocates. Memory follows what has arrived: an element of a
/// repeated field takes one byte at least if it is a packed number, and two if it is a message, a
/// map entry, a text or bytes. So the lists of a record hold at most as many numbers, or half as
/// many messages, as it has bytes; with large messages, choose a smaller record.
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
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<T, CodecError> {
        limits.check_record(FORMAT, bytes.len())?;
        let record = match DEPTH.checked_sub(limits.depth) {
            None | Some(0) => T::decode(bytes),
            Some(DEPTH) => return Err(too_deep(limits)),
            Some(spare) => Shallow::decode(bytes, spare),
        };
        record.map_err(|error| wrong(error, limits))
    }
}

fn wrong(error: DecodeError, limits: &Limits) -> CodecError {
    let message = error.to_string();
    // Nothing but its words tells what kind of error it is.
    if message.ends_with("recursion limit reached") {
        return too_deep(limits).with_source(error);
    }
    CodecError::malformed(FORMAT, message).with_source(error)
}

fn too_deep(limits: &Limits) -> CodecError {
    let limit = format_args!("{} levels", limits.depth.min(DEPTH));
    CodecError::too_large(FORMAT, "the nesting", limit)
}
