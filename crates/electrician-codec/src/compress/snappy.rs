//! Snappy's framing format: a stream identifier, then chunks of at most 64 KiB with a masked CRC-32C.
//!
//! <https://github.com/google/snappy/blob/main/framing_format.txt>. The blocks are those of the crate
//! beneath; its own frame writer cannot be used a second time.

use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

use super::engine::{Expand, Flow, Squeeze, excess};
use super::pending::Pending;
use crate::{CodecError, CodecErrorKind, Limits};

const NAME: &str = "snappy";

const IDENTIFIER: [u8; 10] = *b"\xff\x06\x00\x00sNaPpY";

/// Kinds of chunks.
const COMPRESSED: u8 = 0x00;
const PLAIN: u8 = 0x01;
const SKIPPABLE: u8 = 0x80;
const STREAM: u8 = 0xff;

/// The most plain bytes of a chunk.
const BLOCK: usize = 64 * 1024;

/// Bytes of the checksum in front of the data.
const CHECKSUM: usize = 4;

pub(super) struct Writer {
    encoder: Encoder,
    /// Plain bytes that are no whole block yet.
    block: Vec<u8>,
    /// Compressed bytes of one block.
    scratch: Vec<u8>,
    has_begun: bool,
}

#[derive(Default)]
pub(super) struct Reader {
    decoder: Decoder,
    pending: Pending,
    state: State,
    has_begun: bool,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Header,
    Identifier,
    Data {
        kind: u8,
        length: usize,
    },
    Skip(usize),
}

// === impl Writer ===

impl Writer {
    pub(super) fn new() -> Self {
        let (block, scratch) = (Vec::new(), Vec::new());
        Self { encoder: Encoder::new(), block, scratch, has_begun: false }
    }

    fn begin(&mut self, into: &mut Vec<u8>) {
        if !self.has_begun {
            into.extend_from_slice(&IDENTIFIER);
            self.has_begun = true;
        }
    }

    fn gathered(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        if !self.block.is_empty() {
            let block = std::mem::take(&mut self.block);
            let done = self.chunk(&block, into);
            self.block = block;
            self.block.clear();
            done?;
        }
        Ok(())
    }

    /// One chunk, compressed if that saves an eighth.
    fn chunk(&mut self, block: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        let most = max_compress_len(block.len());
        if self.scratch.len() < most {
            self.scratch.resize(most, 0);
        }
        let size = self.encoder.compress(block, &mut self.scratch[..]);
        let size = size.map_err(|error| CodecError::malformed(NAME, error.to_string()))?;
        let (kind, data) = if size < block.len() - block.len() / 8 {
            (COMPRESSED, &self.scratch[..size])
        } else {
            (PLAIN, block)
        };
        let length = u32::try_from(data.len() + CHECKSUM).expect("at most a block");
        let [l0, l1, l2, _] = length.to_le_bytes();
        into.extend_from_slice(&[kind, l0, l1, l2]);
        into.extend_from_slice(&masked(block).to_le_bytes());
        into.extend_from_slice(data);
        Ok(())
    }
}

impl Squeeze for Writer {
    fn push(&mut self, mut chunk: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.begin(into);
        if !self.block.is_empty() {
            let missing = (BLOCK - self.block.len()).min(chunk.len());
            let (head, rest) = chunk.split_at(missing);
            self.block.extend_from_slice(head);
            chunk = rest;
            if self.block.len() == BLOCK {
                self.gathered(into)?;
            }
        }
        let mut blocks = chunk.chunks_exact(BLOCK);
        for block in &mut blocks {
            self.chunk(block, into)?;
        }
        self.block.extend_from_slice(blocks.remainder());
        Ok(())
    }

    fn flush(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.begin(into);
        self.gathered(into)
    }

    fn finish(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.flush(into)?;
        self.reset();
        Ok(())
    }

    fn reset(&mut self) {
        self.block.clear();
        self.has_begun = false;
    }

    fn whole(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        into.extend_from_slice(&IDENTIFIER);
        plain.chunks(BLOCK).try_for_each(|block| self.chunk(block, into))
    }
}

// === impl Reader ===

