//! What stands in a segment: frames behind a header. All numbers are little-endian.
//!
//! The README of the crate documents the format.

use crate::Key;
use crate::key::Name;
use crate::line::Ticket;

/// Checksum and length.
pub(crate) const PREFIX: usize = 8;

/// The part of a push that has always the same length: kind, id, sequence, priority, retries,
/// first seen, queued, deadline.
const FIXED: usize = 1 + 8 + 8 + 4 + 4 + 8 + 8 + 8;

const ACK: usize = 1 + 8;
const REQUEUE: usize = 1 + 8 + 8 + 4 + 4 + 8;

/// The whole of an acknowledgement. Room for one is set aside with every push.
pub(crate) const ACK_FRAME: u64 = (PREFIX + ACK) as u64;

/// The header of a segment.
pub(crate) const HEADER: usize = 32;
const MAGIC: [u8; 8] = *b"ELRESIST";
pub(crate) const VERSION: u32 = 1;

/// A frame, read.
#[derive(Debug)]
pub(crate) enum Frame<'a> {
    /// An element, or the newer form of one that is there already. What it weighs is not set.
    Push { ticket: Ticket, payload: &'a [u8] },
    /// An element is done with.
    Ack { id: u64 },
    /// An element has come back.
    Requeue { id: u64, sequence: u64, priority: i32, retries: u32, queued: u64 },
}

/// Why no frame was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// There may be one, of so many bytes.
    Short(usize),
    /// There is none.
    Bad,
}

/// Begins the frame of a push at the end of `bytes`: all but the payload, which follows.
pub(crate) fn begin_push(bytes: &mut Vec<u8>, key: Option<&Key>) {
    bytes.resize(bytes.len() + PREFIX + FIXED, 0);
    match key {
        None => bytes.push(0),
        Some(Key(Name::Number(number))) => {
            bytes.push(1);
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        Some(Key(Name::Text(text))) => {
            bytes.push(2);
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
}

/// Writes the ticket into a push that is there as a whole, and seals it.
pub(crate) fn stamp(frame: &mut [u8], ticket: &Ticket) {
    let parts: [&[u8]; 8] = [
        &[1],
        &ticket.id.to_le_bytes(),
        &ticket.sequence.to_le_bytes(),
        &ticket.priority.to_le_bytes(),
        &ticket.retries.to_le_bytes(),
        &ticket.first_seen.to_le_bytes(),
        &ticket.queued.to_le_bytes(),
        &ticket.deadline.to_le_bytes(),
    ];
    fill(&mut frame[PREFIX..PREFIX + FIXED], &parts);
    seal(frame);
}

/// Appends that the element is done with.
pub(crate) fn ack(bytes: &mut Vec<u8>, id: u64) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; PREFIX]);
    bytes.push(2);
    bytes.extend_from_slice(&id.to_le_bytes());
    seal(&mut bytes[start..]);
}

/// Appends that the element has come back.
pub(crate) fn requeue(bytes: &mut Vec<u8>, ticket: &Ticket) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; PREFIX]);
    bytes.push(3);
    bytes.extend_from_slice(&ticket.id.to_le_bytes());
    bytes.extend_from_slice(&ticket.sequence.to_le_bytes());
    bytes.extend_from_slice(&ticket.priority.to_le_bytes());
    bytes.extend_from_slice(&ticket.retries.to_le_bytes());
    bytes.extend_from_slice(&ticket.queued.to_le_bytes());
    seal(&mut bytes[start..]);
}

/// Whether a frame of this length can be written.
pub(crate) fn fits(frame: usize) -> bool {
    u32::try_from(frame - PREFIX).is_ok()
}

fn seal(frame: &mut [u8]) {
    let length = u32::try_from(frame.len() - PREFIX).expect("longer frames are refused");
    frame[4..PREFIX].copy_from_slice(&length.to_le_bytes());
    let sum = crc32c::crc32c(&frame[4..]);
    frame[..4].copy_from_slice(&sum.to_le_bytes());
}

