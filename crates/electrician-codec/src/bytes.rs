//! Bytes as they stand.

use crate::{CodecError, Decode, Encode, Limits};

/// Bytes as they stand. With [`LengthPrefix`](crate::LengthPrefix) they are records of any content,
/// with [`Whole`](crate::Whole) a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes;

// === impl Bytes ===

impl<T: AsRef<[u8]> + ?Sized> Encode<T> for Bytes {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        into.extend_from_slice(record.as_ref());
        Ok(())
    }
}

impl Decode<Vec<u8>> for Bytes {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, CodecError> {
        limits.check_decoded("bytes", bytes.len())?;
        Ok(bytes.to_vec())
    }
}
