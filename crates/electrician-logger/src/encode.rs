//! Text and numbers as JSON, with a bound, without allocating.

use std::fmt::Write;

/// What replaces a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Appends the content of a JSON string (no quotes) for `text`: at most `limit` bytes, then the
/// mark of the cut. `unseen` is how many bytes of the text are known to be missing at its end.
pub(crate) fn escape(out: &mut String, text: &str, limit: usize, unseen: usize) {
    let begin = out.len();
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if out.len() - begin + (at - plain) >= limit {
            let end = floor(text, at.min(plain + limit.saturating_sub(out.len() - begin)));
            out.push_str(&text[plain..end]);
            return mark(out, text.len() - end + unseen);
        }
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out.push_str(&text[plain..]);
    if unseen > 0 {
        mark(out, unseen);
    }
}

/// The longest beginning of escaped text that has at most `limit` bytes and splits neither a
/// character nor an escape.
pub(crate) fn cut(escaped: &str, limit: usize) -> &str {
    if escaped.len() <= limit {
        return escaped;
    }
    let bytes = escaped.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let length = match bytes[end] {
            b'\\' if bytes.get(end + 1) == Some(&b'u') => 6,
            b'\\' => 2,
            _ => 1,
        };
        if end + length > limit {
            break;
        }
        end += length;
    }
    &escaped[..floor(escaped, end)]
}

/// Says that `missing` bytes were cut.
pub(crate) fn mark(out: &mut String, missing: usize) {
    // Writing into a string cannot fail.
    let _ = write!(out, "…[cut {missing} bytes]");
}

fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

/// Appends an integer; one that no 64 bits hold as text, which readers do not round.
pub(crate) fn integer(out: &mut String, value: i128) {
    let mut digits = itoa::Buffer::new();
    let fits = i64::try_from(value).is_ok() || u64::try_from(value).is_ok();
    let quote = if fits { "" } else { "\"" };
    out.push_str(quote);
    out.push_str(digits.format(value));
    out.push_str(quote);
}

/// Appends a number; what JSON has no number for (`NaN`, infinities) as text.
pub(crate) fn float(out: &mut String, value: f64) {
    // Writing into a string cannot fail.
    let _ = if value.is_finite() { write!(out, "{value:?}") } else { write!(out, "\"{value}\"") };
}

#[cfg(test)]
mod tests;
