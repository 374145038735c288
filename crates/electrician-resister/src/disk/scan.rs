//! Reading a segment from front to end.

use std::fs::File;
use std::io;

use super::file;
use super::frame::{self, Frame, HEADER, Unread};

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// How many bytes are hashed to find out what comes after damage.
const EFFORT: usize = 1 << 30;

/// What comes after the last good frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing.
    Clean,
    /// Bytes in which no frame is: the end of an interrupted write.
    Torn,
    /// Bytes in which there may be frames: damage.
    Damaged,
}

/// Reads segments, one after the other, into one buffer.
pub(crate) struct Scanner {
    buffer: Vec<u8>,
}

// === impl Scanner ===

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { buffer: vec![0; CHUNK] }
    }

    /// Shows `each` every frame with its offset and length, up to the first that is none. Returns
    /// where the good part ends.
    pub(crate) fn frames(
        &mut self,
        file: &File,
        length: u64,
        mut each: impl FnMut(Frame<'_>, u64, usize),
    ) -> io::Result<u64> {
        // `buffer[start..end]` is what was read and not looked at; `offset` is where it begins.
        let (mut start, mut end, mut offset) = (0, 0, HEADER as u64);
        loop {
            match frame::read(&self.buffer[start..end]) {
                Ok((frame, size)) => {
                    each(frame, offset, size);
                    start += size;
                    offset += size as u64;
                }
                Err(Unread::Bad) => return Ok(offset),
                Err(Unread::Short(needed)) => {
                    let left = length.saturating_sub(offset);
                    if needed as u64 > left {
                        return Ok(offset);
                    }
                    self.buffer.copy_within(start..end, 0);
                    (start, end) = (0, end - start);
                    if needed > self.buffer.len() {
                        self.buffer.resize(needed, 0);
                    }
                    let unread = left - end as u64;
                    let room = self.buffer.len() - end;
                    let more = usize::try_from(unread).map_or(room, |unread| unread.min(room));
                    file::read_at(file, &mut self.buffer[end..end + more], offset + end as u64)?;
                    end += more;
                }
            }
        }
    }
}

/// What is between `good` and the end of the file.
pub(crate) fn end(file: &File, good: u64, length: u64) -> io::Result<End> {
    let Some(rest) = length.checked_sub(good).filter(|rest| *rest > 0) else {
        return Ok(End::Clean);
    };
    let Ok(rest) = usize::try_from(rest) else {
        return Ok(End::Damaged);
    };
    let mut bytes = vec![0; rest];
    file::read_at(file, &mut bytes, good)?;
    let mut effort = 0;
    for at in 1..rest {
        match frame::promised(&bytes[at..]) {
            Ok(promised) if promised <= rest - at => {
                effort += promised;
                if effort > EFFORT || frame::read(&bytes[at..]).is_ok() {
                    return Ok(End::Damaged);
                }
            }
            _ => {}
        }
    }
    Ok(End::Torn)
}
