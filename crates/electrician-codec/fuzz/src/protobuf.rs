//! Messages.

use electrician_codec::{Decode, FramedDecoder, FramedEncoder, Protobuf, VarintPrefix};

use crate::records::Message;
use crate::{LIMITS, memory, streams};

/// A message alone, and messages in a row.
pub fn protobuf(bytes: &[u8]) {
    // A message within takes two bytes, and more than a hundred in memory.
    memory::within((8 << 20) + 256 * bytes.len(), || {
        streams::any_cut::<Message, _>(bytes, || {
            FramedDecoder::with_limits(Protobuf, VarintPrefix::new(), LIMITS)
        });
        let message: Result<Message, _> = Protobuf.decode(bytes, &LIMITS);
        if let Ok(message) = message
            && !format!("{message:?}").contains("NaN")
        {
            let encoder = FramedEncoder::new(Protobuf, VarintPrefix::new());
            let limits = LIMITS.with_record_bytes(1 << 20);
            let decoder = FramedDecoder::with_limits(Protobuf, VarintPrefix::new(), limits);
            streams::round_trip(&[message], encoder, decoder);
        }
    });
}
