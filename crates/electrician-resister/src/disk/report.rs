//! What was found at the opening.

use std::fmt;
use std::path::PathBuf;

/// What a directory held when it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenReport {
    /// Segments that were read.
    pub segments: u64,
    /// Bytes that were read, headers included.
    pub bytes_read: u64,
    /// Frames that were read: pushes, acknowledgements, requeues.
    pub frames: u64,
    /// Elements that were neither acknowledged nor lost, and are queued now.
    pub records: u64,
    /// Bytes at the ends of segments that were no whole frame, and are gone: writes that a crash
    /// interrupted.
    pub bytes_cut: u64,
    /// Segments whose end was cut.
    pub torn: u64,
    /// Copies of segments that are damaged before their end: what was readable up to the damage is
    /// queued, what comes after is only in these files, which nobody deletes.
    pub damaged: Vec<PathBuf>,
    /// Segments that should be there and are not.
    pub missing: u64,
}

// === impl OpenReport ===

impl OpenReport {
    /// Whether nothing was cut, damaged or missing.
    pub const fn is_clean(&self) -> bool {
        self.torn == 0 && self.damaged.is_empty() && self.missing == 0
    }
}

impl fmt::Display for OpenReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segments, records, bytes_cut, torn, damaged, missing, .. } = self;
        write!(f, "{records} records in {segments} segments")?;
        if *torn > 0 {
            write!(f, ", {bytes_cut} bytes cut from {torn}")?;
        }
        if !damaged.is_empty() {
            write!(f, ", {} damaged and kept aside", damaged.len())?;
        }
        if *missing > 0 {
            write!(f, ", {missing} missing")?;
        }
        Ok(())
    }
}
