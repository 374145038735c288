//! LZ4 frames: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>.
//!
//! Written are independent blocks of 4 MiB and a content checksum. The blocks are those of the crate
//! beneath; its own frame reader cannot go on when the input of a block is not all there.

mod descriptor;
mod writer;

use std::hash::Hasher;

use lz4_flex::block::{DecompressError, decompress_into, decompress_into_with_dict};
use twox_hash::XxHash32;

use super::engine::{Expand, Flow, excess};
use super::pending::Pending;
use crate::{CodecError, CodecErrorKind, Limits};
use descriptor::Descriptor;
pub(super) use writer::Writer;

const NAME: &str = "lz4";

const MAGIC: u32 = 0x184d_2204;
/// The magic number that has these in all but its last four bits begins a frame to skip.
const SKIPPABLE: u32 = 0x184d_2a50;
/// Set in the size of a block that is not compressed.
const STORED: u32 = 1 << 31;
/// How far a linked block refers back.
const HISTORY: usize = 64 * 1024;
/// A byte of a block becomes at most so many.
const EXPANSION: usize = 255;

#[derive(Default)]
pub(super) struct Reader {
    pending: Pending,
    state: State,
    descriptor: Descriptor,
    content: XxHash32,
    length: u64,
    /// The last plain bytes, if blocks are linked.
    history: Vec<u8>,
    /// Where blocks are decompressed to. Zeroed once, so that no record pays for it.
    scratch: Vec<u8>,
    has_frame: bool,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Magic,
    SkipLength,
    Skip(u64),
    Flags,
    Descriptor([u8; 2]),
    BlockSize,
    Block {
        size: usize,
        is_stored: bool,
    },
    Checksum,
}

// === impl Reader ===

impl Reader {
    fn magic(&self, magic: u32) -> Result<State, CodecError> {
        match magic {
            MAGIC => Ok(State::Flags),
            _ if magic & !0xf == SKIPPABLE => Ok(State::SkipLength),
            _ if self.has_frame => Err(CodecError::malformed(
                NAME,
                "bytes follow the last frame, which begin no other",
            )),
            _ => Err(CodecError::malformed(
                NAME,
                format!("no frame begins with {magic:#010x}, it would be {MAGIC:#010x}"),
            )),
        }
    }

    fn begin(&mut self, descriptor: Descriptor, room: usize) -> Result<State, CodecError> {
        if descriptor.content_size.is_some_and(|claim| claim > room as u64) {
            return Err(excess(NAME));
        }
        self.descriptor = descriptor;
        self.content = XxHash32::with_seed(0);
        self.length = 0;
        self.history.clear();
        Ok(State::BlockSize)
    }

    fn block_size(&self, size: u32) -> Result<State, CodecError> {
        let is_stored = size & STORED != 0;
        let size = (size & !STORED) as usize;
        match size {
            0 if !is_stored && self.descriptor.has_content_checksum => Ok(State::Checksum),
            0 if !is_stored => Ok(State::Magic),
            _ if size > self.descriptor.block_bytes => {
                let most = self.descriptor.block_bytes;
                let message = format!("a block of {size} bytes, the frame says at most {most}");
                Err(CodecError::malformed(NAME, message))
            }
            _ => Ok(State::Block { size, is_stored }),
        }
    }

