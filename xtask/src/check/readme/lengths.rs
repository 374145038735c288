//! Rows that say how long an example is.
//!
//! ```text
//! | `hello_wire` | a stage in 15 lines |
//! ```
//!
//! A reader takes that for the code; comments and blank lines do not count.

use crate::source::code;

/// The examples of which a row says how many lines they have.
pub(super) fn promises(readme: &str) -> impl Iterator<Item = (String, usize)> {
    super::rows(readme).filter_map(|row| {
        let (name, about) = row.trim_matches('|').split_once('|')?;
        let (before, _) = about.split_once(" lines")?;
        let lines = before.rsplit(' ').next()?.parse().ok()?;
        Some((name.trim_matches([' ', '`']).to_owned(), lines))
    })
}

/// What is wrong with the number, if the example has another one.
pub(super) fn contradicts(name: &str, promised: usize, text: &str) -> Option<String> {
    let lines = code(text).lines().filter(|line| !line.trim().is_empty()).count();
    (lines != promised)
        .then(|| format!("README.md: {name} has {lines} lines of code, its row says {promised}"))
}

#[cfg(test)]
mod tests;
