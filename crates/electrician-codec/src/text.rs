//! Text as it stands.

use crate::{CodecError, Decode, Encode, Limits};

/// UTF-8 as it stands. With [`Lines`](crate::Lines) it is a file of lines, with
/// [`Whole`](crate::Whole) a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text;

// === impl Text ===

impl<T: AsRef<str> + ?Sized> Encode<T> for Text {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        into.extend_from_slice(record.as_ref().as_bytes());
        Ok(())
    }
}

impl Decode<String> for Text {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<String, CodecError> {
        limits.check_decoded("text", bytes.len())?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                let offset = error.valid_up_to() as u64;
                let message = "the bytes are not UTF-8; `Bytes` takes any";
                Err(CodecError::malformed("text", message).at(offset).with_source(error))
            }
        }
    }
}
