//! Messages that may nest less deep than `prost` allows.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, decode_key, message};
use prost::{DecodeError, Message};

/// A message of one field, whose key is all that it has.
const LEVEL: &[u8] = &[1, 1 << 3];

/// Levels without content around a message. `prost` counts how deep it is and has a fixed bound:
/// what is spare of it is used up before the message begins, so that `prost` itself finds where the
/// message is too deep. Looking at the bytes alone cannot: a text may look like a message.
pub(super) struct Shallow<'a, T> {
    spare: usize,
    bytes: &'a [u8],
    record: T,
}

// === impl Shallow ===

impl<'a, T: Message + Default> Shallow<'a, T> {
    /// The message in `bytes`, which may nest `spare` levels less than `prost` allows.
    pub(super) fn decode(bytes: &'a [u8], spare: usize) -> Result<T, DecodeError> {
        let mut shallow = Self { spare, bytes, record: T::default() };
        shallow.enter(DecodeContext::default())?;
        Ok(shallow.record)
    }

    fn enter(&mut self, context: DecodeContext) -> Result<(), DecodeError> {
        if let Some(spare) = self.spare.checked_sub(1) {
            self.spare = spare;
            return message::merge(WireType::LengthDelimited, self, &mut { LEVEL }, context);
        }
        while !self.bytes.is_empty() {
            let (tag, wire_type) = decode_key(&mut self.bytes)?;
            self.record.merge_field(tag, wire_type, &mut self.bytes, context.clone())?;
        }
        Ok(())
    }
}

impl<T: Message + Default> Message for Shallow<'_, T> {
    fn merge_field(
        &mut self,
        _: u32,
        _: WireType,
        _: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        self.enter(context)
    }

    // It is never written, nor used again.
    fn encode_raw(&self, _: &mut impl BufMut) {}

    fn encoded_len(&self) -> usize {
        0
    }

    fn clear(&mut self) {}
}
