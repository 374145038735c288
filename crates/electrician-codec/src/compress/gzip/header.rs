//! The header of a member: RFC 1952, section 2.3.

use flate2::Crc;

use super::NAME;
use crate::{CodecError, CodecErrorKind};

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;

/// Flags of the fourth byte.
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const FILE_NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// Bytes before the parts that flags announce.
const FIXED: u8 = 10;

/// Reads a header byte by byte and keeps nothing of it.
#[derive(Default)]
pub(super) struct Header {
    part: Part,
    flags: u8,
    crc: Crc,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The byte with this index of the fixed part.
    Fixed(u8),
    ExtraLow,
    ExtraHigh(u8),
    Extra(u16),
    FileName,
    Comment,
    CrcLow,
    CrcHigh(u8),
    Done,
}

// === impl Header ===

impl Header {
    /// Takes the header from the front of `input`; whether it is complete.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Result<bool, CodecError> {
        while self.part != Part::Done {
            let Some((&byte, rest)) = input.split_first() else {
                return Ok(false);
            };
            let is_covered = !matches!(self.part, Part::CrcLow | Part::CrcHigh(_));
            self.part = self.byte(byte)?;
            if is_covered {
                self.crc.update(&[byte]);
            }
            *input = rest;
        }
        Ok(true)
    }

    /// Whether not even the magic number is complete.
    pub(super) fn is_at_magic(&self) -> bool {
        matches!(self.part, Part::Fixed(index) if usize::from(index) < MAGIC.len())
    }

    fn byte(&mut self, byte: u8) -> Result<Part, CodecError> {
        Ok(match self.part {
            Part::Fixed(index) => {
                self.fixed(index, byte)?;
                match index + 1 {
                    FIXED => self.after(EXTRA),
                    next => Part::Fixed(next),
                }
            }
            Part::ExtraLow => Part::ExtraHigh(byte),
            Part::ExtraHigh(low) => match u16::from_le_bytes([low, byte]) {
                0 => self.after(FILE_NAME),
                length => Part::Extra(length),
            },
            Part::Extra(1) => self.after(FILE_NAME),
            Part::Extra(left) => Part::Extra(left - 1),
            Part::FileName if byte == 0 => self.after(COMMENT),
            Part::Comment if byte == 0 => self.after(HEADER_CRC),
            Part::CrcLow => Part::CrcHigh(byte),
            Part::CrcHigh(low)
                if u32::from(u16::from_le_bytes([low, byte])) != self.crc.sum() & 0xffff =>
            {
                let message = "the CRC-16 of the header does not match";
                return Err(CodecError::new(CodecErrorKind::Corrupt, NAME, message));
            }
            Part::CrcHigh(_) => Part::Done,
            part @ (Part::FileName | Part::Comment | Part::Done) => part,
        })
    }

    fn fixed(&mut self, index: u8, byte: u8) -> Result<(), CodecError> {
        match index {
            0 | 1 if byte != MAGIC[usize::from(index)] => {
                let message = "no member begins here: it would be 1f 8b";
                Err(CodecError::malformed(NAME, message))
            }
            2 if byte != DEFLATE => {
                let message = format!("compression method {byte}, only 8 (deflate) is known");
                Err(CodecError::new(CodecErrorKind::Unsupported, NAME, message))
            }
            3 if byte & RESERVED != 0 => {
                let message = format!("reserved flags are set: {byte:#04x}");
                Err(CodecError::malformed(NAME, message))
            }
            3 => {
                self.flags = byte;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The first part that is there, from the one of `flag` on.
    fn after(&self, flag: u8) -> Part {
        const ORDER: [(u8, Part); 4] = [
            (EXTRA, Part::ExtraLow),
            (FILE_NAME, Part::FileName),
            (COMMENT, Part::Comment),
            (HEADER_CRC, Part::CrcLow),
        ];
        ORDER
            .iter()
            .skip_while(|(known, _)| *known != flag)
            .find(|(known, _)| self.flags & known != 0)
            .map_or(Part::Done, |(_, part)| *part)
    }
}

impl Default for Part {
    fn default() -> Self {
        Self::Fixed(0)
    }
}
