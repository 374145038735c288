//! Secrets do not get into the log.

use crate::encode::REDACTED;

/// What is secret whatever the user says, as words.
const KEYS: &[&str] = &[
    "api key",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "private key",
    "privatekey",
    "pwd",
    "secret",
    "secret key",
    "token",
];

/// Schemes after which a credential follows.
const SCHEMES: &[&str] = &["bearer", "basic", "digest", "negotiate", "token"];

/// The names whose values are secret.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// More of them, lower-case words with one space between.
    more: Vec<String>,
}

// === impl Secrets ===

impl Secrets {
    /// Also `key`; `false` when it has no letter and no digit.
    pub(crate) fn add(&mut self, key: &str) -> bool {
        let words: Vec<String> = words(key).map(str::to_ascii_lowercase).collect();
        if !words.is_empty() {
            self.more.push(words.join(" "));
        }
        !words.is_empty()
    }

    /// Whether the words of a secret name are among those of `key`, side by side.
    pub(crate) fn is_secret(&self, key: &str) -> bool {
        let known = KEYS.iter().copied().chain(self.more.iter().map(String::as_str));
        known.into_iter().any(|secret| contains(key, secret))
    }

    /// Replaces the credentials in `text`, through `spare`.
    pub(crate) fn clean(&self, text: &mut String, spare: &mut String) {
        let Some(first) = self.next(text, 0) else {
            return;
        };
        spare.clear();
        let mut done = 0;
        let mut found = Some(first);
        while let Some((begin, end)) = found {
            spare.push_str(&text[done..begin]);
            spare.push_str(REDACTED);
            done = end;
            found = self.next(text, end);
        }
        spare.push_str(&text[done..]);
        std::mem::swap(text, spare);
    }

    /// The next credential from byte `from` on. It is not empty.
    fn next(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        for at in from..bytes.len() {
            let found = match bytes[at] {
                b'b' | b'B' => scheme(text, at),
                b'e' if bytes[at..].starts_with(b"eyJ") => web_token(text, at),
                b'=' | b':' => user_info(text, at).or_else(|| self.assigned(text, at)),
                _ => None,
            };
            if let Some((begin, end)) = found
                && begin >= from
                && end > begin
                && !text[begin..].starts_with(REDACTED)
            {
                return Some((begin, end));
            }
        }
        None
    }

    /// `key=value`, `key: value`, `"key": "value"`, where the key is secret.
    fn assigned(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let before = text[..at].trim_end_matches(['"', '\'', '\\', ' ']);
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let key = &before[before.trim_end_matches(is_name).len()..];
        if key.is_empty() || !self.is_secret(key) {
            return None;
        }
        let rest = &text[at + 1..];
        let lead = rest.len() - rest.trim_start_matches(['"', '\'', '\\', ' ', '=']).len();
        let mut begin = at + 1 + lead;
        let mut end = value_end(text, begin);
        let word = &text[begin..end];
        if SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word)) {
            let gap = text[end..].len() - text[end..].trim_start_matches(' ').len();
            let next = value_end(text, end + gap);
            if gap > 0 && next > end + gap {
                (begin, end) = (end + gap, next);
            }
        }
        (end > begin).then_some((begin, end))
    }
}

/// `Bearer` and what follows; `Basic` only with what looks like base64, for it is a word, too.
fn scheme(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    if at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let is = |name: &str| {
        bytes[at..].get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    let (length, needs_proof) = match () {
        () if is("bearer ") => (7, false),
        () if is("basic ") => (6, true),
        () => return None,
    };
    let begin = at + length + spaces(&text[at + length..]);
    let end = begin + run(&bytes[begin..]);
    let token = &bytes[begin..end];
    let proof = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'=';
    let is_credential = !needs_proof || token.len() >= 8 && token.iter().any(proof);
    is_credential.then_some((begin, end))
}

/// A JSON Web Token, wherever it stands.
fn web_token(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let end = at + run(&bytes[at..]);
    let dots = text[at..end].matches('.').count();
    (dots >= 2 && end - at >= 20).then_some((at, end))
}

/// The password in `scheme://user:password@host`.
fn user_info(text: &str, at: usize) -> Option<(usize, usize)> {
    let authority = text[at..].strip_prefix("://")?;
    let end = authority.find(['/', '?', '#', ' ', '"']).unwrap_or(authority.len());
    let info = &authority[..authority[..end].rfind('@')?];
    let colon = info.find(':')?;
    let begin = at + 3 + colon + 1;
    Some((begin, at + 3 + info.len()))
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// How long the characters of a token go on.
fn run(bytes: &[u8]) -> usize {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(b);
    bytes.iter().position(|byte| !is_part(byte)).unwrap_or(bytes.len())
}

fn value_end(text: &str, begin: usize) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || r#",;&"'\)}]"#.contains(c);
    text[begin..].find(ends).map_or(text.len(), |length| begin + length)
}

/// Whether the words of `secret` are in `key`, one beside the other.
fn contains(key: &str, secret: &str) -> bool {
    let mut tail = words(key);
    loop {
        let mut here = tail.clone();
        let fits = |word: &str| here.next().is_some_and(|other| other.eq_ignore_ascii_case(word));
        if secret.split(' ').all(fits) {
            return true;
        }
        if tail.next().is_none() {
            return false;
        }
    }
}

/// The words of a name: `db.accessToken`, `DB_ACCESS-TOKEN` are both db, access, token.
fn words(key: &str) -> impl Iterator<Item = &str> + Clone {
    key.split(|c: char| !c.is_ascii_alphanumeric()).flat_map(humps).filter(|word| !word.is_empty())
}

fn humps(mut part: &str) -> impl Iterator<Item = &str> + Clone {
    std::iter::from_fn(move || {
        if part.is_empty() {
            return None;
        }
        let bytes = part.as_bytes();
        let is_edge =
            |at: &usize| bytes[*at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase();
        let (word, rest) = part.split_at((1..bytes.len()).find(is_edge).unwrap_or(bytes.len()));
        part = rest;
        Some(word)
    })
}

#[cfg(test)]
mod tests;
