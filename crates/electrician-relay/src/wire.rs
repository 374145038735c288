//! The bytes of messages, looked at without decoding them.

use bytes::BufMut;
use prost::encoding::{DecodeContext, WireType, decode_varint, encode_varint, skip_field};
use std::ops::Range;

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no protobuf message: {what} at byte {at}")]
pub struct WireError {
    what: &'static str,
    at: usize,
}

/// One field as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    /// Where its tag begins.
    pub(crate) start: usize,
    pub(crate) value: Value,
}

/// What stands behind a tag.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Varint(u64),
    /// The place of the bytes.
    Bytes(Range<usize>),
    /// A number of fixed size, or a group: nothing that is looked at.
    Other,
}

/// The fields of a message, in their order. It ends after an error.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

// === impl WireError ===

impl WireError {
    pub(crate) const fn new(what: &'static str, at: usize) -> Self {
        Self { what, at }
    }
}

// === impl Fields ===

impl<'a> Fields<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn read(&mut self) -> Result<Field, WireError> {
        let start = self.at;
        let wrong = |what| WireError::new(what, start);
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| wrong("a field number too large"))?;
        if number == 0 || number >= 1 << 29 {
            return Err(wrong("a field number out of range"));
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.skip(8)?,
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).map_err(|_| wrong("a length too large"))?;
                let from = self.at;
                self.skip(length)?;
                Value::Bytes(from..self.at)
            }
            3 => {
                let mut rest = &self.bytes[self.at..];
                let before = rest.len();
                let context = DecodeContext::default();
                skip_field(WireType::StartGroup, number, &mut rest, context)
                    .map_err(|_| wrong("a group without its end"))?;
                self.at += before - rest.len();
                Value::Other
            }
            5 => self.skip(4)?,
            _ => return Err(wrong("an unknown wire type")),
        };
        Ok(Field { number, start, value })
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut rest = &self.bytes[self.at..];
        let before = rest.len();
        let value = decode_varint(&mut rest)
            .map_err(|_| WireError::new("a number that is cut off or too long", self.at))?;
        self.at += before - rest.len();
        Ok(value)
    }

    fn skip(&mut self, length: usize) -> Result<Value, WireError> {
        if length > self.bytes.len() - self.at {
            return Err(WireError::new("a field longer than its message", self.at));
        }
        self.at += length;
        Ok(Value::Other)
    }
}

impl Iterator for Fields<'_> {
    type Item = Result<Field, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.at = self.bytes.len();
        }
        Some(field)
    }
}

// === writing ===

/// Appends a number; zero, which is the default, is left out.
pub(crate) fn put_number(field: u32, value: u64, into: &mut impl BufMut) {
    if value != 0 {
        encode_varint(u64::from(field) << 3, into);
        encode_varint(value, into);
    }
}

/// Appends bytes; none at all, which is the default, are left out.
pub(crate) fn put_bytes(field: u32, bytes: &[u8], into: &mut impl BufMut) {
    if !bytes.is_empty() {
        put_length(field, bytes.len(), into);
        into.put_slice(bytes);
    }
}

/// Appends what stands before so many bytes.
pub(crate) fn put_length(field: u32, length: usize, into: &mut impl BufMut) {
    encode_varint(u64::from(field) << 3 | 2, into);
    encode_varint(length as u64, into);
}
