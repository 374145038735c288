//! Floats as Go writes them.

use std::fmt::LowerExp;

/// Appends the shortest decimal form, with an exponent below 1e-6 and from 1e21 on. `value` is
/// finite and its size is `magnitude`.
pub(super) fn write(value: impl LowerExp + std::fmt::Display, magnitude: f64, into: &mut Vec<u8>) {
    use std::io::Write;
    // Writing to memory does not fail.
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
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
