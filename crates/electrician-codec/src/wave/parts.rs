//! The parts of a wave, out of its bytes.

use super::FORMAT;
use crate::CodecError;

/// Bytes that are taken from the front.
pub(super) struct Parts<'a> {
    all: usize,
    rest: &'a [u8],
}

// === impl Parts ===

impl<'a> Parts<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { all: bytes.len(), rest: bytes }
    }

    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], CodecError> {
        match self.rest.split_first_chunk() {
            Some((array, rest)) => {
                self.rest = rest;
                Ok(*array)
            }
            None => Err(self.short(what, N)),
        }
    }

    pub(super) fn number(&mut self, what: &str) -> Result<f64, CodecError> {
        Ok(f64::from_le_bytes(self.array(what)?))
    }

    pub(super) fn pairs<T>(
        &mut self,
        what: &str,
        make: impl Fn(f64, f64) -> T,
    ) -> Result<Vec<T>, CodecError> {
        let count = self.count(what)?;
        // They are all there, so their claimed number is true.
        let bytes = self.take(what, count.saturating_mul(16))?;
        let (pairs, _) = bytes.as_chunks::<16>();
        let number =
            |bytes: &[u8]| bytes.first_chunk().map_or(0.0, |bytes| f64::from_le_bytes(*bytes));
        Ok(pairs.iter().map(|pair| make(number(&pair[..8]), number(&pair[8..]))).collect())
    }

    pub(super) fn hex(&mut self, what: &str) -> Result<Vec<u8>, CodecError> {
        let count = self.count(what)?;
        let start = self.offset();
        let (pairs, odd) = self.take(what, count)?.as_chunks::<2>();
        if !odd.is_empty() {
            let message = format!("{count} {what} are not whole bytes");
            return Err(CodecError::malformed(FORMAT, message).at(start));
        }
        let byte = |(index, [high, low]): (usize, &[u8; 2])| {
            let byte = digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low);
            byte.ok_or_else(|| {
                let message = "the compressed form is not hexadecimal";
                CodecError::malformed(FORMAT, message).at(start + 2 * index as u64)
            })
        };
        pairs.iter().enumerate().map(byte).collect()
    }

    pub(super) fn end(self) -> Result<(), CodecError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let message = format!("{} bytes follow the record", self.rest.len());
        Err(CodecError::malformed(FORMAT, message).at(self.offset()))
    }

    fn count(&mut self, what: &str) -> Result<usize, CodecError> {
        let start = self.offset();
        let count = i32::from_le_bytes(self.array(what)?);
        usize::try_from(count).map_err(|_| {
            CodecError::malformed(FORMAT, format!("there are {count} {what}")).at(start)
        })
    }

    fn take(&mut self, what: &str, count: usize) -> Result<&'a [u8], CodecError> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.short(what, count)),
        }
    }

    fn short(&self, what: &str, wanted: usize) -> CodecError {
        let had = self.rest.len();
        let message = format!("{what} need {wanted} bytes, {had} are left");
        CodecError::truncated(FORMAT, message).at(self.offset())
    }

    const fn offset(&self) -> u64 {
        (self.all - self.rest.len()) as u64
    }
}

fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
