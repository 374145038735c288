//! One record and its bytes, apart from where it stands among others.

use crate::{CodecError, Limits};

/// Writes a record as bytes.
///
/// # Laws
///
/// - `encode` appends to `into` and leaves what was there. On error it may leave partial bytes; the
///   caller cuts them off.
/// - The bytes do not depend on the records before.
/// - A format for fixed-size types allocates nothing once `into` has room.
pub trait Encode<T: ?Sized> {
    /// Appends the bytes of `record`.
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError>;
}

/// Reads a record from its bytes, which are all there.
///
/// # Laws
///
/// - All of `bytes` is the record: what follows it is an error.
/// - Whatever the bytes, it gives a record or an error: it never panics, and it allocates for what
///   has arrived, not for what a length claims.
/// - The record does not depend on the bytes before, nor on an error.
pub trait Decode<T> {
    /// The record that `bytes` are.
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<T, CodecError>;
}
