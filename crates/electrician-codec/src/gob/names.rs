//! Go's names of fields and Rust's.

use std::borrow::Cow;

/// How the names of Go fields and those of Rust fields meet.
///
/// Go sends and matches exported names only: they begin with an upper-case letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Names {
    /// The serde name of a field is its Go name, letter for letter: `#[serde(rename = "CustomerID")]`
    /// or `#[serde(rename_all = "PascalCase")]`.
    #[default]
    Exact,
    /// Rust fields are in snake case and Go fields in Go's case.
    ///
    /// Reading, two names meet when they are equal but for the case of ASCII letters and for
    /// underscores: `CustomerID` is `customer_id`. A field whose serde name is the Go name still wins.
    /// Where no field is asked for by name (a map, a flattened struct) the Go name is turned into
    /// snake case.
    ///
    /// Writing, each word gets an upper-case first letter, and the initialisms that Go's style asks
    /// for are all in upper case: `customer_id` is `CustomerID`, `base_url` is `BaseURL`. A name that
    /// begins with an upper-case letter stays as it is.
    Snake,
}

/// Those of Go's style guide that are common in field names.
const INITIALISMS: &[&str] = &[
    "ACL", "API", "ASCII", "CPU", "CSS", "DNS", "EOF", "GUID", "HTML", "HTTP", "HTTPS", "ID", "IP",
    "JSON", "QPS", "RAM", "RPC", "SLA", "SMTP", "SQL", "SSH", "TCP", "TLS", "TTL", "UDP", "UI",
    "UID", "URI", "URL", "UTF8", "UUID", "VM", "XML", "XMPP", "XSRF", "XSS",
];

// === impl Names ===

impl Names {
    /// The one of `fields` that the Go field `name` goes to.
    pub(super) fn find(self, name: &str, fields: &[&'static str]) -> Option<&'static str> {
        let exact = fields.iter().find(|field| **field == name);
        let found = match self {
            Self::Exact => exact,
            Self::Snake => exact.or_else(|| fields.iter().find(|field| is_alike(name, field))),
        };
        found.copied()
    }

    /// Whether the Rust field `field` is written as the Go field `name`.
    pub(super) fn meets(self, field: &str, name: &str) -> bool {
        field == name || self == Self::Snake && is_alike(field, name)
    }

    /// The key of the Go field `name` where no fields are asked for.
    pub(super) fn key(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => Cow::Borrowed(name),
            Self::Snake => Cow::Owned(snake(name)),
        }
    }

    /// The Go name of the Rust field `field`.
    pub(super) fn go(self, field: &str) -> Cow<'_, str> {
        match self {
            Self::Snake if !is_exported(field) => Cow::Owned(go_case(field)),
            _ => Cow::Borrowed(field),
        }
    }
}

/// Whether Go takes part in a field of this name.
pub(super) fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

fn is_alike(a: &str, b: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

/// A word begins at an upper-case letter after one that is not, and at the last of several before a
/// lower-case one: `HTTPServer` is `http_server`.
fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(at + 1);
        let is_start = char.is_uppercase()
            && before.is_some_and(|before| {
                before != '_'
                    && (!before.is_uppercase() || after.is_some_and(|next| next.is_lowercase()))
            });
        if is_start {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
    }
    snake
}

fn go_case(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    for word in field.split('_').filter(|word| !word.is_empty()) {
        let upper = word.to_ascii_uppercase();
        if INITIALISMS.contains(&upper.as_str()) {
            name.push_str(&upper);
        } else {
            let mut chars = word.chars();
            name.extend(chars.next().into_iter().flat_map(char::to_uppercase));
            name.push_str(chars.as_str());
        }
    }
    name
}

#[cfg(test)]
mod tests;
