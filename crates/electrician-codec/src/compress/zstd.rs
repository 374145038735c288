//! Zstandard: frames of RFC 8878 with a checksum.

mod frame;

use std::io::Cursor;

use zstd_safe::{
    CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, SafeResult,
    compress_bound, get_dict_id_from_frame, get_error_name, get_frame_content_size,
    zstd_sys::ZSTD_EndDirective,
};

use super::ZstdLevel;
use super::engine::{Expand, Flow, Squeeze, excess, make_room};
use crate::{CodecError, CodecErrorKind, Limits};
use frame::{MAGIC, whole, window};

const NAME: &str = "zstd";

/// The largest window that is read, as a power of two: 32 MiB, which all levels below 20 keep to.
const WINDOW_LOG: u32 = 25;

const DAMAGED: &str = "the frame is damaged, or its checksum does not match";

/// The longest header of a frame.
const HEAD: usize = 18;

/// The smallest that can be asked for.
const LEAST_WINDOW_LOG: u32 = 10;

pub(super) struct Writer {
    context: CCtx<'static>,
}

pub(super) struct Reader {
    context: DCtx<'static>,
    /// Whether a frame has begun and not ended.
    is_inside: bool,
    /// Whether the decoder has seen nothing of it yet.
    is_new: bool,
    /// The begin of the frame, as far as it has come, until its header is whole.
    head: [u8; HEAD],
    head_len: usize,
    window_log: u32,
    /// What the frame says it becomes, and what it has become so far.
    claim: Option<u64>,
    written: u64,
}

// === impl Writer ===

impl Writer {
    pub(super) fn new(level: ZstdLevel) -> Self {
        let mut context = CCtx::create();
        let level = CParameter::CompressionLevel(i32::from(level.level()));
        for parameter in [level, CParameter::ChecksumFlag(true)] {
            context.set_parameter(parameter).expect("the level was checked");
        }
        Self { context }
    }

    fn run(
        &mut self,
        chunk: &[u8],
        directive: ZSTD_EndDirective,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let mut input = InBuffer::around(chunk);
        loop {
            make_room(into, (chunk.len() / 2).max(512));
            let length = into.len();
            let mut output = OutBuffer::around_pos(&mut *into, length);
            let left = self.context.compress_stream2(&mut output, &mut input, directive);
            let left = left.map_err(|code| CodecError::malformed(NAME, get_error_name(code)))?;
            let is_done = match directive {
                ZSTD_EndDirective::ZSTD_e_continue => input.pos() == chunk.len(),
                _ => left == 0,
            };
            if is_done {
                return Ok(());
            }
        }
    }
}

impl Squeeze for Writer {
    fn push(&mut self, chunk: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(chunk, ZSTD_EndDirective::ZSTD_e_continue, into)
    }

    fn flush(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(&[], ZSTD_EndDirective::ZSTD_e_flush, into)
    }

    fn finish(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(&[], ZSTD_EndDirective::ZSTD_e_end, into)
    }

    fn reset(&mut self) {
        self.context.reset(ResetDirective::SessionOnly).expect("a session can always be reset");
    }

    fn whole(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        let start = into.len();
        make_room(into, compress_bound(plain.len()));
        let mut output = Cursor::new(&mut *into);
        output.set_position(start as u64);
        let done = self.context.compress2(&mut output, plain);
        done.map(drop).map_err(|code| CodecError::malformed(NAME, get_error_name(code)))
    }
}

// === impl Reader ===

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            context: DCtx::create(),
            is_inside: false,
            is_new: false,
            head: [0; HEAD],
            head_len: 0,
            window_log: 0,
            claim: None,
            written: 0,
        }
    }

    /// What a frame claims is good enough to refuse it, and for nothing else. `input` is what comes
    /// next of it: nothing comes out before the header is whole.
    ///
    /// The decoder looks at the window only of a frame that comes in pieces, and this of each.
    fn check_claim(&mut self, input: &[u8], room: usize) -> Result<(), CodecError> {
        let more = input.len().min(HEAD - self.head_len);
        self.head[self.head_len..self.head_len + more].copy_from_slice(&input[..more]);
        self.head_len += more;
        let head = &self.head[..self.head_len];
        let Ok(claim) = get_frame_content_size(head) else { return Ok(()) };
        if claim.is_some_and(|claim| claim > room as u64) {
            return Err(excess(NAME));
        }
        if window(head).or(claim).is_some_and(|window| window > 1 << self.window_log) {
            return Err(too_wide());
        }
        // Said here, for the decoder may see damage behind it first. A part to skip has no dictionary,
        // though the decoder says so.
        if head.starts_with(&MAGIC) && get_dict_id_from_frame(head).is_some() {
            let message = "the frame needs a dictionary";
            return Err(CodecError::new(CodecErrorKind::Unsupported, NAME, message));
        }
        self.head_len = HEAD;
        self.claim = claim;
        Ok(())
    }

    /// Takes a frame that is all there at once, if the decoder takes it in pieces too: this way it
    /// copies nothing. What is wrong with a frame that is not taken shows in pieces.
    fn take_whole(&mut self, input: &mut &[u8], into: &mut Vec<u8>, room: usize) -> bool {
        let free = into.capacity() - into.len();
        let most = free.min(room).min(1 << self.window_log);
        let Some(length) = whole(input, most) else { return false };
        let (frame, rest) = input.split_at(length);
        let length = into.len();
        let mut output = Cursor::new(into);
        output.set_position(length as u64);
        let is_good = self.context.decompress(&mut output, frame).is_ok();
        if is_good {
            *input = rest;
        }
        is_good
    }

    /// What the decoder says, and how much it has read.
    fn feed(&mut self, input: &[u8], into: &mut Vec<u8>) -> (SafeResult, usize) {
        let length = into.len();
        let mut output = OutBuffer::around_pos(into, length);
        let mut source = InBuffer::around(input);
        let hint = self.context.decompress_stream(&mut output, &mut source);
        (hint, source.pos())
    }
}

