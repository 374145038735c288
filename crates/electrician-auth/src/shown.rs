//! Text of strangers in our own messages.

use std::fmt::Write;

/// The most letters of it.
const MAX: usize = 64;

/// The text between quotation marks, escaped and cut: it comes from whoever sent it, and ends up in
/// logs.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::from("\"");
    for letter in text.chars().take(MAX) {
        if letter.is_ascii_graphic() && letter != '"' || letter == ' ' {
            shown.push(letter);
        } else {
            write!(shown, "{}", letter.escape_unicode()).expect("a string takes all");
        }
    }
    shown.push_str(if text.chars().nth(MAX).is_some() { "…\"" } else { "\"" });
    shown
}
