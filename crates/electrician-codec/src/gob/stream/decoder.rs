//! Values out of a stream that comes in pieces.

use electrician_types::{BoxError, Decoder};
use serde::de::DeserializeOwned;

use crate::gob::de::{Slot, skip};
use crate::gob::fault::Fault;
use crate::gob::payload::{Gob, ended};
use crate::gob::reader::Reader;
use crate::gob::types::Types;
use crate::{CodecError, Limits};

/// A value that defines types within itself comes in several messages, and is read anew with each
/// that arrives: at most so many times the largest record, in bytes.
const REREAD: usize = 16;

/// Reads a stream as one encoder of Go writes it: types are sent once, and stay known.
///
/// It is a [`Decoder`] for any type; [`Records`](crate::Records) reads a reader with it. The values
/// may be of several types, each call asks for the one that it wants. A value that is of another
/// type is an error, and the next one follows. What is not gob loses the place.
///
/// Memory is bounded by one record, and [`Limits::decoded_bytes`] for the definitions of types.
#[derive(Debug)]
pub struct GobDecoder {
    gob: Gob,
    limits: Limits,
    types: Types,
    /// The begin of a record that has not arrived as a whole.
    kept: Vec<u8>,
    /// How much of it are whole messages.
    whole: usize,
    /// Bytes that were read in vain, of this record.
    reread: usize,
    /// Where `kept` begins in the stream.
    taken: u64,
    is_broken: bool,
}

/// What the front of the bytes is.
enum Front<T> {
    Types(usize),
    Value(T, usize),
    /// More is needed.
    Part,
    /// What it is not, where that shows, and where the next record begins if that is known.
    Wrong(Fault, usize, Option<usize>),
}

// === impl GobDecoder ===

impl GobDecoder {
    /// Values as `gob` reads them, within the default limits.
    pub fn new(gob: Gob) -> Self {
        Self::with_limits(gob, Limits::DEFAULT)
    }

    /// The same, within `limits`.
    pub fn with_limits(gob: Gob, limits: Limits) -> Self {
        Self {
            gob,
            limits,
            types: Types::default(),
            kept: Vec::new(),
            whole: 0,
            reread: 0,
            taken: 0,
            is_broken: false,
        }
    }

    /// The next value, as [`Decoder::decode`] gives it.
    pub fn read<T: DeserializeOwned>(
        &mut self,
        input: &mut &[u8],
    ) -> Result<Option<T>, CodecError> {
        if self.is_broken {
            let message = "an earlier error lost the place of the next value: start a new stream";
            return Err(Fault::malformed(message).into_error(None).at(self.taken));
        }
        loop {
            let is_direct = self.kept.is_empty();
            if is_direct && input.is_empty() || !is_direct && !self.fill(input) {
                return Ok(None);
            }
            let kept = std::mem::take(&mut self.kept);
            let front = self.front(if is_direct { input } else { &kept });
            self.kept = kept;
            let start = self.taken;
            match front {
                Front::Types(used) => self.take(used, is_direct, input),
                Front::Value(value, used) => {
                    self.take(used, is_direct, input);
                    return Ok(Some(value));
                }
                Front::Wrong(fault, at, next) => {
                    match next {
                        Some(next) => self.take(next, is_direct, input),
                        None => self.is_broken = true,
                    }
                    return Err(fault.into_error(None).at(start + at as u64));
                }
                // All of the input belongs to the value.
                Front::Part if is_direct => {
                    self.kept.extend_from_slice(input);
                    *input = &[];
                }
                Front::Part => {
                    self.reread += self.kept.len();
                    let most = self.limits.record_bytes.saturating_mul(REREAD);
                    if self.reread > most {
                        self.is_broken = true;
                        let what = "a value that defines types within itself: rereading it";
                        let fault = Fault::too_large(what, format!("{most} bytes"));
                        return Err(fault.into_error(None).at(start));
                    }
                }
            }
        }
    }

    /// Whether an error has lost the place of the next value.
    pub const fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Ends the stream, as [`Decoder::finish`] does. Then it is as new.
    pub fn finish(&mut self) -> Result<(), CodecError> {
        let is_cut = !self.kept.is_empty() && !self.is_broken;
        let end = self.taken + self.kept.len() as u64;
        let (gob, limits) = (std::mem::take(&mut self.gob), self.limits);
        *self = Self::with_limits(gob, limits);
        if is_cut {
            let message = "the stream ends within a value or the definition of a type";
            return Err(Fault::truncated(message).into_error(None).at(end));
        }
        Ok(())
    }

