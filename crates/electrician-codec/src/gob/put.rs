//! Numbers and lengths as bytes.

pub(super) fn uint(value: u64, into: &mut Vec<u8>) {
    match u8::try_from(value) {
        Ok(small) if small < 0x80 => into.push(small),
        _ => {
            let bytes = value.to_be_bytes();
            let zeros = value.leading_zeros() as usize / 8;
            let count = bytes.len() - zeros;
            // The count is sent negated.
            into.push(256_usize.wrapping_sub(count).to_le_bytes()[0]);
            into.extend_from_slice(&bytes[zeros..]);
        }
    }
}

pub(super) fn int(value: i64, into: &mut Vec<u8>) {
    let bits = if value < 0 { !value } else { value }.cast_unsigned();
    uint(bits << 1 | u64::from(value < 0), into);
}

/// The bytes are reversed: most floats end in zeros, which are then at the front.
pub(super) fn float(value: f64, into: &mut Vec<u8>) {
    uint(value.to_bits().swap_bytes(), into);
}

pub(super) fn bytes(bytes: &[u8], into: &mut Vec<u8>) {
    uint(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

/// Puts a number before what was written since `at`.
pub(super) fn insert(value: u64, at: usize, into: &mut Vec<u8>) {
    let end = into.len();
    uint(value, into);
    let width = into.len() - end;
    into[at..].rotate_right(width);
}
