//! How values become bytes and back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use electrician_types::{BoxError, Error, ErrorKind};

/// A value that can be written to a log and read back.
///
/// # Laws
///
/// `decode` gives back what `encode` was given, in any later version of the program that is to
/// read the log: put a version in the bytes if the value may change. The log protects the bytes
/// with a checksum; `decode` is never given bytes that `encode` did not write.
pub trait Record: Sized + 'static {
    /// Appends the value to `bytes`.
    fn encode(&self, bytes: &mut Vec<u8>);

    /// Reads a value.
    fn decode(bytes: &[u8]) -> Result<Self, BoxError>;
}

type Encode<T> = Box<dyn Fn(&T, &mut Vec<u8>) + Send + Sync>;
type Decode<T> = Box<dyn Fn(&[u8]) -> Result<T, BoxError> + Send + Sync>;

/// The two functions, whose types end here.
pub(crate) struct Codec<T> {
    encode: Encode<T>,
    decode: Decode<T>,
}

// === impl Record ===

impl Record for Vec<u8> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }

    fn decode(bytes: &[u8]) -> Result<Self, BoxError> {
        Ok(bytes.to_vec())
    }
}

impl Record for String {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, BoxError> {
        Ok(std::str::from_utf8(bytes)?.to_owned())
    }
}

impl Record for u64 {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, BoxError> {
        Ok(Self::from_le_bytes(bytes.try_into()?))
    }
}

// === impl Codec ===

impl<T> Codec<T> {
    pub(crate) fn new(
        encode: impl Fn(&T, &mut Vec<u8>) + Send + Sync + 'static,
        decode: impl Fn(&[u8]) -> Result<T, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self { encode: Box::new(encode), decode: Box::new(decode) }
    }

    /// Appends the value; `None` when the user's function panicked.
    pub(crate) fn encode(&self, value: &T, bytes: &mut Vec<u8>) -> Option<()> {
        catch_unwind(AssertUnwindSafe(|| (self.encode)(value, bytes))).ok()
    }

    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<T, Error> {
        let decoded = catch_unwind(AssertUnwindSafe(|| (self.decode)(bytes)));
        decoded
            .map_err(|_| Error::new(ErrorKind::Panicked, "decoding a record"))?
            .map_err(|why| Error::new(ErrorKind::Malformed, "decoding a record").with_source(why))
    }
}
