use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::disk::file;

/// A disk on which so many bytes are free, and whose cache can be broken.
#[derive(Clone, Debug)]
pub(crate) struct FakeDisk {
    pub(crate) free: Arc<AtomicU64>,
    pub(crate) is_broken: Arc<AtomicBool>,
    /// Whether files cannot be cut.
    pub(crate) is_stuck: Arc<AtomicBool>,
    /// How often it was told to sync.
    pub(crate) syncs: Arc<AtomicU64>,
}

// === impl FakeDisk ===

impl FakeDisk {
    /// Writes what fits, as a disk does, and then says that it is full.
    pub(crate) fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let free = self.free.load(Ordering::SeqCst);
        let fits = usize::try_from(free).unwrap_or(usize::MAX).min(bytes.len());
        file::write_at(file, &bytes[..fits], offset)?;
        self.check(bytes.len())
    }

    /// Takes `bytes` of what is free.
    pub(crate) fn check(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let take = |free: u64| free.checked_sub(bytes);
        let taken = self.free.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        taken.map(drop).map_err(|_| io::ErrorKind::StorageFull.into())
    }

    pub(crate) fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        if self.is_stuck.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is stuck"));
        }
        file::set_len(file, length)
    }

    pub(crate) fn sync(&self, file: &File) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        if self.is_broken.load(Ordering::SeqCst) {
            #[cfg(unix)]
            file::journal::note_file(file, |ino| file::journal::Op::Forget { ino });
            return Err(io::Error::other("the disk is broken"));
        }
        file::sync(file)
    }
}

impl Default for FakeDisk {
    fn default() -> Self {
        Self {
            free: Arc::new(AtomicU64::new(u64::MAX)),
            is_broken: Arc::default(),
            is_stuck: Arc::default(),
            syncs: Arc::default(),
        }
    }
}
