//! How much memory the process has.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes in a page; the kernel counts pages.
const PAGE: u64 = 4096;

/// The kernel's account, opened once: reading it allocates nothing.
pub(crate) struct Resident(Option<File>);

// === impl Resident ===

impl Resident {
    pub(crate) fn open() -> Self {
        Self(File::open("/proc/self/statm").ok())
    }

    /// Bytes resident now; 0 where the kernel does not tell.
    pub(crate) fn bytes(&mut self) -> u64 {
        let mut text = [0; 128];
        let length = self.0.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        let fields = str::from_utf8(&text[..length]).unwrap_or_default();
        let pages = fields.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
        pages.unwrap_or(0) * PAGE
    }
}