/// Reads the frame at the start of `bytes`, and how long it is.
pub(crate) fn read(bytes: &[u8]) -> Result<(Frame<'_>, usize), Unread> {
    let length = match promised(bytes) {
        Ok(length) if length <= bytes.len() => length,
        Ok(length) => return Err(Unread::Short(length)),
        Err(why) => return Err(why),
    };
    let frame = &bytes[..length];
    let mut rest = frame;
    if crc32c::crc32c(&frame[4..]) != u32::from_le_bytes(take(&mut rest).ok_or(Unread::Bad)?) {
        return Err(Unread::Bad);
    }
    let frame = parse(&frame[PREFIX..]).ok_or(Unread::Bad)?;
    Ok((frame, length))
}

/// How long the frame at the start of `bytes` is, if it is one. Without a look at its checksum.
pub(crate) fn promised(bytes: &[u8]) -> Result<usize, Unread> {
    let Some((prefix, body)) = bytes.split_at_checked(PREFIX) else {
        return Err(Unread::Short(PREFIX + 1));
    };
    let mut rest = &prefix[4..];
    let length = take(&mut rest).map_or(0, u32::from_le_bytes) as usize;
    let Some(kind) = body.first() else { return Err(Unread::Short(PREFIX + 1)) };
    let is_possible = match kind {
        1 => length > FIXED,
        2 => length == ACK,
        3 => length == REQUEUE,
        _ => false,
    };
    if is_possible { Ok(PREFIX + length) } else { Err(Unread::Bad) }
}

fn parse(mut body: &[u8]) -> Option<Frame<'_>> {
    let rest = &mut body;
    let [kind] = take(rest)?;
    let id = u64::from_le_bytes(take(rest)?);
    if kind == 2 {
        return Some(Frame::Ack { id });
    }
    let sequence = u64::from_le_bytes(take(rest)?);
    let priority = i32::from_le_bytes(take(rest)?);
    let retries = u32::from_le_bytes(take(rest)?);
    let first_seen = u64::from_le_bytes(take(rest)?);
    if kind == 3 {
        return Some(Frame::Requeue { id, sequence, priority, retries, queued: first_seen });
    }
    let queued = u64::from_le_bytes(take(rest)?);
    let deadline = u64::from_le_bytes(take(rest)?);
    let [tag] = take(rest)?;
    let key = match tag {
        0 => None,
        1 => Some(Key::from(u64::from_le_bytes(take(rest)?))),
        2 => {
            let length = usize::try_from(u64::from_le_bytes(take(rest)?)).ok()?;
            let (text, payload) = rest.split_at_checked(length)?;
            *rest = payload;
            Some(Key::from(std::str::from_utf8(text).ok()?))
        }
        _ => return None,
    };
    let ticket =
        Ticket { id, sequence, key, priority, retries, first_seen, queued, deadline, bytes: 0 };
    Some(Frame::Push { ticket, payload: rest })
}

/// The header of segment `number`, begun when `base` was the next number to be given out.
pub(crate) fn header(number: u64, base: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let parts: [&[u8]; 4] =
        [&MAGIC, &VERSION.to_le_bytes(), &number.to_le_bytes(), &base.to_le_bytes()];
    fill(&mut header, &parts);
    let sum = crc32c::crc32c(&header[..HEADER - 4]);
    header[HEADER - 4..].copy_from_slice(&sum.to_le_bytes());
    header
}

/// What a header says: version, number, base. `None` when it is no header.
pub(crate) fn read_header(bytes: &[u8]) -> Option<(u32, u64, u64)> {
    let header = bytes.get(..HEADER)?;
    let (mut rest, mut sum) = (header, &header[HEADER - 4..]);
    let is_whole = crc32c::crc32c(&header[..HEADER - 4]) == u32::from_le_bytes(take(&mut sum)?);
    let magic: [u8; 8] = take(&mut rest)?;
    let version = u32::from_le_bytes(take(&mut rest)?);
    let number = u64::from_le_bytes(take(&mut rest)?);
    let base = u64::from_le_bytes(take(&mut rest)?);
    (is_whole && magic == MAGIC).then_some((version, number, base))
}

/// Writes the parts one after the other.
fn fill(target: &mut [u8], parts: &[&[u8]]) {
    let mut start = 0;
    for part in parts {
        target[start..start + part.len()].copy_from_slice(part);
        start += part.len();
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (here, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*here)
}