impl Expand for Reader {
    fn step(
        &mut self,
        input: &mut &[u8],
        into: &mut Vec<u8>,
        room: usize,
    ) -> Result<Flow, CodecError> {
        let start = into.len();
        loop {
            if !self.is_inside {
                if input.is_empty() {
                    return Ok(Flow::Hungry);
                }
                if self.take_whole(input, into, room.saturating_sub(into.len() - start)) {
                    if into.len() == into.capacity() && !input.is_empty() {
                        return Ok(Flow::More);
                    }
                    continue;
                }
                (self.is_inside, self.is_new) = (true, true);
                self.head_len = 0;
                (self.claim, self.written) = (None, 0);
            }
            // A frame that is all there and has room the decoder would take at once, and then it
            // refuses other frames than where they come in pieces. So the begin comes apart of one
            // that was not found to be good either way.
            let piece = if self.is_new { &input[..input.len().min(MAGIC.len())] } else { *input };
            self.is_new = false;
            if self.head_len < HEAD {
                self.check_claim(piece, room.saturating_sub(into.len() - start))?;
            }
            let length = into.len();
            let (hint, read) = self.feed(piece, into);
            *input = &input[read..];
            // No bytes are asked for: the frame has ended, and all of it is out.
            self.is_inside = hint.map_err(refused)? != 0;
            self.written += (into.len() - length) as u64;
            // The decoder does not look at this where a frame comes in pieces, or only if what it keeps
            // of earlier frames is small enough.
            let is_wrong =
                |claim: u64| self.written > claim || !self.is_inside && self.written < claim;
            if self.claim.is_some_and(is_wrong) {
                return Err(CodecError::new(CodecErrorKind::Corrupt, NAME, DAMAGED));
            }
            if into.len() == into.capacity() {
                return Ok(if self.is_inside || !input.is_empty() {
                    Flow::More
                } else {
                    Flow::Hungry
                });
            }
            if input.is_empty() {
                return Ok(Flow::Hungry);
            }
            if read == 0 && into.len() == length && self.is_inside {
                return Ok(Flow::More);
            }
        }
    }

    fn is_complete(&self) -> bool {
        !self.is_inside
    }

    fn reset(&mut self, limits: &Limits) {
        self.context.reset(ResetDirective::SessionOnly).expect("a session can always be reset");
        self.is_inside = false;
        // A window that is larger than all that may come out has no use.
        let log = usize::BITS - limits.decoded_bytes.saturating_sub(1).leading_zeros();
        let log = log.clamp(LEAST_WINDOW_LOG, WINDOW_LOG);
        if log != self.window_log {
            self.context.set_parameter(DParameter::WindowLogMax(log)).expect("it is in range");
            self.window_log = log;
        }
    }
}

fn too_wide() -> CodecError {
    let limit = format_args!("{} MiB or the decoded bytes", 1_u32 << (WINDOW_LOG - 20));
    CodecError::too_large(NAME, "the window", limit)
}

/// The error of a frame that cannot be read. What the decoder sees first, damage or a wrong checksum,
/// depends on how much room it has: it is the same here.
fn refused(code: usize) -> CodecError {
    let said = get_error_name(code);
    let (kind, message) = if said.contains("too much memory") {
        return too_wide();
    } else if said.contains("Unknown frame") {
        (CodecErrorKind::Malformed, "no frame begins here: it would be 28 b5 2f fd")
    } else if said.contains("nsupported") {
        (CodecErrorKind::Malformed, "the header of the frame has a reserved bit")
    } else {
        (CodecErrorKind::Corrupt, DAMAGED)
    };
    CodecError::new(kind, NAME, message).with_source(said)
}
