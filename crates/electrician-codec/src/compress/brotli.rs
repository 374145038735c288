//! Brotli: a bare stream of RFC 7932.

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{
    BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct,
};
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::BrotliQuality;
use super::engine::{Expand, Flow, Squeeze};
use crate::{CodecError, Limits};

const NAME: &str = "brotli";

/// The windows that are written, as powers of two: the largest by default, less for short records,
/// because the encoder's tables are as large as its window.
const WINDOW_BITS: std::ops::RangeInclusive<u32> = 16..=22;

/// The most bytes that are written to the output at a time.
const STEP: usize = 64 * 1024;
const LEAST_STEP: usize = 1024;

type Encoder = BrotliEncoderStateStruct<StandardAlloc>;
type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

pub(super) struct Writer {
    quality: BrotliQuality,
    /// A stream that has begun. The crate cannot use a state a second time.
    encoder: Option<Box<Encoder>>,
}

pub(super) struct Reader {
    state: Box<State>,
    is_fresh: bool,
    is_complete: bool,
}

// === impl Writer ===

impl Writer {
    pub(super) const fn new(quality: BrotliQuality) -> Self {
        Self { quality, encoder: None }
    }

    /// A state for a stream, of `length` bytes if that is known.
    fn begin(&mut self, length: Option<usize>) -> &mut Encoder {
        let quality = u32::from(self.quality.level());
        self.encoder.get_or_insert_with(|| {
            let mut encoder = Box::new(Encoder::new(StandardAlloc::default()));
            let bits = length.map_or(usize::BITS, |length| usize::BITS - length.leading_zeros());
            let bits = bits.clamp(*WINDOW_BITS.start(), *WINDOW_BITS.end());
            encoder.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_QUALITY, quality);
            encoder.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_LGWIN, bits);
            let hint = length.and_then(|length| u32::try_from(length).ok()).unwrap_or(0);
            encoder.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_SIZE_HINT, hint);
            encoder
        })
    }

    fn run(
        &mut self,
        chunk: &[u8],
        operation: BrotliEncoderOperation,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let encoder = self.begin(None);
        let (mut left, mut offset) = (chunk.len(), 0);
        loop {
            // Without an output buffer, what is ready waits within the encoder.
            let is_fine = encoder.compress_stream(
                operation,
                &mut left,
                chunk,
                &mut offset,
                &mut 0,
                &mut [],
                &mut 0,
                &mut None,
                &mut |_, _, _, _| (),
            );
            if !is_fine {
                return Err(CodecError::malformed(NAME, "the encoder refuses to go on"));
            }
            let is_idle = !encoder.has_more_output();
            while encoder.has_more_output() {
                // The slice is longer than what is ready.
                let mut ready = 0;
                let output = encoder.take_output(&mut ready);
                into.extend_from_slice(&output[..ready]);
            }
            let is_done = match operation {
                BrotliEncoderOperation::BROTLI_OPERATION_FINISH => encoder.is_finished(),
                _ => left == 0 && is_idle,
            };
            if is_done {
                return Ok(());
            }
        }
    }
}

impl Squeeze for Writer {
    fn push(&mut self, chunk: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(chunk, BrotliEncoderOperation::BROTLI_OPERATION_PROCESS, into)
    }

    fn flush(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(&[], BrotliEncoderOperation::BROTLI_OPERATION_FLUSH, into)
    }

    fn finish(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let done = self.run(&[], BrotliEncoderOperation::BROTLI_OPERATION_FINISH, into);
        self.encoder = None;
        done
    }

    fn reset(&mut self) {
        self.encoder = None;
    }

    fn whole(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.begin(Some(plain.len()));
        let done = self.run(plain, BrotliEncoderOperation::BROTLI_OPERATION_FINISH, into);
        self.encoder = None;
        done
    }
}

// === impl Reader ===

impl Reader {
    pub(super) fn new() -> Self {
        Self { state: Box::new(state()), is_fresh: true, is_complete: false }
    }
}

impl Expand for Reader {
    fn step(
        &mut self,
        input: &mut &[u8],
        into: &mut Vec<u8>,
        _: usize,
    ) -> Result<Flow, CodecError> {
        if self.is_complete {
            if input.is_empty() {
                return Ok(Flow::Hungry);
            }
            let message = "bytes follow the end of the stream";
            return Err(CodecError::malformed(NAME, message).at(0));
        }
        self.is_fresh = false;
        let start = into.len();
        // Little input seldom needs much, and what is not needed was zeroed in vain.
        let step = input.len().saturating_mul(16).clamp(LEAST_STEP, STEP);
        into.resize(into.capacity().min(start + step), 0);
        let (mut left, mut read) = (input.len(), 0);
        let (mut free, mut written) = (into.len() - start, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            input,
            &mut free,
            &mut written,
            &mut into[start..],
            &mut 0,
            &mut self.state,
        );
        into.truncate(start + written);
        *input = &input[read..];
        match result {
            BrotliResult::ResultSuccess => {
                self.is_complete = true;
                Ok(if input.is_empty() { Flow::Hungry } else { Flow::More })
            }
            BrotliResult::NeedsMoreInput => Ok(Flow::Hungry),
            BrotliResult::NeedsMoreOutput => Ok(Flow::More),
            BrotliResult::ResultFailure => {
                Err(CodecError::malformed(NAME, "the stream breaks the rules of its format"))
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }

    fn reset(&mut self, _: &Limits) {
        if !self.is_fresh {
            *self.state = state();
            self.is_fresh = true;
        }
        self.is_complete = false;
    }
}

/// Without large windows: they are not in the RFC, and take up to a gigabyte.
fn state() -> State {
    let alloc = StandardAlloc::default;
    State::new_strict(alloc(), alloc(), alloc())
}
