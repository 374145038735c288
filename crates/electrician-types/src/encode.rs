//! Records to bytes.

use crate::BoxError;

/// Turns records into bytes, framing included: the contract behind encoder sinks.
///
/// # Laws
///
/// - `encode` appends to `into` and leaves what was there. On error it may leave partial bytes;
///   the caller cuts them off, so nothing partial is ever written.
/// - `begin` and `end` append what comes before the first and after the last record. `begin` is
///   called once per run, also when there is no record.
pub trait Encoder<T>: Send + 'static {
    /// Appends what stands before the first record. The default appends nothing.
    fn begin(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        let _ = into;
        Ok(())
    }

    /// Appends one record.
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), BoxError>;

    /// Appends what stands after the last record. The default appends nothing.
    fn end(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        let _ = into;
        Ok(())
    }
}
