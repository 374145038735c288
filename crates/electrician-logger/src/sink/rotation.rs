//! When a file is full or old, and what then becomes of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

/// When a file is put aside, and how many of those are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rotation {
    pub(super) max_bytes: Option<u64>,
    pub(super) max_age: Option<Duration>,
    /// At midnight, UTC.
    pub(super) daily: bool,
    pub(super) keep: u32,
}

const DAY: u64 = 24 * 60 * 60;

// === impl Rotation ===

impl Rotation {
    /// Whether a file that began at `since` is too old.
    pub(super) fn is_old(&self, since: SystemTime, now: SystemTime) -> bool {
        let age = now.duration_since(since).unwrap_or_default();
        let is_aged = self.max_age.is_some_and(|max| age >= max);
        is_aged || self.daily && day(now) > day(since)
    }

    /// How many of `left` bytes of lines still go into a file of `size` bytes, at the end of a
    /// line. A line that is larger than a whole file gets one of its own.
    pub(super) fn fitting(&self, size: u64, lines: &[u8]) -> usize {
        let Some(max) = self.max_bytes else {
            return lines.len();
        };
        let room = usize::try_from(max.saturating_sub(size)).unwrap_or(usize::MAX);
        if lines.len() <= room {
            return lines.len();
        }
        let end = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        match end(&lines[..room]) {
            Some(end) => end,
            None if size > 0 => 0,
            None => lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |at| at + 1),
        }
    }

    /// Makes room for a new file at `path`: it becomes `path.1`, that one `path.2`, and so on; the
    /// oldest goes.
    pub(super) fn put_aside(&self, path: &Path) -> io::Result<()> {
        if self.keep == 0 {
            return absent_is_fine(fs::remove_file(path));
        }
        for number in (1..self.keep).rev() {
            absent_is_fine(fs::rename(numbered(path, number), numbered(path, number + 1)))?;
        }
        absent_is_fine(fs::rename(path, numbered(path, 1)))
    }
}

/// `app.log` and 2 give `app.log.2`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    name.into()
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Days since 1970, UTC.
fn day(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / DAY
}

#[cfg(test)]
mod tests;
