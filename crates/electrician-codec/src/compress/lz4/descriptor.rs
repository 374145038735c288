//! What the begin of a frame says about it.

use twox_hash::XxHash32;

use super::{NAME, corrupt};
use crate::{CodecError, CodecErrorKind};

const VERSION: u8 = 0b0100_0000;
const VERSION_MASK: u8 = 0b1100_0000;
const INDEPENDENT: u8 = 0b0010_0000;
const BLOCK_CHECKSUMS: u8 = 0b0001_0000;
const CONTENT_SIZE: u8 = 0b0000_1000;
const CONTENT_CHECKSUM: u8 = 0b0000_0100;
const RESERVED: u8 = 0b0000_0010;
const DICTIONARY: u8 = 0b0000_0001;

/// Independent blocks of 4 MiB, content checksum.
const WRITTEN: [u8; 2] = [VERSION | INDEPENDENT | CONTENT_CHECKSUM, 7 << 4];

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Descriptor {
    pub(super) block_bytes: usize,
    pub(super) is_linked: bool,
    pub(super) has_block_checksums: bool,
    pub(super) has_content_checksum: bool,
    pub(super) content_size: Option<u64>,
}

// === impl Descriptor ===

impl Descriptor {
    /// The bytes of what this crate writes.
    pub(super) fn written() -> [u8; 3] {
        [WRITTEN[0], WRITTEN[1], checksum(&WRITTEN)]
    }

    /// How many bytes follow the first two.
    pub(super) const fn rest([flags, _]: [u8; 2]) -> usize {
        let size = if flags & CONTENT_SIZE == 0 { 0 } else { 8 };
        let dictionary = if flags & DICTIONARY == 0 { 0 } else { 4 };
        size + dictionary + 1
    }

    /// `rest` is as long as [`rest`](Self::rest) says.
    pub(super) fn parse(start: [u8; 2], rest: &[u8]) -> Result<Self, CodecError> {
        let [flags, block] = start;
        let wrong = |message: String| Err(CodecError::malformed(NAME, message));
        if flags & VERSION_MASK != VERSION {
            let message = format!("version {} of the frame, only 1 is known", flags >> 6);
            return Err(CodecError::new(CodecErrorKind::Unsupported, NAME, message));
        }
        if flags & RESERVED != 0 || block & 0b1000_1111 != 0 {
            return wrong(format!("reserved bits are set: {flags:#04x} {block:#04x}"));
        }
        let Some((sum, fields)) = rest.split_last() else {
            return wrong("the descriptor has no checksum".into());
        };
        let mut covered = [0; 14];
        covered[..2].copy_from_slice(&start);
        covered[2..2 + fields.len()].copy_from_slice(fields);
        if checksum(&covered[..2 + fields.len()]) != *sum {
            return Err(corrupt("the checksum of the descriptor does not match"));
        }
        if flags & DICTIONARY != 0 {
            let message = "the frame needs a dictionary";
            return Err(CodecError::new(CodecErrorKind::Unsupported, NAME, message));
        }
        let power = block >> 4;
        if power < 4 {
            return wrong(format!("block size {power}, it is 4 (64 KiB) to 7 (4 MiB)"));
        }
        Ok(Self {
            block_bytes: 1 << (8 + 2 * u32::from(power)),
            is_linked: flags & INDEPENDENT == 0,
            has_block_checksums: flags & BLOCK_CHECKSUMS != 0,
            has_content_checksum: flags & CONTENT_CHECKSUM != 0,
            content_size: fields.first_chunk().map(|size| u64::from_le_bytes(*size)),
        })
    }
}

/// The second byte of the hash.
fn checksum(bytes: &[u8]) -> u8 {
    XxHash32::oneshot(0, bytes).to_le_bytes()[1]
}