    /// Lets go of what was read.
    fn take(&mut self, used: usize, is_direct: bool, input: &mut &[u8]) {
        if is_direct {
            *input = &input[used..];
        } else {
            self.kept.drain(..used);
        }
        self.taken += used as u64;
        self.whole = 0;
        self.reread = 0;
    }

    /// Takes what the message under way needs. Whether another one is whole, or is no message.
    fn fill(&mut self, input: &mut &[u8]) -> bool {
        loop {
            let end = match length(&self.kept[self.whole..]) {
                // The reader will say that it is too much.
                Some((width, length)) if length > self.room_behind(width) => return true,
                #[expect(clippy::cast_possible_truncation, reason = "it is within the limit")]
                Some((width, length)) => self.whole + width + length as usize,
                None => self.kept.len() + 1,
            };
            let more = end.saturating_sub(self.kept.len()).min(input.len());
            let (front, rest) = input.split_at(more);
            self.kept.extend_from_slice(front);
            *input = rest;
            if self.kept.len() < end {
                return false;
            }
            if length(&self.kept[self.whole..]).is_some_and(|(width, length)| {
                (self.kept.len() - self.whole - width) as u64 >= length
            }) {
                self.whole = end;
                return true;
            }
        }
    }

    /// How long a message may be behind what is kept of the record and its own length.
    fn room_behind(&self, width: usize) -> u64 {
        self.limits.record_bytes.saturating_sub(self.whole + width) as u64
    }

    /// Reads the first message, and those that belong to it.
    fn front<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> Front<T> {
        let options = self.gob.options(&self.limits);
        let known = self.types.len();
        let (fault, at, is_short) = loop {
            let needs = self.types.needs();
            let mut reader = Reader::new(bytes, &mut self.types, options);
            let read =
                first(&mut reader, |reader, id| T::deserialize(Slot::new(reader, id, false)));
            let fault = match read {
                Ok(None) => return Front::Types(reader.pos()),
                Ok(Some(value)) => return Front::Value(value, reader.pos()),
                Err(fault) => fault,
            };
            let (at, is_short) = (reader.pos(), reader.is_short());
            self.types.truncate(known);
            if self.types.needs() == needs {
                break (fault, at, is_short);
            }
        };
        if is_short {
            return Front::Part;
        }
        // It may be but another type: then the place of the next one is found, and the types that
        // are defined within this one.
        let mut reader = Reader::new(bytes, &mut self.types, options);
        match first(&mut reader, skip) {
            Ok(_) => Front::Wrong(fault, at, Some(reader.pos())),
            Err(_) if reader.is_short() => {
                self.types.truncate(known);
                Front::Part
            }
            Err(_) => Front::Wrong(fault, at, None),
        }
    }
}

impl<T: DeserializeOwned> Decoder<T> for GobDecoder {
    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<T>, BoxError> {
        Ok(self.read(input)?)
    }

    fn finish(&mut self) -> Result<Option<T>, BoxError> {
        self.finish()?;
        Ok(None)
    }

    fn is_broken(&self) -> bool {
        self.is_broken
    }
}

/// Reads one message: the definition of a type, or a value with the messages that it goes on in.
fn first<'de, T>(
    reader: &mut Reader<'de, '_>,
    value: impl FnOnce(&mut Reader<'de, '_>, i64) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    reader.message()?;
    let id = reader.int()?;
    let read = if id < 0 {
        reader.define(id)?;
        None
    } else {
        reader.single(id)?;
        Some(value(reader, id)?)
    };
    ended(reader)?;
    Ok(read)
}

/// The length of the message that `bytes` begin with, and its own width; none if it is cut. One that
/// is no length claims the most.
fn length(bytes: &[u8]) -> Option<(usize, u64)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((1, first.into()));
    }
    let width = usize::from(!first) + 1;
    if width > 8 {
        return Some((1, u64::MAX));
    }
    let bytes = bytes.get(1..=width)?;
    Some((1 + width, bytes.iter().fold(0, |length, byte| length << 8 | u64::from(*byte))))
}
