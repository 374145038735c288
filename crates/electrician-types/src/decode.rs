//! Bytes to records.

use crate::BoxError;

/// Finds records in a stream of bytes, framing included: the contract behind decoder sources.
///
/// # Laws
///
/// - `decode` takes bytes from the front of `input` and gives the first record that they complete.
///   What it did not take stays in `input` for the next call, so no record is lost, however many a
///   chunk holds. `Ok(None)` means that all of `input` was taken and that more is needed.
/// - How the stream is cut into chunks changes nothing: the same records and errors come out.
/// - An error stands for one record, and decoding goes on behind it, unless [`is_broken`] says that
///   the place of the next record is lost. Then every call fails until `finish`.
/// - Memory is bounded by what one record may hold, whatever a length in the input claims.
/// - `finish` ends the stream: it gives the last record if that needed no end mark, and an error if
///   the stream ended within a record. Afterwards the decoder is as new.
///
/// [`is_broken`]: Self::is_broken
pub trait Decoder<T>: Send + 'static {
    /// Takes bytes until a record is whole or there are no more.
    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<T>, BoxError>;

    /// Ends the stream.
    fn finish(&mut self) -> Result<Option<T>, BoxError>;

    /// Whether an error has lost the place of the next record. The default says that none does.
    fn is_broken(&self) -> bool {
        false
    }
}
