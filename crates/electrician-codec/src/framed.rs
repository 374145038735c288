//! A payload in a framing: whole encoders and decoders.

use electrician_types::{BoxError, Decoder, Encoder};

use crate::{CodecError, Decode, Encode, Frames, Framing, Limits};

/// Writes records one after the other: `P` says how each looks, `F` what sets them apart.
///
/// It is an [`Encoder`], so a wire's encoder sink takes it.
#[derive(Clone, Debug, Default)]
pub struct FramedEncoder<P, F> {
    payload: P,
    framing: F,
}

/// Reads records out of a stream: `F` finds them, `P` reads each.
///
/// It is a [`Decoder`]; [`Records`](crate::Records) reads a reader with it.
#[derive(Debug)]
pub struct FramedDecoder<P, F> {
    payload: P,
    frames: Frames<F>,
}

// === impl FramedEncoder ===

impl<P, F: Framing> FramedEncoder<P, F> {
    /// Records as `payload` writes them, set apart by `framing`.
    pub const fn new(payload: P, framing: F) -> Self {
        Self { payload, framing }
    }

    /// Appends one record with its marks. Leaves `into` as it was if that fails.
    pub fn encode<T: ?Sized>(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError>
    where
        P: Encode<T>,
    {
        let before = into.len();
        self.framing.open(into);
        let start = into.len();
        let done = self.payload.encode(record, into);
        let done = done.and_then(|()| self.framing.close(start, into));
        if done.is_err() {
            into.truncate(before);
        }
        done
    }
}

impl<T, P, F> Encoder<T> for FramedEncoder<P, F>
where
    P: Encode<T> + Send + 'static,
    F: Framing,
{
    fn begin(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        self.framing.begin(into);
        Ok(())
    }

    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), BoxError> {
        Ok(self.encode(record, into)?)
    }

    fn end(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        self.framing.end(into);
        Ok(())
    }
}

// === impl FramedDecoder ===

impl<P, F: Framing> FramedDecoder<P, F> {
    /// Records that `framing` finds and `payload` reads.
    pub const fn new(payload: P, framing: F) -> Self {
        Self::with_limits(payload, framing, Limits::DEFAULT)
    }

    /// The same, within `limits`.
    pub const fn with_limits(payload: P, framing: F, limits: Limits) -> Self {
        Self { payload, frames: Frames::new(framing, limits) }
    }

    /// The next record, as [`Decoder::decode`] gives it.
    pub fn decode<T>(&mut self, input: &mut &[u8]) -> Result<Option<T>, CodecError>
    where
        P: Decode<T>,
    {
        let limits = *self.frames.limits();
        let Some(bytes) = self.frames.next(input)? else { return Ok(None) };
        let record = self.payload.decode(bytes, &limits);
        let offset = self.frames.offset();
        record.map(Some).map_err(|error| within(error, offset))
    }

    /// The last record, as [`Decoder::finish`] gives it.
    pub fn finish<T>(&mut self) -> Result<Option<T>, CodecError>
    where
        P: Decode<T>,
    {
        let limits = *self.frames.limits();
        let Some(bytes) = self.frames.finish()? else { return Ok(None) };
        let record = self.payload.decode(bytes, &limits);
        let offset = self.frames.offset();
        self.frames.reset();
        record.map(Some).map_err(|error| within(error, offset))
    }
}

impl<T, P, F> Decoder<T> for FramedDecoder<P, F>
where
    P: Decode<T> + Send + 'static,
    F: Framing,
{
    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<T>, BoxError> {
        Ok(self.decode(input)?)
    }

    fn finish(&mut self) -> Result<Option<T>, BoxError> {
        Ok(self.finish()?)
    }

    fn is_broken(&self) -> bool {
        self.frames.is_broken()
    }
}

/// The error of a record that begins at `start` of the stream.
fn within(error: CodecError, start: u64) -> CodecError {
    let inner = error.offset().unwrap_or(0);
    error.at(start + inner)
}
