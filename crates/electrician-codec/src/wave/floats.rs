//! Lists of floats as gob, within zlib.
//!
//! A gob stream says what a type is, then what a value is. The description of a list of floats is
//! always the same but for the number of the type, which the writer chooses.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::FORMAT;
use crate::{CodecError, Limits};

/// Type 64 is a list of type 4, which is `float64`.
const TYPE: [u8; 12] = [11, 0x7f, 2, 1, 2, 0xff, 0x80, 0, 1, 8, 0, 0];

pub(super) fn write(numbers: &[f64]) -> Vec<u8> {
    // A value of type 64, which is no struct.
    let mut value = vec![0xff, 0x80, 0];
    unsigned(numbers.len() as u64, &mut value);
    for number in numbers {
        unsigned(number.to_bits().swap_bytes(), &mut value);
    }
    let mut bytes = TYPE.to_vec();
    unsigned(value.len() as u64, &mut bytes);
    bytes.append(&mut value);
    bytes
}

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<f64>, CodecError> {
    let mut rest = bytes;
    let mut head = message(&mut rest)?;
    take(&mut head)?; // The number of the type.
    if !head.starts_with(&TYPE[2..5]) || !head.ends_with(&TYPE[7..]) {
        return Err(CodecError::malformed(FORMAT, "the compressed form is no list of floats"));
    }
    let mut value = message(&mut rest)?;
    take(&mut value)?; // The number of the type.
    if take(&mut value)? != 0 {
        return Err(CodecError::malformed(FORMAT, "the compressed form is a struct, not a list"));
    }
    let count = take(&mut value)?;
    // A float takes a byte at least.
    let count = usize::try_from(count).ok().filter(|count| *count <= value.len());
    let Some(count) = count else {
        return Err(CodecError::truncated(FORMAT, "the compressed form has too few floats"));
    };
    limits.check_decoded(FORMAT, count.saturating_mul(size_of::<f64>()))?;
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        numbers.push(f64::from_bits(take(&mut value)?.swap_bytes()));
    }
    if value.is_empty() && rest.is_empty() {
        return Ok(numbers);
    }
    Err(CodecError::malformed(FORMAT, "bytes follow the last float"))
}

pub(super) fn deflate(bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let done = encoder.write_all(bytes).and_then(|()| encoder.finish());
    done.map_err(|error| CodecError::unencodable(FORMAT, error.to_string()).with_source(error))
}

pub(super) fn inflate(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, CodecError> {
    let most = limits.decoded_bytes as u64;
    let mut plain = Vec::new();
    let mut decoder = ZlibDecoder::new(bytes);
    let read = decoder.by_ref().take(most.saturating_add(1)).read_to_end(&mut plain);
    read.map_err(|error| CodecError::malformed(FORMAT, error.to_string()).with_source(error))?;
    limits.check_decoded(FORMAT, plain.len())?;
    let rest = decoder.into_inner().len();
    if rest > 0 {
        let message = format!("{rest} bytes follow the compressed form");
        return Err(CodecError::malformed(FORMAT, message).at((bytes.len() - rest) as u64));
    }
    Ok(plain)
}

/// Below 128 a byte; else how many bytes follow, negated, and those, the highest first.
fn unsigned(number: u64, into: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    if number < 128 {
        into.push(bytes[7]);
        return;
    }
    let zeros = (number.leading_zeros() / 8) as usize;
    // -8 to -1: as many are left.
    into.push([248, 249, 250, 251, 252, 253, 254, 255][zeros]);
    into.extend_from_slice(&bytes[zeros..]);
}

fn take(from: &mut &[u8]) -> Result<u64, CodecError> {
    let short = || CodecError::truncated(FORMAT, "the compressed form ends within a number");
    let (&first, rest) = from.split_first().ok_or_else(short)?;
    *from = rest;
    if first < 128 {
        return Ok(first.into());
    }
    let width = usize::from(first.wrapping_neg());
    if width > 8 {
        let message = format!("a number of the compressed form has {width} bytes, 8 are the most");
        return Err(CodecError::malformed(FORMAT, message));
    }
    let (digits, rest) = from.split_at_checked(width).ok_or_else(short)?;
    *from = rest;
    Ok(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)))
}

fn message<'a>(from: &mut &'a [u8]) -> Result<&'a [u8], CodecError> {
    let len = take(from)?;
    let parts = usize::try_from(len).ok().and_then(|len| from.split_at_checked(len));
    let Some((message, rest)) = parts else {
        let message = format!("a message of {len} bytes has {}", from.len());
        return Err(CodecError::truncated(FORMAT, message));
    };
    *from = rest;
    Ok(message)
}
