//! Just enough understanding of Rust text to tell code from words.

use std::path::Path;

/// The code with comments and the contents of literals blanked; lines keep their numbers, and
/// quotes stay, so that `""` can be told from `"something"`.
pub(crate) fn code(text: &str) -> String {
    let mut scanner = Scanner { rest: text, code: String::with_capacity(text.len()) };
    while let Some(next) = scanner.rest.chars().next() {
        if scanner.rest.starts_with("//") {
            scanner.blank(scanner.rest.find('\n').unwrap_or(scanner.rest.len()));
        } else if scanner.rest.starts_with("/*") {
            scanner.blank(block_comment(scanner.rest));
        } else if let Some(hashes) = scanner.raw_string() {
            scanner.raw(hashes);
        } else if next == '"' {
            scanner.string();
        } else if let Some(length) = character(scanner.rest) {
            scanner.keep(1);
            scanner.blank(length - 2);
            scanner.keep(1);
        } else {
            scanner.keep(next.len_utf8());
        }
    }
    scanner.code
}

/// Whether the file is compiled for tests only.
///
/// That is a question of its place, because tests live in files of their own: `tests.rs` beside
/// what it tests, or anything below a folder `tests`; likewise `models.rs` and `models` for what
/// only the model checker compiles.
pub(crate) fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs" || name == "models.rs")
        || path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "models")
}

/// Whether the text ends within a word, so that what follows is only its tail.
pub(crate) fn ends_in_word(before: &str) -> bool {
    before.ends_with(is_word)
}

/// Whether the text begins within a word.
pub(crate) fn starts_in_word(after: &str) -> bool {
    after.starts_with(is_word)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

struct Scanner<'a> {
    rest: &'a str,
    code: String,
}

// === impl Scanner ===

impl Scanner<'_> {
    fn keep(&mut self, length: usize) {
        let (kept, rest) = self.rest.split_at(length);
        self.code.push_str(kept);
        self.rest = rest;
    }

    fn blank(&mut self, length: usize) {
        let (blanked, rest) = self.rest.split_at(length);
        self.code.extend(blanked.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }

    /// A string whose quote is next.
    fn string(&mut self) {
        self.keep(1);
        let mut escaped = false;
        let end = self.rest.find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        self.blank(end.unwrap_or(self.rest.len()));
        self.keep(1.min(self.rest.len()));
    }

    /// How many `#` the raw string that starts here has, if one does; `r#name` is none.
    fn raw_string(&self) -> Option<usize> {
        if ends_in_word(self.code.trim_end_matches(['b', 'c'])) {
            return None;
        }
        let after = self.rest.strip_prefix('r')?;
        let hashes = after.len() - after.trim_start_matches('#').len();
        after[hashes..].starts_with('"').then_some(hashes)
    }

    fn raw(&mut self, hashes: usize) {
        self.keep(1 + hashes + 1);
        let end = format!("\"{}", "#".repeat(hashes));
        self.blank(self.rest.find(&end).unwrap_or(self.rest.len()));
        self.keep(end.len().min(self.rest.len()));
    }
}

/// The length of the comment that starts here; block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += next.len_utf8();
        }
    }
    text.len()
}

/// The length of the character literal that starts here, if it is one and not a lifetime.
fn character(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let length = if let Some(escape) = inner.strip_prefix('\\') {
        let escaped = escape.chars().next()?.len_utf8();
        1 + escaped + escape[escaped..].find('\'')?
    } else {
        inner.chars().next()?.len_utf8()
    };
    inner[length..].starts_with('\'').then_some(length + 2)
}

#[cfg(test)]
mod tests;