impl Reader {
    /// What the header of a chunk says.
    fn header(&self, [kind, l0, l1, l2]: [u8; 4]) -> Result<State, CodecError> {
        let length = u32::from_le_bytes([l0, l1, l2, 0]) as usize;
        let wrong = |message: String| Err(CodecError::malformed(NAME, message));
        match kind {
            STREAM if length == IDENTIFIER.len() - 4 => Ok(State::Identifier),
            STREAM => wrong(format!("a stream identifier of {length} bytes, it has 6")),
            _ if !self.has_begun => wrong("no stream identifier at the begin".into()),
            COMPRESSED | PLAIN => {
                let most = if kind == PLAIN { BLOCK } else { max_compress_len(BLOCK) } + CHECKSUM;
                if !(CHECKSUM..=most).contains(&length) {
                    return wrong(format!("a chunk of {length} bytes, at most {most} are allowed"));
                }
                Ok(State::Data { kind, length })
            }
            SKIPPABLE.. => Ok(State::Skip(length)),
            _ => {
                let message = format!("a chunk of the reserved kind {kind:#04x}");
                Err(CodecError::new(CodecErrorKind::Unsupported, NAME, message))
            }
        }
    }

    fn data(
        decoder: &mut Decoder,
        kind: u8,
        data: &[u8],
        into: &mut Vec<u8>,
        room: usize,
    ) -> Result<(), CodecError> {
        let wrong = |error: snap::Error| CodecError::malformed(NAME, error.to_string());
        let (checksum, data) = data.split_first_chunk::<CHECKSUM>().expect("it has a checksum");
        let length =
            if kind == PLAIN { data.len() } else { decompress_len(data).map_err(wrong)? };
        if length > BLOCK {
            let message = format!("a chunk of {length} plain bytes, at most {BLOCK} are allowed");
            return Err(CodecError::malformed(NAME, message));
        }
        if length > room {
            return Err(excess(NAME));
        }
        let start = into.len();
        if kind == PLAIN {
            into.extend_from_slice(data);
        } else {
            into.resize(start + length, 0);
            decoder.decompress(data, &mut into[start..]).map_err(wrong)?;
        }
        if masked(&into[start..]) != u32::from_le_bytes(*checksum) {
            let message = "the CRC-32C of a chunk does not match";
            return Err(CodecError::new(CodecErrorKind::Corrupt, NAME, message));
        }
        Ok(())
    }
}

impl Expand for Reader {
    fn step(
        &mut self,
        input: &mut &[u8],
        into: &mut Vec<u8>,
        room: usize,
    ) -> Result<Flow, CodecError> {
        loop {
            self.state = match self.state {
                State::Header => match self.pending.array(input) {
                    Some(header) => self.header(header)?,
                    None => return Ok(Flow::Hungry),
                },
                State::Identifier => match self.pending.array::<6>(input) {
                    Some(name) if name == IDENTIFIER[4..] => {
                        self.has_begun = true;
                        State::Header
                    }
                    Some(_) => {
                        let message = "the stream identifier is not sNaPpY";
                        return Err(CodecError::malformed(NAME, message));
                    }
                    None => return Ok(Flow::Hungry),
                },
                State::Data { kind, length } => {
                    let Some(data) = self.pending.take(length, input) else {
                        return Ok(Flow::Hungry);
                    };
                    Self::data(&mut self.decoder, kind, data, into, room)?;
                    self.state = State::Header;
                    return Ok(if input.is_empty() { Flow::Hungry } else { Flow::More });
                }
                State::Skip(0) => State::Header,
                State::Skip(_) if input.is_empty() => return Ok(Flow::Hungry),
                State::Skip(left) => {
                    let count = left.min(input.len());
                    *input = &input[count..];
                    State::Skip(left - count)
                }
            };
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.state, State::Header | State::Skip(0)) && self.pending.is_empty()
    }

    fn reset(&mut self, _: &Limits) {
        self.pending.clear();
        self.state = State::Header;
        self.has_begun = false;
    }
}

/// The CRC-32C of `bytes`, turned so that a checksum of data that holds checksums is none of them.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
