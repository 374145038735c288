//! Floats as Go writes them.

use std::fmt::LowerExp;

/// Appends the shortest decimal form, with an exponent if `has_exponent`, which Go has below 1e-6
/// and from 1e21 on.
pub(super) fn write(
    value: impl LowerExp + std::fmt::Display,
    has_exponent: bool,
    into: &mut Vec<u8>,
) {
    use std::io::Write;
    // Writing to memory does not fail.
    if !has_exponent {
        let _ = write!(into, "{value}");
        return;
    }
    let start = into.len();
    let _ = write!(into, "{value:e}");
    if let Some(exponent) = memchr::memchr(b'e', &into[start..]) {
        let place = start + exponent + 1;
        if into.get(place) != Some(&b'-') {
            into.insert(place, b'+');
        }
    }
}
