//! Values as names of directories.

use std::sync::Arc;

/// A level of directories.
pub(crate) struct Partition<T> {
    pub(crate) name: String,
    pub(crate) show: Show<T>,
}

type Show<T> = Arc<dyn Fn(&T, &mut String) + Send + Sync>;

/// What stands for no value; the name comes from Hive, and all readers know it.
const NONE: &str = "__HIVE_DEFAULT_PARTITION__";

// === impl Partition ===

impl<T> Partition<T> {
    /// Appends `name=value/` to `path`; `value` is room to work in.
    pub(super) fn write(&self, record: &T, value: &mut String, path: &mut String) {
        value.clear();
        (self.show)(record, value);
        escape(&self.name, path);
        path.push('=');
        if value.is_empty() {
            path.push_str(NONE);
        } else {
            escape(value, path);
        }
        path.push('/');
    }
}

impl<T> Clone for Partition<T> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), show: Arc::clone(&self.show) }
    }
}

/// Percent signs for what has a meaning in paths, in patterns or in URLs.
fn escape(text: &str, path: &mut String) {
    for letter in text.chars() {
        let is_plain = match letter {
            '/' | '\\' | '=' | '%' | ':' | '?' | '*' | '"' | '\'' | '#' | '<' | '>' | '|' | '{'
            | '}' | '[' | ']' | '^' | '\u{7f}' => false,
            letter => letter >= ' ',
        };
        if is_plain {
            path.push(letter);
        } else {
            // All of them are one byte.
            let byte = u32::from(letter);
            path.push('%');
            for digit in [byte >> 4, byte & 0xf] {
                path.extend(char::from_digit(digit, 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