    /// Appends one block.
    fn block(
        &mut self,
        (size, is_stored): (usize, bool),
        input: &mut &[u8],
        into: &mut Vec<u8>,
        room: usize,
    ) -> Result<bool, CodecError> {
        let checksum = if self.descriptor.has_block_checksums { 4 } else { 0 };
        let Some(block) = self.pending.take(size + checksum, input) else {
            return Ok(false);
        };
        let (block, checksum) = block.split_at(size);
        if let Ok(checksum) = checksum.try_into()
            && XxHash32::oneshot(0, block) != u32::from_le_bytes(checksum)
        {
            return Err(corrupt("the checksum of a block does not match"));
        }
        let start = into.len();
        if is_stored {
            if size > room {
                return Err(excess(NAME));
            }
            into.extend_from_slice(block);
        } else {
            let whole = self.descriptor.block_bytes.min(size.saturating_mul(EXPANSION));
            let most = whole.min(room);
            if self.scratch.len() < most {
                self.scratch.resize(most, 0);
            }
            let scratch = &mut self.scratch[..most];
            let plain = if self.descriptor.is_linked {
                decompress_into_with_dict(block, scratch, &self.history)
            } else {
                decompress_into(block, scratch)
            };
            let plain = plain.map_err(|error| match error {
                DecompressError::OutputTooSmall { .. } if most < whole => excess(NAME),
                error => CodecError::malformed(NAME, error.to_string()),
            })?;
            into.extend_from_slice(&scratch[..plain]);
        }
        let plain = &into[start..];
        self.length += plain.len() as u64;
        if self.descriptor.has_content_checksum {
            self.content.write(plain);
        }
        if self.descriptor.is_linked {
            let old = (self.history.len() + plain.len()).saturating_sub(HISTORY);
            self.history.drain(..old.min(self.history.len()));
            let new = plain.len().saturating_sub(HISTORY);
            self.history.extend_from_slice(&plain[new..]);
        }
        Ok(true)
    }

    fn end(&mut self) -> Result<State, CodecError> {
        self.has_frame = true;
        match self.descriptor.content_size {
            Some(claim) if claim != self.length => {
                let message = format!("{} bytes, the frame says {claim}", self.length);
                Err(CodecError::malformed(NAME, message))
            }
            _ => Ok(State::Magic),
        }
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
            let next = match self.state {
                State::Magic => {
                    self.pending.array(input).map(|magic| self.magic(u32::from_le_bytes(magic)))
                }
                State::SkipLength => self.pending.array(input).map(|length| {
                    self.has_frame = true;
                    Ok(State::Skip(u64::from(u32::from_le_bytes(length))))
                }),
                State::Skip(0) => Some(Ok(State::Magic)),
                State::Skip(_) if input.is_empty() => None,
                State::Skip(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    *input = &input[count..];
                    Some(Ok(State::Skip(left - count as u64)))
                }
                State::Flags => self.pending.array(input).map(|flags| Ok(State::Descriptor(flags))),
                State::Descriptor(flags) => {
                    let rest = self.pending.take(Descriptor::rest(flags), input);
                    let descriptor = rest.map(|rest| Descriptor::parse(flags, rest)).transpose()?;
                    descriptor.map(|descriptor| self.begin(descriptor, room))
                }
                State::BlockSize => {
                    let size = self.pending.array(input).map(u32::from_le_bytes);
                    let next = size.map(|size| self.block_size(size)).transpose()?;
                    if matches!(next, Some(State::Magic)) { Some(self.end()) } else { next.map(Ok) }
                }
                State::Block { size, is_stored } => {
                    if self.block((size, is_stored), input, into, room)? {
                        self.state = State::BlockSize;
                        return Ok(if input.is_empty() { Flow::Hungry } else { Flow::More });
                    }
                    None
                }
                State::Checksum => match self.pending.array(input).map(u32::from_le_bytes) {
                    Some(checksum) if checksum != self.content.finish_32() => {
                        return Err(corrupt("the checksum of the content does not match"));
                    }
                    Some(_) => Some(self.end()),
                    None => None,
                },
            };
            match next {
                Some(state) => self.state = state?,
                None => return Ok(Flow::Hungry),
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.has_frame
            && matches!(self.state, State::Magic | State::Skip(0))
            && self.pending.is_empty()
    }

    fn reset(&mut self, _: &Limits) {
        self.pending.clear();
        self.state = State::Magic;
        self.has_frame = false;
    }
}

fn corrupt(message: &str) -> CodecError {
    CodecError::new(CodecErrorKind::Corrupt, NAME, message)
}
