//! A file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file under another name, until it is complete.
///
/// The other name begins with a dot, which readers of directories pass over.
#[derive(Debug)]
pub struct WholeFile {
    /// `None` once it has its name.
    file: Option<File>,
    temporary: PathBuf,
    path: PathBuf,
    bytes: u64,
}

// === impl WholeFile ===

impl WholeFile {
    /// A file that will be at `path`. Its directory is made if there is none. A file that is there
    /// already stays until this one is complete.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let Some(name) = path.file_name() else {
            let message = format!("{} has no file name", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        };
        let id = fastrand::u64(..);
        let temporary = path.with_file_name(format!(".{}.{id:016x}.tmp", name.to_string_lossy()));
        fs::create_dir_all(directory(&path))?;
        let file = File::options().write(true).create_new(true).open(&temporary)?;
        Ok(Self { file: Some(file), temporary, path, bytes: 0 })
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes were written to it.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Forces the file to the disk and gives it its name. After an error it is gone.
    pub fn publish(mut self) -> io::Result<()> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        self.file = None;
        // The name is as safe as the directory.
        if cfg!(unix) { File::open(directory(&self.path))?.sync_all() } else { Ok(()) }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let written = file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // What cannot be deleted has a name that nobody reads.
            fs::remove_file(&self.temporary).ok();
        }
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
