//! Application protocols.

use crate::problem::Problems;

/// The protocols as TLS carries them: RFC 7301 gives each one byte for its length.
pub(crate) fn encode(names: &[String], problems: &mut Problems) -> Vec<Vec<u8>> {
    for name in names {
        if !(1..=255).contains(&name.len()) {
            problems.push(format!(
                "the application protocol {name:?} has {} bytes: give 1 to 255, such as \"h2\"",
                name.len()
            ));
        }
    }
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}
